"""What you follow: to hear of it although nothing in it is yours; and what you have muted."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from src.core.actor import Actor, Permission
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.domain.notifications import follows
from src.domain.operations import SubjectNotFound, subjects
from src.models.common import Many, One
from src.models.notification_preferences import FollowRead, FollowState, FollowWrite
from src.web import replies
from src.web.dependencies import CurrentActor, Paging, Reads, Tx, declares

router = APIRouter(prefix="/api/v1/follows", tags=["notifications"])
_READ = Permission.NOTIFICATIONS_READ
SubjectType = Annotated[str, Path(max_length=40, pattern=r"^[a-z-]+$", examples=["incident"])]
Types = Annotated[
    list[Annotated[str, Query(max_length=40)]], Query(alias="subject_type", max_length=20)
]


@router.get(
    "", operation_id="follows_list", response_model=Many[FollowRead], **declares(_READ)
)  # fmt: skip
async def list_follows(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    subject_type: Types = [],  # noqa: B006 - FastAPI copies it
    *,
    is_muted: bool | None = None,
) -> Response:
    """What you follow and have muted, newest first; what you may not see any more is left out."""
    page = await follows.list_(
        reads, actor, subject_types=subject_type, is_muted=is_muted, paging=paging
    )
    things = await subjects.things(reads, actor, [one.subject for one in page.items])
    shown = [FollowRead.of(one, things[one.subject]) for one in page.items if one.subject in things]
    return replies.many(shown, page)


@router.get(
    "/{subject_type}/{subject_id}",
    operation_id="follows_get",
    response_model=One[FollowState],
    **declares(_READ, problems=(SubjectNotFound,)),
)
async def get_follow(
    request: Request, subject_type: SubjectType, subject_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """Whether you follow a thing."""
    await subjects.require(reads, actor, (subject_type, subject_id))
    known = await follows.state(reads, actor.user_id, (subject_type, subject_id))
    return _said(request, subject_type, subject_id, follows_it=known)


@router.put(
    "/{subject_type}/{subject_id}",
    operation_id="follows_put",
    response_model=One[FollowState],
    **declares(_READ, rate="write", problems=(SubjectNotFound,)),
)
async def put_follow(
    request: Request,
    subject_type: SubjectType,
    subject_id: UUID,
    body: FollowWrite,
    actor: CurrentActor,
    tx: Tx,
) -> Response:
    """Follow a thing, or mute it; the same again changes nothing."""
    subject = (subject_type, subject_id)
    await subjects.require(tx, actor, subject)
    await follows.put(tx, _self(actor), subject, follows=not body.is_muted)
    return _said(request, subject_type, subject_id, follows_it=not body.is_muted)


@router.delete(
    "/{subject_type}/{subject_id}",
    operation_id="follows_delete",
    status_code=204,
    **declares(_READ, rate="write"),
)
async def delete_follow(
    subject_type: SubjectType, subject_id: UUID, actor: CurrentActor, tx: Tx
) -> Response:
    """Neither follow nor mute it any more; what you may not see any more can be let go too."""
    await follows.put(tx, _self(actor), (subject_type, subject_id), follows=None)
    return replies.nothing()


def _said(
    request: Request, subject_type: str, subject_id: UUID, *, follows_it: bool | None
) -> Response:
    is_muted = None if follows_it is None else not follows_it
    state = FollowState(subject_type=subject_type, subject_id=subject_id, is_muted=is_muted)
    return replies.one(request, state)


def _self(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise Unauthenticated(_("Log in first."))
    return actor.user_id
