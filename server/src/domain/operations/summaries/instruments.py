"""Instruments: what is down, what is booked, how it was used, who did not come."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import language
from src.core.events import Event
from src.core.language import gettext as _
from src.core.language import mark, ngettext
from src.domain.accounts.tables import TeamMember
from src.domain.bookings.tables import Booking, Status
from src.domain.operations.summaries import record
from src.domain.operations.summaries.sections import (
    Frame,
    Group,
    Known,
    Ref,
    Section,
    Stored,
    present,
    refs,
    section,
)
from src.domain.resources.tables import Effect, Outage

NAME = "instruments"
DAY = timedelta(days=1)
NO_SHOW = "booking.no-show"
_ENDING = ("booking.cancelled", "booking.rejected", "booking.expired")
_STANDING = (
    Status.REQUESTED, Status.CONFIRMED, Status.IN_USE, Status.COMPLETED, Status.NO_SHOW
)  # fmt: skip
_USED = (Status.CONFIRMED, Status.IN_USE, Status.COMPLETED, Status.NO_SHOW)
_MINUTE = timedelta(minutes=1)


async def collect(session: AsyncSession, frame: Frame) -> Stored:
    """What was so at the boundary, and in the window. Four statements."""
    return {
        "down": await _down(session, frame),
        "booked": await _booked(session, frame),
        "used": await _used(session, frame),
        "no_shows": await _no_shows(session, frame),
    }


async def _down(session: AsyncSession, frame: Frame) -> list[Stored]:
    """What was down or worse than usual; outages keep from when to when."""
    at = frame.as_of
    rows = await session.execute(
        select(Outage.resource_id, Outage.effect, func.min(Outage.started_at))
        .where(Outage.started_at < at, or_(Outage.ended_at.is_(None), Outage.ended_at >= at))
        .group_by(Outage.resource_id, Outage.effect)
    )
    worst: dict[UUID, tuple[bool, datetime, Effect]] = {}
    for resource_id, effect, since in rows:
        mine = (effect is not Effect.DOWN, since, effect)
        worst[resource_id] = min(mine, worst.get(resource_id, mine))
    found = sorted(worst.items(), key=lambda one: (*one[1][:2], one[0]))
    return [
        {"id": str(resource_id), "effect": effect, "since": since.isoformat(timespec="seconds")}
        for resource_id, (_degraded, since, effect) in found
    ]


async def _booked(session: AsyncSession, frame: Frame) -> list[Stored]:
    """What was booked, as it stood at the boundary, for the day that follows it."""
    at = frame.as_of
    ended_since = exists().where(
        record.within(at),
        Event.subject_type == "booking",
        Event.subject_id == Booking.id,
        Event.verb.in_(_ENDING),
    )
    rows = await session.execute(
        select(
            Booking.resource_id, func.count(), func.min(Booking.starts_at),
            func.max(Booking.ends_at),
        )
        .where(
            Booking.ends_at > at,
            Booking.starts_at < at + DAY,
            Booking.created_at < at,
            or_(Booking.status.in_(_STANDING), ended_since),
            _of_team(frame),
        )
        .group_by(Booking.resource_id)
        .order_by(func.count().desc(), Booking.resource_id)
    )  # fmt: skip
    return [
        {
            "id": str(resource_id), "times": times,
            "from": max(first, at).isoformat(timespec="seconds"),
            "to": min(last, at + DAY).isoformat(timespec="seconds"),
        }
        for resource_id, times, first, last in rows
    ]  # fmt: skip


async def _used(session: AsyncSession, frame: Frame) -> list[Stored]:
    """Minutes booked and minutes in use within the window, by resource."""
    rows = await session.execute(
        select(
            Booking.resource_id, Booking.starts_at, Booking.ends_at, Booking.status,
            Booking.checked_in_at, Booking.checked_out_at,
        ).where(
            Booking.ends_at > frame.starts_at,
            Booking.starts_at < frame.ends_at,
            Booking.created_at < frame.as_of,
            Booking.status.in_(_USED),
            _of_team(frame),
        )
    )  # fmt: skip
    booked: dict[UUID, timedelta] = defaultdict(timedelta)
    used: dict[UUID, timedelta] = defaultdict(timedelta)
    for resource_id, starts_at, ends_at, status, came_at, left_at in rows:
        booked[resource_id] += _within(frame, starts_at, ends_at)
        if status is not Status.NO_SHOW:
            used[resource_id] += _within(frame, came_at or starts_at, left_at or ends_at)
    return [
        {"id": str(one), "booked": int(minutes / _MINUTE), "used": int(used[one] / _MINUTE)}
        for one, minutes in sorted(booked.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _within(frame: Frame, starts_at: datetime, ends_at: datetime) -> timedelta:
    length = min(ends_at, frame.ends_at, frame.as_of) - max(starts_at, frame.starts_at)
    return max(length, timedelta())


async def _no_shows(session: AsyncSession, frame: Frame) -> list[Stored]:
    rows = await session.execute(
        select(Booking.resource_id, func.count(), func.min(Booking.starts_at))
        .select_from(Event)
        .join(Booking, Booking.id == Event.subject_id)
        .where(
            record.within(frame.starts_at, frame.ends_at),
            Event.verb == NO_SHOW,
            _of_team(frame),
        )
        .group_by(Booking.resource_id)
        .order_by(func.count().desc(), Booking.resource_id)
    )
    return [
        {"id": str(one), "times": times, "at": at.isoformat(timespec="seconds")}
        for one, times, at in rows
    ]


def _of_team(frame: Frame) -> ColumnElement[bool]:
    """Bookings of the team, or of its members for nobody else."""
    if frame.team_id is None:
        return true()
    members = select(TeamMember.user_id).where(TeamMember.team_id == frame.team_id)
    own = and_(Booking.team_id.is_(None), Booking.booked_for.in_(members))
    return or_(Booking.team_id == frame.team_id, own)


def things(stored: Stored) -> list[Ref]:
    """What is spoken of."""
    return [
        ref
        for name in ("down", "booked", "used", "no_shows")
        for ref in refs("resource", stored[name])
    ]


def groups(stored: Stored, known: Known) -> list[Group]:
    """In words, for whoever reads."""
    down = present(
        known.item(
            "resource", one["id"], badge=one["effect"], args=one,
            detail=_("since %(moment)s", moment=language.format_moment(_at(one["since"]))),
        )
        for one in stored["down"]
    )  # fmt: skip
    booked = present(
        known.item("resource", one["id"], args=one, detail=_bookings(one))
        for one in stored["booked"]
    )
    used = present(
        known.item("resource", one["id"], args=one, detail=_use(one)) for one in stored["used"]
    )
    absent = present(
        known.item(
            "resource", one["id"], args=one,
            detail=ngettext("%(num)s time", "%(num)s times", one["times"]),
        )
        for one in stored["no_shows"]
    )  # fmt: skip
    return [
        Group("down", _("Down or degraded"), down),
        Group("booked", _("Booked in the coming day"), booked),
        Group("used", _("Use since last time"), used),
        Group("no_shows", _("Nobody came"), absent),
    ]


def _bookings(one: Stored) -> str:
    times = ngettext("%(num)s booking", "%(num)s bookings", one["times"])
    first = _("from %(time)s", time=language.format_clock(_at(one["from"])))
    return f"{times}, {first}"


def _use(one: Stored) -> str:
    used, booked = (language.format_number(round(one[name] / 60, 1)) for name in ("used", "booked"))
    return _("%(used)s of %(booked)s h", used=used, booked=booked)


def _at(raw: str) -> datetime:
    return datetime.fromisoformat(raw)


def hours(stored: dict[str, Any]) -> float:
    """Hours of use a stored summary tells of."""
    rows = stored.get("sections", {}).get(NAME, {}).get("used", ())
    return round(float(sum(one["used"] for one in rows)) / 60, 1)


section(Section(NAME, mark("Instruments"), 30, collect, things, groups))
