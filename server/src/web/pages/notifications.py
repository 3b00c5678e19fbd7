"""Notifications: what one was told, newest first."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import notifications
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, safe_next, see_other
from src.web.pages.frame import CurrentPage, shows, takes

router = APIRouter(include_in_schema=False)


@router.get("/notifications", **shows(Permission.NOTIFICATIONS_READ))
async def list_notifications(
    page: CurrentPage, reads: Reads, paging: Paging, *, unread: bool = False
) -> Response:
    """All, or only those that are new."""
    found = await notifications.list_for(reads, page.actor, unread=unread, paging=paging)
    count = await notifications.unread_count(reads, page.actor)
    return page.show("notifications/list.html", page=found, unread=count, is_unread_only=unread)


@router.post("/notifications/read", **takes(Permission.NOTIFICATIONS_READ))
async def mark_read(page: CurrentPage, session: Tx) -> Response:
    """Mark one as read and go where it leads, or mark all."""
    form = await Form.read(page.request)
    chosen = form.values.get("id")
    if not chosen:
        await notifications.mark_read(session, page.actor)
        return see_other("/notifications")
    try:
        await notifications.mark_read(session, page.actor, [UUID(chosen)])
    except ValueError:
        return see_other("/notifications")
    return see_other(safe_next(form.values.get("next") or "/notifications"))
