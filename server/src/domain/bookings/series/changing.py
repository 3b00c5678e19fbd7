"""Changing a series: this one, those from it on, or all that lie ahead.

Every booking is asked anew wherever it takes another time or place, as each of them would be by
itself. Those that cannot follow stay where they are, if somebody says so; else nothing changes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import changes as changing
from src.domain.bookings import reservation, wishes
from src.domain.bookings.plans import Violation
from src.domain.bookings.repository import Whole
from src.domain.bookings.series import (
    choosing,
    fitting,
    making,
    planning,
    reading,
    recurrence,
    telling,
)
from src.domain.bookings.series.choosing import Chosen
from src.domain.bookings.series.recurrence import Rule, Slot
from src.domain.bookings.series.views import LOCAL, Occurrence, Part, SeriesView
from src.domain.bookings.tables import BookingSeries
from src.domain.bookings.views import BookingView, Change, Wish

_TIMES = frozenset({"starts_at", "ends_at"})
_PLACE = frozenset({"starts_at", "ends_at", "resource_id", "unit", "override_reason"})
_ROUNDS = 8


@dataclass(slots=True)
class _Plan:
    """What a change makes of a part of a series."""

    zone: ZoneInfo
    rule: Rule
    minutes: int
    by: timedelta
    slots: list[Slot]
    fields: dict[str, Any]
    is_retimed: bool
    # By booking: the time the rule gives it now, and what it shall become.
    at: dict[UUID, Slot | None] = field(default_factory=dict)
    wanted: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    stuck: dict[UUID, Occurrence] = field(default_factory=dict)


async def change(
    session: AsyncSession,
    actor: Actor,
    series_id: UUID,
    *,
    part: Part,
    changes: Mapping[str, Any],
    skip_conflicts: bool = False,
    expected_version: int | None = None,
) -> SeriesView:
    """Change what lies ahead of a series; `changes` as for `bookings.change`.

    New times are those of the occurrence that `part` names (for `all` the next one if it names
    none), and the others move along by the clock on the wall. `following` makes a
    series of its own of them, and that is the answer. With `skip_conflicts` the bookings that
    cannot follow keep their time and place.

    Raises `SeriesNotFound`, `SeriesStateConflict`, `BadRecurrence`, `Forbidden`, `Invalid`,
    `PreconditionFailed`; `SeriesOverlaps` or `SeriesRefused` with every occurrence that cannot
    follow; for `this` what `bookings.change` raises.
    """
    now = clock.now()
    wishes.require_known_fields(Change(series_id, dict(changes)), ())
    await reading.get(session, actor, series_id)
    target = changes.get("resource_id")
    await choosing.lock(session, series_id, now=now, also=[target] if target else [])
    row = await reading.take_in_hand(session, actor, series_id, expected_version)
    series = row.series
    chosen = await choosing.choose(session, series, part, now=now)
    if part.scope == "this":
        await changing.change(session, actor, chosen.those[0].booking.id, changes=changes)
        return await reading.get(session, actor, series_id)
    plan = await _planned(session, actor, series, chosen, dict(changes))
    await _settle(session, actor, chosen, plan, now)
    if plan.stuck and not skip_conflicts:
        raise making.refusal(list(plan.stuck.values()))
    made = await changing.perform(session, actor, _changes(chosen, plan), is_told=False)
    kept = await _write(session, actor, series, chosen, plan)
    for each in chosen.those:
        slot = plan.at[each.booking.id]
        each.booking.series_id = kept.id
        if slot is not None and slot.window is not None:
            each.booking.series_at = slot.window.starts_at
    await _tell(session, actor, kept, made, chosen)
    await session.flush()
    return await reading.get(session, actor, kept.id)


async def _planned(
    session: AsyncSession,
    actor: Actor,
    series: BookingSeries,
    chosen: Chosen,
    changes: dict[str, Any],
) -> _Plan:
    """The times that follow from the change. Raises `BadRecurrence`, `ResourceNotFound`."""
    zone = chosen.zone
    target = changes.get("resource_id")
    if target is not None and target != series.resource_id:
        around = planning.NO_WINDOW
        zone = (await resources.terms.one(session, actor, target, around=around)).zone
    is_retimed = any(changes.get(name) is not None for name in _TIMES) or zone != chosen.zone
    fields = {name: value for name, value in changes.items() if name not in _TIMES}
    slots, rule, minutes, by = list(chosen.part), chosen.rule, series.minutes, timedelta()
    window = chosen.anchor.window
    if is_retimed and window is not None:
        starts = changes.get("starts_at")
        local = planning.wall(starts, zone) if starts else chosen.anchor.local
        ends = changes.get("ends_at")
        if ends is not None:
            minutes = planning.length(starts or window.starts_at, ends, zone)
        by = local - chosen.anchor.local
        rule, slots = recurrence.moved(rule, slots, by, minutes, zone)
    plan = _Plan(zone, rule, minutes, by, slots, fields, is_retimed)
    was = {one.window.starts_at: place for place, one in enumerate(chosen.part) if one.window}
    for each in chosen.those:
        at = each.booking.series_at
        slot = slots[was[at]] if at in was else None
        plan.at[each.booking.id] = slot
        plan.wanted[each.booking.id] = _wanted(plan, slot)
        if is_retimed and slot is not None and slot.window is None:
            plan.stuck[each.booking.id] = Occurrence(
                f"{slot.local:{LOCAL}}", None, None, "refused", (_skipped_hour(),)
            )
    return plan


def _skipped_hour() -> Violation:
    message = _("The clocks go forward over this time: it does not exist on that day.")
    return Violation("nonexistent-time", message, False, {}, "starts_at")


def _wanted(plan: _Plan, slot: Slot | None) -> dict[str, Any]:
    """What a booking shall become; one the rule does not know keeps its time."""
    fields = dict(plan.fields)
    if plan.is_retimed and slot is not None and slot.window is not None:
        fields |= {"starts_at": slot.window.starts_at, "ends_at": slot.window.ends_at}
    return fields


async def _settle(
    session: AsyncSession, actor: Actor, chosen: Chosen, plan: _Plan, now: datetime
) -> None:
    """Find those that cannot follow. One that stays may be in the way of the next, so ask again."""
    for _round in range(_ROUNDS):
        moving = [
            each
            for each in chosen.those
            if each.booking.id not in plan.stuck and _moves(each, plan)
        ]
        plans = [
            reservation.replanned(wishes.after(each, plan.wanted[each.booking.id]), each)
            for each in moving
        ]
        found = await fitting.find(session, actor, plans, now=now)
        missed = [
            (each, finding) for each, finding in zip(moving, found, strict=True) if not finding.fits
        ]
        for each, finding in missed:
            window = finding.judgement.plan.window
            slot = Slot(planning.wall(window.starts_at, plan.zone), window)
            plan.stuck[each.booking.id] = planning.occurrence(slot, finding)
        if not missed:
            return


def _moves(each: Whole, plan: _Plan) -> bool:
    wish: Wish = wishes.after(each, plan.wanted[each.booking.id])
    booking = each.booking
    return (
        (booking.starts_at, booking.ends_at) != (wish.starts_at, wish.ends_at)
        or booking.resource_id != wish.resource_id
        or wish.unit not in {None, each.unit}
    )


def _changes(chosen: Chosen, plan: _Plan) -> list[Change]:
    """Those that stay where they are take the words all the same."""
    return [
        Change(
            each.booking.id,
            {
                name: value
                for name, value in plan.wanted[each.booking.id].items()
                if each.booking.id not in plan.stuck or name not in _PLACE
            },
        )
        for each in chosen.those
    ]


async def _write(
    session: AsyncSession, actor: Actor, series: BookingSeries, chosen: Chosen, plan: _Plan
) -> BookingSeries:
    """The series as it is from now on: itself, or from the choice on one of its own."""
    start = next(slot.window.starts_at for slot in plan.slots if slot.window is not None)
    skipped = _moved_skips(series.skipped, chosen, plan)
    kept = series
    changes: dict[str, object] = {"fields": sorted(plan.fields), "bookings": len(chosen.those)}
    if any(slot.window for slot in chosen.before):
        rest = recurrence.counting(chosen.rule, list(chosen.part))
        kept = _continued(series, plan.rule if plan.is_retimed else rest)
        series.rule = str(recurrence.counting(chosen.rule, list(chosen.before)))
        first = f"{chosen.part[0].local:{LOCAL}}"
        series.skipped = [each for each in series.skipped if each < first]
        session.add(kept)
        subject = ("booking-series", series.id)
        events.record(session, actor, "booking-series.split", subject, changes={"into": kept.id})
    elif plan.is_retimed:
        kept.rule = str(plan.rule)
    kept.starts_at, kept.minutes, kept.timezone = start, plan.minutes, plan.zone.key
    kept.skipped = skipped
    for name in ("title", "notes", "unit", "team_id", "project_id", "answers"):
        if name in plan.fields:
            value = plan.fields[name]
            if name == "answers":
                value = dict(value or {})
            setattr(kept, name, (value or "") if name in {"title", "notes"} else value)
    kept.resource_id = plan.fields.get("resource_id") or kept.resource_id
    changes |= {"rule": kept.rule, "stayed": len(plan.stuck)}
    subject = ("booking-series", kept.id)
    events.record(session, actor, "booking-series.changed", subject, changes=changes)
    await session.flush()
    return kept


def _continued(series: BookingSeries, rule: Rule) -> BookingSeries:
    return BookingSeries(
        id=ids.new(),
        resource_id=series.resource_id,
        rule=str(rule),
        title=series.title,
        notes=series.notes,
        unit=series.unit,
        answers=dict(series.answers),
        booked_by=series.booked_by,
        booked_for=series.booked_for,
        team_id=series.team_id,
        project_id=series.project_id,
    )


def _moved_skips(skipped: Collection[str], chosen: Chosen, plan: _Plan) -> list[str]:
    """What was left out stays left out, at its new time."""
    part = {f"{slot.local:{LOCAL}}": place for place, slot in enumerate(chosen.part)}
    return sorted(f"{plan.slots[part[each]].local:{LOCAL}}" for each in skipped if each in part)


async def _tell(
    session: AsyncSession,
    actor: Actor,
    series: BookingSeries,
    made: list[BookingView],
    chosen: Chosen,
) -> None:
    people = {UUID(one) for each in chosen.those for one in each.booking.attendee_ids}
    await telling.tell(session, actor, series, "series.changed", made, attendees=sorted(people))
