"""Decisions: proposed, weighed, decided; later amended, superseded or deprecated."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain.operations import decisions, discussion
from src.domain.operations.tables import DecisionState
from src.models.common import Many, One
from src.models.decisions import (
    AmendmentCreate,
    AmendmentRead,
    DecisionCreate,
    DecisionListed,
    DecisionRead,
    DecisionTransition,
    DecisionUpdate,
    OptionCreate,
    OptionUpdate,
    ParticipantsPut,
    StancePut,
)
from src.web import replies
from src.web.dependencies import (
    CurrentActor,
    IfMatch,
    IfMatchRequired,
    Paging,
    Reads,
    Tx,
    declares,
)
from src.web.idempotency import OnlyOnce
from src.web.queries import Words

router = APIRouter(prefix="/api/v1/decisions", tags=["decisions"])
_READ, _POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
_NONE, _CONFLICT = decisions.DecisionNotFound, decisions.DecisionStateConflict
_BAD = (decisions.BadDecision, discussion.BadTag, discussion.BadLink)
_CHANGING = (_NONE, _CONFLICT, decisions.BadDecision)
States = Annotated[list[DecisionState], Query(alias="state", max_length=6)]
Teams = Annotated[list[UUID], Query(alias="team_id", max_length=100)]
Asked = Annotated[UUID | None, Query(description="Proposals on which they have said nothing yet.")]
ReviewBy = Annotated[date | None, Query(description="Accepted ones to be reviewed by that day.")]
Tag = Annotated[str | None, Query(max_length=41, pattern=r"^[^\x00]*$")]


def _reply(request: Request, view: decisions.DecisionView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        DecisionRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get(
    "", operation_id="decisions_list", response_model=Many[DecisionListed], **declares(_READ)
)
async def list_decisions(  # noqa: PLR0917 - a handler has the filters of its list
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    state: States = [],  # noqa: B006 - FastAPI copies it
    team_id: Teams = [],  # noqa: B006
    proposed_by: UUID | None = None,
    participant_id: UUID | None = None,
    asks_id: Asked = None,
    review_by: ReviewBy = None,
    tag: Tag = None,
    q: Words = None,
) -> Response:
    """Decisions of what you may read: proposed, accepted, then the others; the newest first."""
    filters = decisions.Filters(
        states=tuple(state),
        team_ids=tuple(team_id),
        proposed_by=proposed_by,
        participant_id=participant_id,
        asks_id=asks_id,
        review_by=review_by,
        tag=tag,
        q=q,
    )
    page = await decisions.list_(reads, actor, filters=filters, paging=paging)
    return replies.many([DecisionListed.model_validate(view) for view in page.items], page)


@router.post(
    "",
    operation_id="decisions_create",
    status_code=201,
    response_model=One[DecisionRead],
    **declares(_POST, rate="write", problems=_BAD),
)
async def propose_decision(
    request: Request, body: DecisionCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Put something up for decision; those who are asked are told."""

    async def effect() -> Response:
        return _reply(request, await decisions.propose(tx, actor, wish=body.wish()), status=201)

    return await once(tx, effect)


