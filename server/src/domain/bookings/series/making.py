"""Making a series: asked about first, or booked, every occurrence by the one path."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain import resources
from src.domain.bookings import policy, reservation
from src.domain.bookings.reservation import Order
from src.domain.bookings.series import fitting, planning, reading, telling
from src.domain.bookings.series.errors import SeriesOverlaps, SeriesRefused
from src.domain.bookings.series.planning import Planned
from src.domain.bookings.series.recurrence import Slot
from src.domain.bookings.series.views import LOCAL, Occurrence, SeriesAnswer, SeriesView
from src.domain.bookings.tables import BookingSeries
from src.domain.bookings.views import Wish


async def check(
    session: AsyncSession, actor: Actor, *, wish: Wish, rule: str, skip: Collection[str] = ()
) -> SeriesAnswer:
    """What would happen to every occurrence; nothing is written.

    `wish` is the one for the first of them. Raises `BadRecurrence`, `ResourceNotFound`,
    `Forbidden`, and `BookingRefused` for times no calendar has.
    """
    policy.require(actor, Permission.BOOKINGS_CREATE, wish.resource_id)
    planned = await planning.plan(session, actor, wish, rule)
    found = await _judged(session, actor, wish, planned, skip, clock.now())
    contact = await resources.contacts.for_(session, wish.resource_id)
    return SeriesAnswer(str(planned.rule), planned.zone.key, tuple(found), contact)


async def create(
    session: AsyncSession,
    actor: Actor,
    *,
    wish: Wish,
    rule: str,
    skip_conflicts: bool = False,
    skip: Collection[str] = (),
) -> SeriesView:
    """Book every occurrence, or nothing.

    Those named in `skip` (local starts) are left out, and with `skip_conflicts` all that cannot be
    booked. Raises `SeriesOverlaps` or `SeriesRefused` with every occurrence that stands in the
    way, and what `check` raises.
    """
    policy.require(actor, Permission.BOOKINGS_CREATE, wish.resource_id)
    await resources.calendar.lock(session, {wish.resource_id})
    planned = await planning.plan(session, actor, wish, rule)
    found = await _judged(session, actor, wish, planned, skip, clock.now())
    in_the_way = [each for each in found if each.is_in_the_way]
    if in_the_way and not skip_conflicts:
        raise refusal(in_the_way)
    left_out = {each.local for each in found if each.is_skipped or each.is_in_the_way}
    kept = [slot for slot in planned.slots if f"{slot.local:{LOCAL}}" not in left_out]
    if not kept:
        raise refusal(in_the_way)
    series = _series(actor, wish, planned, left_out)
    session.add(series)
    await session.flush()
    made = await reservation.create_many(
        session, actor, orders=_orders(wish, series.id, kept), is_told=False
    )
    numbers: dict[str, object] = {
        "resource_id": series.resource_id,
        "rule": series.rule,
        "bookings": len(made),
        "skipped": sorted(left_out),
    }
    subject = ("booking-series", series.id)
    events.record(session, actor, "booking-series.created", subject, changes=numbers)
    people = [one for one in dict.fromkeys(wish.attendees) if one != series.booked_for]
    await telling.tell(session, actor, series, "series.booked", made, attendees=people)
    await session.flush()
    return await reading.get(session, actor, series.id)


def refusal(in_the_way: Sequence[Occurrence]) -> SeriesOverlaps | SeriesRefused:
    """The error that lists every occurrence that cannot be."""
    if not in_the_way:
        nothing = _("Every occurrence is left out. Keep at least one.")
        fault = FieldError(("skip",), "nothing-left", nothing)
        return SeriesRefused(nothing, errors=(fault,), occurrences=[])
    detail = ngettext(
        "%(num)s of these times cannot be booked. Skip it, or choose another time.",
        "%(num)s of these times cannot be booked. Skip them, or choose another time.",
        len(in_the_way),
    )
    faults = tuple(
        FieldError(
            ("occurrences", place),
            each.violations[0].code if each.violations else "booking-overlaps",
            " ".join([each.local.replace("T", " ") + ":", *said(each)]),
        )
        for place, each in enumerate(in_the_way)
    )
    kind = SeriesRefused if any(each.violations for each in in_the_way) else SeriesOverlaps
    return kind(detail, errors=faults, occurrences=list(in_the_way))


def said(each: Occurrence) -> list[str]:
    """Why an occurrence cannot be, in sentences."""
    taken = [_("This time is taken.")] if each.conflicts or not each.violations else []
    return [*dict.fromkeys(one.message for one in each.violations), *taken]


async def _judged(
    session: AsyncSession,
    actor: Actor,
    wish: Wish,
    planned: Planned,
    skip: Collection[str],
    now: datetime,
) -> list[Occurrence]:
    """Every time of the series, judged; those to be skipped take no part."""
    left_out = {each.strip()[:16].replace(" ", "T") for each in skip}
    asked = [
        slot
        for slot in planned.slots
        if slot.window is not None and f"{slot.local:{LOCAL}}" not in left_out
    ]
    plans = await reservation.wished_all(session, actor, planning.wishes(wish, asked))
    found = await fitting.find(session, actor, plans, now=now)
    by_slot = {slot.local: finding for slot, finding in zip(asked, found, strict=True)}
    told = []
    for slot in planned.slots:
        if slot.window is not None and slot.local not in by_slot:
            local, window = f"{slot.local:{LOCAL}}", slot.window
            told.append(
                Occurrence(local, window.starts_at, window.ends_at, "confirmed", is_skipped=True)
            )
            continue
        told.append(planning.occurrence(slot, by_slot.get(slot.local)))
    return told


def _orders(wish: Wish, series_id: UUID, kept: Sequence[Slot]) -> list[Order]:
    return [
        Order(
            each,
            at=("occurrences", place),
            series_id=series_id,
            series_at=each.starts_at,
        )
        for place, each in enumerate(planning.wishes(wish, kept))
    ]


def _series(actor: Actor, wish: Wish, planned: Planned, left_out: Collection[str]) -> BookingSeries:
    whose = wish.booked_for or actor.user_id
    return BookingSeries(
        id=ids.new(),
        resource_id=wish.resource_id,
        rule=str(planned.rule),
        starts_at=planned.first.starts_at,
        timezone=planned.zone.key,
        minutes=planned.minutes,
        skipped=sorted(left_out),
        title=wish.title,
        notes=wish.notes,
        unit=wish.unit,
        answers=dict(wish.answers or {}),
        booked_by=actor.user_id or whose,
        booked_for=whose,
        team_id=wish.team_id,
        project_id=wish.project_id,
    )
