"""Blockers: what keeps the team from going on, and that it is over."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.domain.operations import blockers, discussion
from src.domain.operations.tables import BlockerState, Severity, WaitingOn
from src.models.blockers import (
    BlockerCreate,
    BlockerListed,
    BlockerRead,
    BlockerTransition,
    BlockerUpdate,
)
from src.models.common import Many, One
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

router = APIRouter(prefix="/api/v1/blockers", tags=["blockers"])
_READ, _POST, _MANAGE = (
    Permission.OPERATIONS_READ,
    Permission.OPERATIONS_POST,
    Permission.OPERATIONS_MANAGE,
)
_NONE, _OVER = blockers.BlockerNotFound, blockers.BlockerArchived
_BAD = (blockers.BadBlocker, discussion.BadTag, discussion.BadLink)
_CONFLICT = blockers.BlockerStateConflict
States = Annotated[list[BlockerState], Query(alias="state", max_length=2)]
Impacts = Annotated[list[Severity], Query(alias="impact", max_length=5)]
Waits = Annotated[list[WaitingOn], Query(alias="waiting_on", max_length=5)]
Teams = Annotated[list[UUID], Query(alias="team_id", max_length=100)]
Owned = Annotated[bool | None, Query(description="Those with an owner, or those without.")]
Overdue = Annotated[bool, Query(description="Active ones whose day is over (UTC).")]
Archived = Annotated[
    bool | None, Query(description="Archived ones; unless said, those that are not.")
]
Concerns = Annotated[
    UUID | None, Query(description="Owned by, waiting for or raised by this person.")
]
Tag = Annotated[str | None, Query(max_length=41, pattern=r"^[^\x00]*$")]


def _reply(request: Request, view: blockers.BlockerView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        BlockerRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get("", operation_id="blockers_list", response_model=Many[BlockerListed], **declares(_READ))
async def list_blockers(  # noqa: PLR0917 - a handler has the filters of its list
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    state: States = [],  # noqa: B006 - FastAPI copies it
    impact: Impacts = [],  # noqa: B006
    waiting_on: Waits = [],  # noqa: B006
    team_id: Teams = [],  # noqa: B006
    owner_id: UUID | None = None,
    concerns_id: Concerns = None,
    owned: Owned = None,
    overdue: Overdue = False,  # noqa: FBT002 - a query parameter
    archived: Archived = False,  # noqa: FBT002
    tag: Tag = None,
    q: Words = None,
) -> Response:
    """Blockers of what you may read: active before resolved, critical first, then the oldest."""
    filters = blockers.Filters(
        states=tuple(state),
        impacts=tuple(impact),
        waiting_on=tuple(waiting_on),
        team_ids=tuple(team_id),
        owner_id=owner_id,
        concerns_id=concerns_id,
        owned=owned,
        overdue_on=clock.now().date() if overdue else None,
        archived=archived,
        tag=tag,
        q=q,
    )
    page = await blockers.list_(reads, actor, filters=filters, paging=paging)
    return replies.many([BlockerListed.model_validate(view) for view in page.items], page)


@router.post(
    "",
    operation_id="blockers_create",
    status_code=201,
    response_model=One[BlockerRead],
    **declares(_POST, rate="write", problems=_BAD),
)
async def raise_blocker(
    request: Request, body: BlockerCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Say what keeps the team from going on; its owner and the person it waits for are told."""

    async def effect() -> Response:
        return _reply(request, await blockers.raise_(tx, actor, wish=body.wish()), status=201)

    return await once(tx, effect)


@router.get(
    "/{blocker_id}",
    operation_id="blockers_get",
    response_model=One[BlockerRead],
    **declares(_READ, cache="private", problems=(_NONE,)),
)
async def get_blocker(
    request: Request, blocker_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One blocker."""
    return _reply(request, await blockers.get(reads, actor, blocker_id))


@router.patch(
    "/{blocker_id}",
    operation_id="blockers_update",
    response_model=One[BlockerRead],
    **declares(_POST, rate="write", problems=(_NONE, _OVER, *_BAD)),
)
async def change_blocker(
    request: Request,
    blocker_id: UUID,
    body: BlockerUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change it; null clears. What is archived takes no change."""
    view = await blockers.change(
        tx, actor, blocker_id, changes=body.changes(), expected_version=version
    )
    return _reply(request, view)


@router.post(
    "/{blocker_id}/transition",
    operation_id="blockers_transition",
    response_model=One[BlockerRead],
    **declares(_POST, rate="write", problems=(_NONE, _OVER, _CONFLICT, blockers.BadBlocker)),
)
async def move_blocker(
    request: Request,
    blocker_id: UUID,
    body: BlockerTransition,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Resolve it, or say that it is back."""
    view = await blockers.transition(
        tx, actor, blocker_id, to=body.to, note=body.note, expected_version=version
    )
    return _reply(request, view)


@router.post(
    "/{blocker_id}/archive",
    operation_id="blockers_archive",
    response_model=One[BlockerRead],
    **declares(_POST, rate="write", problems=(_NONE, _OVER, _CONFLICT)),
)
async def archive_blocker(
    request: Request, blocker_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """Put away what is resolved: from now on it is read and nothing else."""
    return _reply(request, await blockers.archive(tx, actor, blocker_id, expected_version=version))


@router.post(
    "/{blocker_id}/unarchive",
    operation_id="blockers_unarchive",
    response_model=One[BlockerRead],
    **declares(_MANAGE, rate="write", problems=(_NONE, _CONFLICT)),
)
async def unarchive_blocker(
    request: Request, blocker_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """Take it out of the archive."""
    return _reply(
        request, await blockers.unarchive(tx, actor, blocker_id, expected_version=version)
    )
