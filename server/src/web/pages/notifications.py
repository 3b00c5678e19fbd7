"""Notifications: what one was told, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Permission
from src.core.language import gettext as _
from src.domain import notifications
from src.domain.notifications import NotificationView
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, safe_next, see_other
from src.web.pages.frame import CurrentPage, shows, takes

router = APIRouter(include_in_schema=False)


@router.get("/notifications", **shows(Permission.NOTIFICATIONS_READ))
async def list_notifications(
    page: CurrentPage, reads: Reads, paging: Paging, *, unread: bool = False
) -> Response:
    """All, or only those that are new, day by day."""
    found = await notifications.list_for(reads, page.actor, unread=unread, paging=paging)
    count = await notifications.unread_count(reads, page.actor)
    template = "notifications/days.html" if page.is_fragment else "notifications/list.html"
    return page.show(
        template, page=found, days=_by_day(found.items), unread=count, is_unread_only=unread
    )


@router.post("/notifications/read", **takes(Permission.NOTIFICATIONS_READ))
async def mark_read(page: CurrentPage, session: Tx) -> Response:
    """Mark one as read and go where it leads, or mark all."""
    form = await Form.read(page.request)
    chosen = form.values.get("id")
    if not chosen:
        await notifications.mark_read(session, page.actor)
        return see_other("/notifications")
    with suppress(ValueError):
        await notifications.mark_read(session, page.actor, [UUID(chosen)])
        return see_other(safe_next(form.values.get("next") or "/notifications"))
    return see_other("/notifications")


def _by_day(items: Sequence[NotificationView]) -> list[tuple[str, list[NotificationView]]]:
    zone = language.reader().zone
    today = clock.now().astimezone(zone).date()
    near = {today: _("Today"), today - timedelta(days=1): _("Yesterday")}

    def day(one: NotificationView) -> date:
        return one.created_at.astimezone(zone).date()

    return [
        (near.get(on) or language.format_day(on), list(those)) for on, those in groupby(items, day)
    ]
