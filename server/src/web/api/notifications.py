"""What you were told."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import notifications
from src.models.common import Many, One
from src.models.notifications import NotificationRead, NotificationsSeen, Unread
from src.web import replies
from src.web.dependencies import CurrentActor, Paging, Reads, Tx, declares

router = APIRouter(prefix="/api/v1/notifications", tags=["notifications"])


@router.get(
    "",
    operation_id="notifications_list",
    response_model=Many[NotificationRead],
    **declares(Permission.NOTIFICATIONS_READ),
)
async def list_notifications(
    actor: CurrentActor, reads: Reads, paging: Paging, *, unread: bool = False
) -> Response:
    """Your notifications, newest first, in your language and time zone."""
    page = await notifications.list_for(reads, actor, unread=unread, paging=paging)
    return replies.many([NotificationRead.model_validate(view) for view in page.items], page)


@router.get(
    "/unread",
    operation_id="notifications_unread",
    response_model=One[Unread],
    **declares(Permission.NOTIFICATIONS_READ),
)
async def count_unread(request: Request, actor: CurrentActor, reads: Reads) -> Response:
    """How many are unread."""
    count = await notifications.unread_count(reads, actor)
    return replies.one(request, Unread(unread=count))


@router.post(
    "/read",
    operation_id="notifications_mark_read",
    response_model=One[Unread],
    **declares(Permission.NOTIFICATIONS_READ, rate="write"),
)
async def mark_read(
    request: Request, body: NotificationsSeen, actor: CurrentActor, tx: Tx
) -> Response:
    """Mark some as read, or all; the answer says how many are left."""
    await notifications.mark_read(tx, actor, body.ids)
    count = await notifications.unread_count(tx, actor)
    return replies.one(request, Unread(unread=count))
