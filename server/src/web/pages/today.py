"""Today: what is mine, what waits for me, what is down, what is free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import Page as Part
from src.core.paging import Paging
from src.domain import approvals, bookings, resources
from src.domain.bookings import BookingView, Status, parties
from src.domain.bookings.rules import CHECK_IN_OPENS
from src.domain.operations import morning as of_the_team
from src.templating import enter
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Reads
from src.web.pages.frame import CurrentPage, Page, shows

router = APIRouter(include_in_schema=False)
enter(mark("Today"), "/", Permission.BOOKINGS_READ, rank=10, icon="today", key="t")

OPEN = [Status.REQUESTED, Status.CONFIRMED, Status.IN_USE]
AHEAD = timedelta(days=14)
LATEST = timedelta(minutes=15)  # what a page says of the time is at most so old
MINE, FEW = 8, 6


@dataclass(frozen=True, slots=True)
class Mine:
    """One's bookings: those under way or about to begin, then the others day by day."""

    now: list[BookingView]
    days: list[tuple[str, list[BookingView]]]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Morning:
    """What the page shows. `decides`: whether the reader is one who is asked about requests."""

    at: datetime
    mine: Mine
    hours: str  # mine this week
    asked: parties.asked.Asked
    decides: bool
    troubles: Sequence[resources.Trouble]
    troubled: int
    free: resources.FreeNow
    links: dict[UUID, str]
    due: datetime
    team: of_the_team.Morning | None  # what the reader's team has going on
    long: timedelta = AHEAD  # free for so long, and nobody asks until when


@router.get("/", **shows(SIGNED_IN))
async def today(page: CurrentPage, reads: Reads) -> Response:
    """Everything one looks for in the morning, each with its next step."""
    morning = await _read(page, reads)
    template = "today/sections.html" if page.is_fragment else "today/show.html"
    return page.show(template, morning=morning, greeting=_greeting(morning.at, page.actor.name))


async def _read(page: Page, reads: ReadSession) -> Morning:
    now, actor = clock.now(), page.actor
    zone = language.reader().zone
    electors = await approvals.electors_of(reads, actor)
    own = bookings.Filter(mine=True, statuses=OPEN, from_=now, to=now + AHEAD)
    few = Paging(limit=MINE)
    found = await bookings.list_(reads, actor, which=own, paging=few, electors=electors)
    asked = await parties.asked.of(reads, actor, electors=electors, most=FEW)
    monday, sunday = _week(now, zone)
    booked = await bookings.booked_time(reads, actor, from_=monday, to=sunday)
    troubles, troubled = await resources.troubles(reads, actor, most=FEW)
    often = await bookings.often_used(reads, actor)
    free = await resources.free_now(reads, actor, first=often, most=FEW)
    return Morning(
        at=now,
        mine=_mine(found, now, zone),
        hours=language.format_number(round(booked / timedelta(hours=1), 1)),
        asked=asked,
        # A rule may ask anybody.
        decides=actor.may_anywhere(Permission.BOOKINGS_APPROVE) or asked.requested > 0,
        troubles=troubles,
        troubled=troubled,
        free=free,
        links={one.resource.id: _form(one) for one in free.items if one.starts_at},
        due=min([_due(now, found.items, free), *(one.expires_at for one in asked.offers)]),
        team=await of_the_team.of(reads, actor, most=FEW),
    )


def _mine(found: Part[BookingView], now: datetime, zone: tzinfo) -> Mine:
    under_way: list[BookingView] = []
    later: list[BookingView] = []
    for one in found.items:
        is_now = one.starts_at <= now or {"check-in", "check-out"} & set(one.allowed)
        (under_way if is_now else later).append(one)

    def day(one: BookingView) -> date:
        return one.starts_at.astimezone(zone).date()

    today = now.astimezone(zone).date()
    days = [(_named(on, today), list(those)) for on, those in groupby(later, key=day)]
    return Mine(under_way, days, found.next is not None)


def _named(day: date, today: date) -> str:
    near = {today: _("Today"), today + timedelta(days=1): _("Tomorrow")}
    return near.get(day) or language.format_day(day)


def _week(now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """From Monday to Sunday of the reader's week, as instants."""
    local = now.astimezone(zone).date()
    monday = local - timedelta(days=local.weekday())
    starts, ends = (
        datetime.combine(day, time(), zone).astimezone(UTC)
        for day in (monday, monday + timedelta(days=7))
    )
    return starts, ends


def _form(one: resources.Free) -> str:
    starts = f"{one.starts_at:%Y-%m-%dT%H:%MZ}"
    query = urlencode({"resource_id": one.resource.id, "starts_at": starts})
    return f"/bookings/new?{query}"


def _due(now: datetime, mine: Iterable[BookingView], free: resources.FreeNow) -> datetime:
    """When the page would say something that is no longer so; it asks again then."""
    turns = [one.until for one in free.items]
    for booking in mine:
        turns += [booking.starts_at - CHECK_IN_OPENS, booking.starts_at, booking.ends_at]
    return min((at for at in turns if now < at < now + LATEST), default=now + LATEST)


def _greeting(now: datetime, name: str) -> str:
    hour = now.astimezone(language.reader().zone).hour
    if 4 <= hour < 12:
        return _("Good morning, %(name)s", name=name)
    if 12 <= hour < 18:
        return _("Good afternoon, %(name)s", name=name)
    return _("Good evening, %(name)s", name=name)
