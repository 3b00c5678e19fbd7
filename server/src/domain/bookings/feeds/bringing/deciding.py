"""What would come of the events of a calendar, and booking those that were chosen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor, Permission, resource_scope
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.core.language import ngettext, zone_of
from src.domain import resources
from src.domain.bookings import plans, refusals, reservation
from src.domain.bookings.feeds import writing
from src.domain.bookings.feeds.bringing.reading import Fault, ReadEvent, placed
from src.domain.bookings.feeds.errors import ImportOverlaps, ImportRefused
from src.domain.bookings.plans import Judgement, Window
from src.domain.bookings.reservation import Order
from src.domain.bookings.series import fitting
from src.domain.bookings.series.fitting import Finding
from src.domain.bookings.tables import Booking
from src.domain.bookings.views import BookingView, Conflict, ResourceRef, Wish
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.tables import Resource

Outcome = Literal["confirmed", "requested", "refused"]
_NO_RESOURCE, _OVERLAPS = "no-resource", "booking-overlaps"


@dataclass(frozen=True, slots=True)
class Line:
    """One time of an event: which resource it would be on, what would come of it, and why.

    `faults` speak for themselves; `conflicts` is what holds its time, as far as one may see;
    `judgement` is what the rules say of it, where they were asked.
    """

    event: ReadEvent
    outcome: Outcome
    resource: ResourceRef | None = None
    window: Window | None = None
    faults: tuple[Fault, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    judgement: Judgement | None = None

    @property
    def can_be_booked(self) -> bool:
        """Whether it may be chosen."""
        return self.outcome != "refused"

    @property
    def is_only_taken(self) -> bool:
        """Whether nothing stands in its way but what others hold."""
        return {fault.code for fault in self.faults} == {_OVERLAPS}


@dataclass(frozen=True, slots=True)
class Plan:
    """A file with what would come of each of its lines, in their order."""

    lines: tuple[Line, ...]

    def count(self, outcome: Outcome) -> int:
        """How many lines have this outcome."""
        return sum(line.outcome == outcome for line in self.lines)


@dataclass(frozen=True, slots=True)
class Done:
    """What was booked; `plan` tells what was left out, and why."""

    plan: Plan
    bookings: tuple[BookingView, ...]


async def preview(
    session: AsyncSession,
    actor: Actor,
    events_: Sequence[ReadEvent],
    *,
    resource_id: UUID | None = None,
    choices: Mapping[str, UUID] | None = None,
) -> Plan:
    """What would come of each event; nothing is written. The same few statements for any number.

    On `resource_id`, or each on its own by key (`choices`); else on the one whose name stands as
    its place (LOCATION). Raises `ResourceNotFound` for a resource that was named and is none.
    """
    wanted = {event.key: (choices or {}).get(event.key, resource_id) for event in events_}
    found = await _resources(session, actor, events_, {one for one in wanted.values() if one})
    here = await _known(session, events_)
    lines = [_line(actor, each, wanted[each.key], found, here) for each in events_]
    judged = await _judged(session, actor, [line for line in lines if line.can_be_booked])
    return Plan(tuple(judged.get(line.event.key, line) for line in lines))


async def take(
    session: AsyncSession,
    actor: Actor,
    events_: Sequence[ReadEvent],
    *,
    resource_id: UUID | None = None,
    choices: Mapping[str, UUID] | None = None,
    only: Collection[str] | None = None,
    only_good: bool = False,
) -> Done:
    """Book the events, or those chosen by their keys (`only`), all or none of them.

    With `only_good` those that cannot be booked are left out. They go the way of every booking:
    confirmed, or requested where somebody must approve. Raises `ImportRefused` with every reason,
    `ImportOverlaps` where others have the time of each and nothing else is wrong, and what
    `bookings.create` raises.
    """
    chosen = [each for each in events_ if only is None or each.key in only]
    first = await preview(session, actor, chosen, resource_id=resource_id, choices=choices)
    on = {line.resource.id for line in first.lines if line.resource and line.can_be_booked}
    await resources.calendar.lock(session, on)
    plan = await preview(session, actor, chosen, resource_id=resource_id, choices=choices)
    refused = [line for line in plan.lines if not line.can_be_booked]
    if refused and not only_good:
        raise await _refusal(session, actor, events_, plan)
    orders = [
        Order(_wish(line.event, line.resource, line.window), at=("events", place))
        for place, line in enumerate(plan.lines)
        if line.can_be_booked and line.resource and line.window
    ]
    made = await reservation.create_many(session, actor, orders=orders) if orders else []
    if made and actor.user_id is not None:
        counts = {"booked": len(made), "left_out": len(refused)}
        events.record(session, actor, "calendar.imported", ("user", actor.user_id), changes=counts)
    return Done(plan, tuple(made))


async def _resources(
    session: AsyncSession, actor: Actor, events_: Sequence[ReadEvent], ids: Collection[UUID]
) -> dict[UUID | str, ResourceRef]:
    """The resources that are named, by id and by folded name, as far as the actor may see them."""
    names = {name for event in events_ for name in _names(event.location)}
    rows = await session.execute(
        select(Resource.id, Resource.name, Resource.timezone).where(
            resources.access.visible(actor),
            or_(Resource.id.in_(ids), func.lower(Resource.name).in_(names)),
        )
    )
    found: dict[UUID | str, ResourceRef] = {}
    for id_, name, timezone in rows:
        found[id_] = found[name.lower()] = ResourceRef(id_, name, timezone)
    if set(ids) - found.keys():
        raise ResourceNotFound(_("Choose one from the list of resources."))
    return found


def _names(location: str) -> list[str]:
    """What a place may be called by: the whole of it, or what stands before the first comma."""
    whole = location.lower()
    return [name for name in dict.fromkeys((whole, whole.partition(",")[0].strip())) if name]


async def _known(session: AsyncSession, events_: Sequence[ReadEvent]) -> set[str]:
    """The UIDs among them that are bookings here: they came from our own calendars."""
    own = {}
    for event in events_:
        if (id_ := writing.booking_of(event.uid)) is not None:
            own[id_] = event.uid
    if not own:
        return set()
    return {
        own[id_] for id_ in await session.scalars(select(Booking.id).where(Booking.id.in_(own)))
    }


def _line(
    actor: Actor,
    event: ReadEvent,
    resource_id: UUID | None,
    found: Mapping[UUID | str, ResourceRef],
    here: Collection[str],
) -> Line:
    """What can be told before any rule of a resource is asked."""
    names = [resource_id] if resource_id else _names(event.location)
    resource = next((found[name] for name in names if name in found), None)
    faults = list(event.faults)
    window = None
    if event.uid in here:
        faults.append(Fault("already-here", _("It is a booking here already.")))
    if resource is None:
        message = _("No resource here is called %(place)s.", place=event.location or "–")
        faults.append(Fault(_NO_RESOURCE, message))
    elif event.starts_at and event.ends_at:
        zone = zone_of(resource.timezone)
        try:
            window = Window(placed(event.starts_at, zone), placed(event.ends_at, zone))
        except OverflowError:
            faults.append(Fault("out-of-range", _("No calendar reaches that far.")))
    if resource and not actor.may(Permission.BOOKINGS_CREATE, resource_scope(resource.id)):
        message = _("You may not book %(resource)s.", resource=resource.name)
        faults.append(Fault("forbidden", message))
    if window is None and not faults:
        faults.append(Fault("unreadable-times", _("Its times cannot be read.")))
    return Line(event, "refused" if faults else "confirmed", resource, window, tuple(faults))


async def _judged(session: AsyncSession, actor: Actor, lines: Sequence[Line]) -> dict[str, Line]:
    """What the rules and the calendar say, of all of them together."""
    standing = [
        (line, _wish(line.event, line.resource, line.window))
        for line in lines
        if line.resource and line.window
    ]
    wanted = await reservation.wished_all(session, actor, [wish for _line, wish in standing])
    told, asked = {}, []
    for (line, _asked), plan in zip(standing, wanted, strict=True):
        if faults := plans.time_faults(plan):
            said = tuple(Fault(each.code, each.message) for each in faults)
            told[line.event.key] = replace(line, outcome="refused", faults=said)
        else:
            asked.append((line, plan))
    found = await fitting.find(session, actor, [plan for _line, plan in asked], now=clock.now())
    for (line, _plan), finding in zip(asked, found, strict=True):
        told[line.event.key] = _found(line, finding)
    return told


def _found(line: Line, finding: Finding) -> Line:
    if finding.fits:
        return replace(line, outcome=finding.judgement.outcome)
    faults = [Fault(each.code, each.message) for each in finding.violations]
    if finding.is_taken:
        faults.append(Fault(_OVERLAPS, _("This time is taken.")))
    return replace(
        line,
        outcome="refused",
        faults=tuple(faults),
        conflicts=finding.conflicts,
        judgement=finding.judgement,
    )


def _wish(event: ReadEvent, resource: ResourceRef, window: Window) -> Wish:
    return Wish(resource.id, window.starts_at, window.ends_at, title=event.title, notes=event.notes)


async def _refusal(
    session: AsyncSession, actor: Actor, events_: Sequence[ReadEvent], plan: Plan
) -> ImportOverlaps | ImportRefused:
    places = {event.key: place for place, event in enumerate(events_)}
    refused = [line for line in plan.lines if not line.can_be_booked]
    detail = ngettext(
        "%(num)s event cannot be booked so. Nothing was booked.",
        "%(num)s events cannot be booked so. Nothing was booked.",
        len(refused),
    )
    errors = tuple(
        FieldError(("events", places[line.event.key]), fault.code, fault.message)
        for line in refused
        for fault in line.faults
    )
    first = plan.lines[0].judgement
    if first is None or not all(line.is_only_taken for line in plan.lines):
        return ImportRefused(detail, errors=errors)
    fitting = await refusals.instead(session, actor, first, now=clock.now())
    conflicts = list(plan.lines[0].conflicts)
    return ImportOverlaps(detail, errors=errors, conflicts=conflicts, suggestions=fitting)
