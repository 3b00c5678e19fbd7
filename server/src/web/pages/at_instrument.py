"""At the instrument: what a scanned label opens. Few things, each under a thumb."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.paging import Paging
from src.domain import bookings, maintenance, resources
from src.domain.bookings import BookingView, Status
from src.web.dependencies import Reads
from src.web.forms import see_other
from src.web.pages import problem_reports
from src.web.pages.frame import CurrentPage, Page, shows
from src.web.pages.resource_list import told
from src.web.pages.resources import DUTIES

router = APIRouter(include_in_schema=False)
READ = Permission.RESOURCES_READ
_HELD = (Status.REQUESTED, Status.CONFIRMED, Status.IN_USE)
_AHEAD = timedelta(hours=24)


@router.get("/r/{code}", **shows(READ))
async def follow(page: CurrentPage, reads: Reads, code: str) -> Response:
    """The address on a label. Raises `ResourceNotFound` for a code nobody has."""
    resource_id = await resources.by_code(reads, page.actor, code)
    return see_other(f"/resources/{resource_id}/here")


@router.get("/resources/{resource_id}/here", **shows(READ))
async def here(page: CurrentPage, reads: Reads, resource_id: UUID) -> Response:
    """Check in, book now, report a problem, and whom to ask."""
    around = resources.hours.Window(clock.now(), clock.now())
    offer, _terms = await resources.whole(reads, page.actor, resource_id, around=around)
    people = (await resources.responsible_for(reads, [resource_id])).get(resource_id, [])
    return page.show(
        "resources/here.html",
        offer=offer,
        resource=offer.resource,
        people=people,
        duties=DUTIES,
        problems=await problem_reports.open_of(reads, page, resource_id),
        may_report=maintenance.policy.may_report(page.actor, resource_id),
        portraits=await page.portraits_of(reads, (one.id for one in people)),
        **told(page.actor, [offer]),
        **await _bookings(page, reads, resource_id, clock.now()),
    )


async def _bookings(
    page: Page, reads: ReadSession, resource_id: UUID, now: datetime
) -> dict[str, Any]:
    """Mine that runs or begins next, and whoever is on it now."""
    which = bookings.Filter(resource_ids=[resource_id], statuses=_HELD, from_=now, to=now + _AHEAD)
    found = await bookings.list_(reads, page.actor, which=which, paging=Paging(limit=20))
    own = [one for one in found.items if _is_mine(page, one)]
    return {
        "mine": next((one for one in own if {"check-in", "check-out"} & set(one.allowed)), None)
        or next(iter(own), None),
        "running": [one for one in found.items if one.starts_at <= now and not _is_mine(page, one)],
    }


def _is_mine(page: Page, one: BookingView) -> bool:
    who = {person.id for person in (one.booked_for, one.booked_by) if person is not None}
    return page.actor.user_id in who