@router.get(
    "/{decision_id}",
    operation_id="decisions_get",
    response_model=One[DecisionRead],
    **declares(_READ, cache="private", problems=(_NONE,)),
)
async def get_decision(
    request: Request, decision_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One decision with its options, stances and chain."""
    return _reply(request, await decisions.get(reads, actor, decision_id))


@router.patch(
    "/{decision_id}",
    operation_id="decisions_update",
    response_model=One[DecisionRead],
    **declares(_POST, rate="write", problems=(_NONE, _CONFLICT, *_BAD)),
)
async def change_decision(
    request: Request,
    decision_id: UUID,
    body: DecisionUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change a proposal; null clears. Of a decided one only tags and links change."""
    view = await decisions.change(
        tx, actor, decision_id, changes=body.changes(), expected_version=version
    )
    return _reply(request, view)


@router.post(
    "/{decision_id}/transition",
    operation_id="decisions_transition",
    response_model=One[DecisionRead],
    **declares(_POST, rate="write", problems=_CHANGING),
)
async def move_decision(
    request: Request,
    decision_id: UUID,
    body: DecisionTransition,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Accept, reject or withdraw a proposal; supersede or deprecate what was accepted."""
    view = await decisions.transition(
        tx, actor, decision_id, verdict=body.verdict(), expected_version=version
    )
    return _reply(request, view)


@router.post(
    "/{decision_id}/options",
    operation_id="decisions_add_option",
    status_code=201,
    response_model=One[DecisionRead],
    **declares(_POST, rate="write", problems=_CHANGING),
)
async def add_option(
    request: Request,
    decision_id: UUID,
    body: OptionCreate,
    actor: CurrentActor,
    version: IfMatch,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Add something to consider, at the end."""

    async def effect() -> Response:
        view = await decisions.options.add(
            tx, actor, decision_id, wish=body.wish(), expected_version=version
        )
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.patch(
    "/{decision_id}/options/{option_id}",
    operation_id="decisions_update_option",
    response_model=One[DecisionRead],
    **declares(_POST, rate="write", problems=(*_CHANGING, decisions.OptionNotFound)),
)
async def change_option(
    request: Request,
    decision_id: UUID,
    option_id: UUID,
    body: OptionUpdate,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Change an option, move it, or choose it. `If-Match` is the decision's."""
    changes = body.model_dump(exclude_unset=True)
    view = await decisions.options.change(
        tx, actor, decision_id, option_id, changes=changes, expected_version=version
    )
    return _reply(request, view)


@router.delete(
    "/{decision_id}/options/{option_id}",
    operation_id="decisions_remove_option",
    response_model=One[DecisionRead],
    **declares(_POST, rate="write", problems=(_NONE, _CONFLICT, decisions.OptionNotFound)),
)
async def remove_option(
    request: Request,
    decision_id: UUID,
    option_id: UUID,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Take an option out of a proposal."""
    view = await decisions.options.remove(
        tx, actor, decision_id, option_id, expected_version=version
    )
    return _reply(request, view)


@router.put(
    "/{decision_id}/participants",
    operation_id="decisions_set_participants",
    response_model=One[DecisionRead],
    **declares(_POST, rate="write", problems=_CHANGING),
)
async def set_participants(
    request: Request,
    decision_id: UUID,
    body: ParticipantsPut,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Let these people be asked and no others; who has answered stays."""
    view = await decisions.participants.put(
        tx, actor, decision_id, people=body.user_ids, expected_version=version
    )
    return _reply(request, view)


@router.put(
    "/{decision_id}/stance",
    operation_id="decisions_set_stance",
    response_model=One[DecisionRead],
    **declares(_READ, rate="write", problems=_CHANGING),
)
async def set_stance(
    request: Request, decision_id: UUID, body: StancePut, actor: CurrentActor, tx: Tx
) -> Response:
    """Say what you think of a proposal, for yourself."""
    view = await decisions.participants.answer(
        tx, actor, decision_id, stance=body.stance, comment=body.comment
    )
    return _reply(request, view)


@router.get(
    "/{decision_id}/amendments",
    operation_id="decisions_list_amendments",
    response_model=Many[AmendmentRead],
    **declares(_READ, problems=(_NONE,)),
)
async def list_amendments(decision_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """What was changed after it was accepted, why, and each change word by word."""
    found = await decisions.amending.of(reads, actor, decision_id)
    return replies.whole([AmendmentRead.model_validate(one) for one in found])


@router.post(
    "/{decision_id}/amendments",
    operation_id="decisions_amend",
    status_code=201,
    response_model=One[AmendmentRead],
    **declares(_POST, rate="write", problems=_CHANGING),
)
async def amend_decision(
    request: Request,
    decision_id: UUID,
    body: AmendmentCreate,
    actor: CurrentActor,
    version: IfMatch,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Let an accepted decision say something else; what it said and why it changed is kept."""

    async def effect() -> Response:
        made = await decisions.amending.amend(
            tx, actor, decision_id, changes=body.changes(), reason=body.reason,
            expected_version=version,
        )  # fmt: skip
        shown = AmendmentRead.model_validate(made)
        where = f"{router.prefix}/{decision_id}/amendments"
        return replies.one(request, shown, changed_at=made.amended_at, status=201, location=where)

    return await once(tx, effect)
