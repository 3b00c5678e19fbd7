"""Comments on anything that is discussed, and who has read it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain.operations import SubjectNotFound, blockers, discussion
from src.domain.operations.discussion import CommentView, acknowledgements, comments
from src.models.common import Many, One
from src.models.status_updates import (
    AcknowledgementRead,
    CommentOnCreate,
    CommentRead,
    CommentUpdate,
    RevisionRead,
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

_PATH = "/api/v1/comments"
router = APIRouter(prefix=_PATH, tags=["comments"])
read_by = APIRouter(prefix="/api/v1/acknowledgements", tags=["comments"])
_READ, _POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
_NONE = discussion.CommentNotFound
_GONE = discussion.CommentDeleted
_OVER = blockers.BlockerArchived
_TYPE = {"min_length": 1, "max_length": 40, "pattern": r"^[a-z-]+$", "examples": ["update"]}
SubjectType = Annotated[str, Query(**_TYPE)]
SubjectInPath = Annotated[str, Path(**_TYPE)]


def reply_with_comment(request: Request, view: CommentView, *, status: int = 200) -> Response:
    """One comment in the envelope."""
    return replies.one(
        request,
        CommentRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{_PATH}/{view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="comments_list",
    response_model=Many[CommentRead],
    **declares(_READ, problems=(SubjectNotFound,)),
)
async def list_comments(
    actor: CurrentActor, reads: Reads, paging: Paging, subject_type: SubjectType, subject_id: UUID
) -> Response:
    """What was said to something, the first first."""
    page = await comments.of(reads, actor, (subject_type, subject_id), paging=paging)
    return replies.many([CommentRead.of(view) for view in page.items], page)


@router.post(
    "",
    operation_id="comments_create",
    status_code=201,
    response_model=One[CommentRead],
    **declares(_POST, rate="write", problems=(SubjectNotFound, _OVER, discussion.BadComment)),
)
async def comment(
    request: Request, body: CommentOnCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Say something to an update, an incident, a blocker, a decision, a hand-over."""

    async def effect() -> Response:
        subject = (body.subject_type, body.subject_id)
        view = await comments.add(tx, actor, subject, text=body.text)
        return reply_with_comment(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{comment_id}",
    operation_id="comments_get",
    response_model=One[CommentRead],
    **declares(_READ, cache="private", problems=(_NONE,)),
)
async def get_comment(
    request: Request, comment_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One comment."""
    return reply_with_comment(request, await comments.get(reads, actor, comment_id))


@router.patch(
    "/{comment_id}",
    operation_id="comments_update",
    response_model=One[CommentRead],
    **declares(_POST, rate="write", problems=(_NONE, _GONE, _OVER, discussion.BadComment)),
)
async def change_comment(
    request: Request,
    comment_id: UUID,
    body: CommentUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change one of your own; what it said before is kept."""
    if "text" not in body.model_fields_set:
        return reply_with_comment(request, await comments.get(tx, actor, comment_id))
    view = await comments.change(tx, actor, comment_id, text=body.text, expected_version=version)
    return reply_with_comment(request, view)


@router.delete(
    "/{comment_id}",
    operation_id="comments_delete",
    status_code=204,
    **declares(_POST, rate="write", problems=(_NONE, _GONE, _OVER)),
)
async def delete_comment(
    comment_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """Delete one of your own, or anybody's with `operations:manage`; its place is kept."""
    await comments.remove(tx, actor, comment_id, expected_version=version)
    return replies.nothing()


@router.get(
    "/{comment_id}/revisions",
    operation_id="comments_list_revisions",
    response_model=Many[RevisionRead],
    **declares(_READ, problems=(_NONE,)),
)
async def list_revisions(comment_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """What it said before, the first first."""
    found = await comments.versions(reads, actor, comment_id)
    return replies.whole([RevisionRead.model_validate(one) for one in found])


@read_by.get(
    "/{subject_type}/{subject_id}",
    operation_id="acknowledgements_list",
    response_model=Many[AcknowledgementRead],
    **declares(_READ, problems=(SubjectNotFound,)),
)
async def list_acknowledgements(
    subject_type: SubjectInPath, subject_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """Who has read it, the first first."""
    found = await acknowledgements.of(reads, actor, (subject_type, subject_id))
    return replies.whole([AcknowledgementRead.model_validate(one) for one in found])


@read_by.put(
    "/{subject_type}/{subject_id}",
    operation_id="acknowledgements_give",
    status_code=204,
    **declares(_READ, rate="write", problems=(SubjectNotFound, _OVER)),
)
async def acknowledge(
    subject_type: SubjectInPath, subject_id: UUID, actor: CurrentActor, tx: Tx
) -> Response:
    """Say that you have read it; saying it again changes nothing."""
    await acknowledgements.put(tx, actor, (subject_type, subject_id))
    return replies.nothing()


@read_by.delete(
    "/{subject_type}/{subject_id}",
    operation_id="acknowledgements_withdraw",
    status_code=204,
    **declares(_READ, rate="write", problems=(SubjectNotFound, _OVER)),
)
async def withdraw(
    subject_type: SubjectInPath, subject_id: UUID, actor: CurrentActor, tx: Tx
) -> Response:
    """Take it back."""
    await acknowledgements.put(tx, actor, (subject_type, subject_id), done=False)
    return replies.nothing()
