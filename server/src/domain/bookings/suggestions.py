"""What would fit instead: free, and within all rules.

Only times at which something changes are tried (a hold ends, the doors open), so a search over a
week of several resources is two statements and a little arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core.actor import Actor
from src.domain import resources
from src.domain.bookings import facts
from src.domain.bookings.facts import Facts
from src.domain.bookings.views import ResourceRef, Suggestion
from src.domain.resources.tables import HoldKind, Resource, ResourceState

REACH = timedelta(days=7)
OTHERS = 2
SHORTEST = 15
_MINUTE = timedelta(minutes=1)

Window = resources.hours.Window
Kind = Literal["unit", "resource", "earlier", "later", "shorter"]
Rounding = Callable[[datetime], datetime]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was wished for. Holds of `excluding` do not stand in the way."""

    resource_id: UUID
    window: Window
    person_id: UUID | None
    unit: int | None = None
    excluding: frozenset[UUID] = frozenset()
    type_id: UUID | None = None  # where wishes of several types are searched for together


@dataclass(frozen=True, slots=True)
class Shut:
    """What is about to close: these resources (None: all) in the window (None: for good)."""

    resource_ids: frozenset[UUID] | None
    window: Window | None

    def forbids(self, resource_id: UUID, held: Window) -> bool:
        """Whether the hold would stand in the way again."""
        is_closing = self.resource_ids is None or resource_id in self.resource_ids
        return is_closing and (self.window is None or self.window.overlaps(held))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource that might do: its terms, how the person stands to it, its units."""

    terms: resources.terms.Terms
    facts: Facts
    units: tuple[resources.calendar.UnitHolds, ...]
    shut: Shut | None = None

    def fits(self, window: Window, now: datetime, *, avoiding: int | None = None) -> int | None:
        """The number of the unit that would take the window within all rules."""
        held = resources.rules.hold_window(self.terms, window)
        if self.shut is not None and self.shut.forbids(self.terms.resource_id, held):
            return None
        free = (
            unit.number
            for unit in self.units
            if unit.is_active and unit.number != avoiding and unit.is_free(held)
        )
        number = next(free, None)
        if number is None:
            return None
        known = self.facts
        question = resources.rules.Question(
            window, now, number, known.upcoming, taken=known.taken, held=known.held
        )
        return None if resources.rules.violations(self.terms, question) else number

    @property
    def reference(self) -> ResourceRef:
        """The resource by its name."""
        return ResourceRef(self.terms.resource_id, self.terms.name, self.terms.timezone)


async def search(
    session: AsyncSession, actor: Actor, asked: Asked, *, now: datetime
) -> list[Suggestion]:
    """A handful of windows near the wish, on the resource or on others of its type."""
    return suggest(asked, await _candidates(session, actor, [asked], now), now=now)


async def search_many(
    session: AsyncSession, actor: Actor, asked: Sequence[Asked], *, now: datetime, shut: Shut
) -> list[list[Suggestion]]:
    """The same for several that have to make way together, in as many statements as for one.

    The first suggestion of each is taken as gone for those after it, so that all first ones can
    be followed at once. How the people stand to the resources is left aside.
    """
    candidates = [
        replace(candidate, facts=Facts(), shut=shut)
        for candidate in await _candidates(session, actor, asked, now)
    ]
    found = []
    for each in asked:
        suggestions = suggest(each, candidates, now=now)
        if suggestions:
            _take(candidates, suggestions[0], next(iter(each.excluding)))
        found.append(suggestions)
    return found


async def first_of(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    windows: Sequence[Window],
    *,
    person_id: UUID | None,
    now: datetime,
) -> Window | None:
    """The first of the windows that is free on the resource and fits all rules. Two statements."""
    if not windows:
        return None
    around = Window(windows[0].starts_at - REACH, windows[-1].ends_at + REACH)
    which = and_(Resource.id == resource_id, resources.access.visible(actor))
    found = await _candidates_of(session, which, around, person_id=person_id, now=now)
    fitting = (window for window in windows if any(each.fits(window, now) for each in found))
    return next(fitting, None)


async def _candidates(
    session: AsyncSession, actor: Actor, asked: Sequence[Asked], now: datetime
) -> list[Candidate]:
    if not asked:
        return []
    around = Window(
        min(each.window.starts_at for each in asked) - REACH,
        max(each.window.ends_at for each in asked) + REACH,
    )
    like = aliased(Resource)
    same_type = select(like.type_id).where(like.id.in_({each.resource_id for each in asked}))
    which = and_(
        Resource.type_id.in_(same_type),
        Resource.state.in_((ResourceState.AVAILABLE, ResourceState.DEGRADED)),
        resources.access.visible(actor),
    )
    first = asked[0]
    return await _candidates_of(
        session, which, around, person_id=first.person_id, now=now, excluding=first.excluding
    )


async def _candidates_of(
    session: AsyncSession,
    which: ColumnElement[bool],
    around: Window,
    *,
    person_id: UUID | None,
    now: datetime,
    excluding: Collection[UUID] = (),
) -> list[Candidate]:
    wanted = resources.terms.statement(which, around=around, with_sheets=False).add_columns(
        *facts.columns(person_id, around=around, now=now, excluding=excluding)
    )
    rows = (await session.execute(wanted)).all()
    units = await resources.calendar.occupancy(session, [row.id for row in rows], within=around)
    return [
        Candidate(
            resources.terms.of(row),
            facts.of(row),
            tuple(unit for unit in units if unit.resource_id == row.id),
        )
        for row in rows
    ]


def _take(candidates: Sequence[Candidate], suggestion: Suggestion, holder_id: UUID) -> None:
    """Put a suggestion on its unit, as if it had been followed."""
    for candidate in candidates:
        for unit in candidate.units:
            if (unit.resource_id, unit.number) == (suggestion.resource.id, suggestion.unit):
                window = Window(suggestion.starts_at, suggestion.ends_at)
                held = resources.rules.hold_window(candidate.terms, window)
                unit.holds.append(
                    resources.calendar.Placed(
                        unit.id,
                        unit.number,
                        unit.resource_id,
                        held.starts_at,
                        held.ends_at,
                        HoldKind.BOOKING,
                        holder_id,
                    )
                )


def suggest(asked: Asked, candidates: Sequence[Candidate], *, now: datetime) -> list[Suggestion]:
    """The suggestions, the least change first: unit, resource, later, earlier, shorter."""
    free = [_without(candidate, asked.excluding) for candidate in candidates]
    own = next((c for c in free if c.terms.resource_id == asked.resource_id), None)
    others = [c for c in free if c is not own and asked.type_id in {None, c.terms.type_id}]
    found: list[Suggestion] = []
    if own is not None and asked.unit is not None:
        found.extend(_unit(own, asked, now))
    found.extend(islice(_resources(others, asked, now), OTHERS))
    if own is not None:
        found.extend(_shifted(own, asked, now))
        found.extend(_shorter(own, asked, now))
    return found


def _unit(own: Candidate, asked: Asked, now: datetime) -> Iterator[Suggestion]:
    number = own.fits(asked.window, now, avoiding=asked.unit)
    if number is not None:
        yield _suggestion("unit", own, number, asked.window)


def _resources(others: Iterable[Candidate], asked: Asked, now: datetime) -> Iterator[Suggestion]:
    for other in others:
        number = other.fits(asked.window, now)
        if number is not None:
            yield _suggestion("resource", other, number, asked.window)


def _shifted(own: Candidate, asked: Asked, now: datetime) -> Iterator[Suggestion]:
    length = _length(own, asked.window)
    before = timedelta(minutes=own.terms.policy.buffer_before_minutes)
    after = timedelta(minutes=own.terms.policy.buffer_after_minutes)
    starts, ends = asked.window.starts_at, asked.window.starts_at + length
    frees = {hold.ends_at + before for unit in own.units for hold in unit.holds}
    takes = {hold.starts_at - after for unit in own.units for hold in unit.holds}
    around = Window(starts - REACH, ends + REACH)
    for part in resources.hours.open_windows(own.terms.hours, own.terms.zone, around):
        frees.add(part.starts_at)
        takes.add(part.ends_at)
    if own.shut is not None and own.shut.window is not None:
        frees.add(own.shut.window.ends_at + before)
        takes.add(own.shut.window.starts_at - after)
    up, down = _rounding(own)
    later = sorted({up(at) for at in {*frees, starts, now} if at >= starts or at == now})
    earlier = sorted({down(down(at) - length) for at in {*takes, ends}}, reverse=True)
    reachable = (Window(at, at + length) for at in later if starts < at <= starts + REACH)
    yield from _first("later", own, reachable, now)
    reachable = (Window(at, at + length) for at in earlier if starts - REACH <= at < starts)
    yield from _first("earlier", own, reachable, now)


def _shorter(own: Candidate, asked: Asked, now: datetime) -> Iterator[Suggestion]:
    after = timedelta(minutes=own.terms.policy.buffer_after_minutes)
    starts = asked.window.starts_at
    ends = {hold.starts_at - after for unit in own.units for hold in unit.holds}
    for part in resources.hours.open_windows(own.terms.hours, own.terms.zone, asked.window):
        ends.add(part.ends_at)
    if own.terms.policy.max_minutes is not None:
        ends.add(starts + own.terms.policy.max_minutes * _MINUTE)
    _, down = _rounding(own)
    shortest = max(SHORTEST, own.terms.policy.min_minutes or 0) * _MINUTE
    latest_first = sorted({down(at) for at in ends}, reverse=True)
    cut = (
        Window(starts, at) for at in latest_first if starts + shortest <= at < asked.window.ends_at
    )
    yield from _first("shorter", own, cut, now)


def _first(
    kind: Kind, own: Candidate, windows: Iterable[Window], now: datetime
) -> Iterator[Suggestion]:
    """The first of the windows that fits."""
    for window in windows:
        number = own.fits(window, now)
        if number is not None:
            yield _suggestion(kind, own, number, window)
            return


def _length(own: Candidate, window: Window) -> timedelta:
    """The length wished for, brought within the rules."""
    policy, minutes = own.terms.policy, window.minutes
    if policy.slot_minutes:
        minutes = math.ceil(minutes / policy.slot_minutes) * policy.slot_minutes
    minutes = max(minutes, policy.min_minutes or SHORTEST)
    if policy.max_minutes is not None:
        minutes = min(minutes, policy.max_minutes)
    return timedelta(minutes=minutes)


def _rounding(own: Candidate) -> tuple[Rounding, Rounding]:
    """To the resource's grid, up and down. Without a grid, to whole minutes."""
    slot, zone = own.terms.policy.slot_minutes or 1, own.terms.zone
    return (lambda at: _ceil(at, zone, slot)), (lambda at: _floor(at, zone, slot))


def _floor(at: datetime, zone: ZoneInfo, slot: int) -> datetime:
    local = at.astimezone(zone)
    over = timedelta(
        minutes=(local.hour * 60 + local.minute) % slot,
        seconds=local.second,
        microseconds=local.microsecond,
    )
    return at - over


def _ceil(at: datetime, zone: ZoneInfo, slot: int) -> datetime:
    floor = _floor(at, zone, slot)
    return at if floor == at else floor + slot * _MINUTE


def _without(candidate: Candidate, holders: frozenset[UUID]) -> Candidate:
    """The candidate as if `holders` held nothing."""
    units = tuple(
        replace(unit, holds=[hold for hold in unit.holds if hold.holder_id not in holders])
        for unit in candidate.units
    )
    return replace(candidate, units=units)


def _suggestion(kind: Kind, candidate: Candidate, unit: int, window: Window) -> Suggestion:
    return Suggestion(kind, candidate.reference, unit, window.starts_at, window.ends_at)
