"""Status updates: what people did, will do and need; and what is said to it."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import accounts
from src.domain.operations import SubjectNotFound, discussion, updates
from src.domain.operations.updates import Filters
from src.models.common import Many, Moment, One
from src.models.status_updates import (
    CommentCreate,
    CommentRead,
    RevisionRead,
    SilenceRead,
    StatusUpdateCreate,
    StatusUpdateListed,
    StatusUpdateRead,
    StatusUpdateUpdate,
)
from src.web import replies
from src.web.api.comments import reply_with_comment
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

_PATH = "/api/v1/status-updates"
router = APIRouter(prefix=_PATH, tags=["status updates"])
silences = APIRouter(prefix="/api/v1", tags=["status updates"])
_READ, _POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
_NONE = updates.UpdateNotFound
_BAD = (updates.BadUpdate, discussion.BadTag, discussion.BadLink)
Authors = Annotated[list[UUID], Query(alias="author_id", max_length=100)]
Teams = Annotated[list[UUID], Query(alias="team_id", max_length=100)]
TagsWanted = Annotated[
    list[Annotated[str, Query(max_length=41)]],
    Query(alias="tag", max_length=20, description="Every one of them."),
]
From = Annotated[Moment | None, Query(alias="from", description="Posted from then on.")]
To = Annotated[Moment | None, Query(description="Posted before then.")]
Day = Annotated[date | None, Query(description="The last day; today, unless said.")]
Days = Annotated[int, Query(ge=1, le=updates.silence.LONGEST)]


def _filters(
    author_id: Authors = [],  # noqa: B006 - FastAPI copies it
    team_id: Teams = [],  # noqa: B006
    tag: TagsWanted = [],  # noqa: B006
    q: Words = None,
    from_: From = None,
    to: To = None,
) -> Filters:
    return Filters(author_id, list(team_id), tag, q, from_, to)


Wanted = Annotated[Filters, Depends(_filters)]


def _reply(request: Request, found: updates.Whole, *, status: int = 200) -> Response:
    view = found.update
    return replies.one(
        request,
        StatusUpdateRead.whole(found),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{_PATH}/{view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="status_updates_list",
    response_model=Many[StatusUpdateListed],
    **declares(_READ),
)
async def list_updates(
    actor: CurrentActor, reads: Reads, paging: Paging, filters: Wanted
) -> Response:
    """What people said, the latest first."""
    page = await updates.list_(reads, actor, filters=filters, paging=paging)
    return replies.many([StatusUpdateListed.of(view) for view in page.items], page)


@router.post(
    "",
    operation_id="status_updates_create",
    status_code=201,
    response_model=One[StatusUpdateRead],
    **declares(_POST, rate="write", problems=_BAD),
)
async def post_update(
    request: Request, body: StatusUpdateCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Say something to a team or to everybody; who is mentioned is told."""

    async def effect() -> Response:
        made = await updates.post(tx, actor, draft=body.draft())
        return _reply(request, await updates.get_whole(tx, actor, made.id), status=201)

    return await once(tx, effect)


@router.get(
    "/{update_id}",
    operation_id="status_updates_get",
    response_model=One[StatusUpdateRead],
    **declares(_READ, cache="private", problems=(_NONE,)),
)
async def get_update(
    request: Request, update_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One update, with what it is linked to."""
    return _reply(request, await updates.get_whole(reads, actor, update_id))


@router.patch(
    "/{update_id}",
    operation_id="status_updates_update",
    response_model=One[StatusUpdateRead],
    **declares(_POST, rate="write", problems=(_NONE, *_BAD)),
)
async def change_update(
    request: Request,
    update_id: UUID,
    body: StatusUpdateUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change one of your own; what it said before is kept."""
    changes = body.changes()
    await updates.change(tx, actor, update_id, changes=changes, expected_version=version)
    return _reply(request, await updates.get_whole(tx, actor, update_id))


@router.delete(
    "/{update_id}",
    operation_id="status_updates_delete",
    status_code=204,
    **declares(_READ, rate="write", problems=(_NONE,)),
)
async def delete_update(update_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx) -> Response:
    """Delete one of your own, or of a team you look after; what was said to it goes too."""
    await updates.remove(tx, actor, update_id, expected_version=version)
    return replies.nothing()


@router.get(
    "/{update_id}/revisions",
    operation_id="status_updates_list_revisions",
    response_model=Many[RevisionRead],
    **declares(_READ, problems=(_NONE,)),
)
async def list_revisions(update_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """What it said before, the first first."""
    found = await updates.versions(reads, actor, update_id)
    return replies.whole([RevisionRead.model_validate(one) for one in found])


@router.get(
    "/{update_id}/comments",
    operation_id="status_updates_list_comments",
    response_model=Many[CommentRead],
    **declares(_READ, problems=(SubjectNotFound,)),
)
async def list_comments(
    update_id: UUID, actor: CurrentActor, reads: Reads, paging: Paging
) -> Response:
    """What was said to it, the first first."""
    page = await discussion.comments.of(reads, actor, ("update", update_id), paging=paging)
    return replies.many([CommentRead.of(view) for view in page.items], page)


@router.post(
    "/{update_id}/comments",
    operation_id="status_updates_comment",
    status_code=201,
    response_model=One[CommentRead],
    **declares(_POST, rate="write", problems=(SubjectNotFound, discussion.BadComment)),
)
async def comment(
    request: Request,
    update_id: UUID,
    body: CommentCreate,
    actor: CurrentActor,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Say something to it; its author, its followers and who is mentioned are told."""

    async def effect() -> Response:
        view = await discussion.comments.add(tx, actor, ("update", update_id), text=body.text)
        return reply_with_comment(request, view, status=201)

    return await once(tx, effect)


@silences.get(
    "/status-updates:silent",
    operation_id="status_updates_silent",
    response_model=Many[SilenceRead],
    **declares(_READ, problems=(accounts.TeamNotFound,)),
)
async def list_silent(
    actor: CurrentActor,
    reads: Reads,
    team_id: Annotated[UUID | None, Query(description="Your teams, unless said.")] = None,
    day: Day = None,
    days: Days = 1,
) -> Response:
    """Who of your teams, or of one that you look after, said nothing on its own local days."""
    found = await updates.silence.list_(reads, actor, team_id=team_id, last=day, days=days)
    return replies.whole([SilenceRead.model_validate(one) for one in found])
