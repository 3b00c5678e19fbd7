"""What could be offered to whom: the calendars concerned, read once, and the rules asked last.

Three statements for any number of resources and of people who wait; each person for whom a room is
found costs one more for the rules, and who they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Permission, resource_scope
from src.core.errors import DomainError, Kind
from src.domain import accounts, resources
from src.domain.bookings import judging, reservation, rooms
from src.domain.bookings.plans import Judgement
from src.domain.bookings.tables import WaitingEntry
from src.domain.bookings.views import Wish
from src.domain.bookings.waiting import repository
from src.domain.resources.tables import HoldKind

Window = resources.hours.Window
Freed = tuple[UUID, Window]

# Whoever is asked needs time to answer: nothing is offered that begins sooner.
NOTICE = timedelta(minutes=10)
# So many rooms are asked about for one entry, and so often each is shortened.
_ROOMS, _SHORTER = 3, 8
_MINUTE = timedelta(minutes=1)
# What one can still say when one accepts.
_SAID_LATER = frozenset({"answers"})
_NOT_THEIRS = frozenset({Kind.FORBIDDEN, Kind.NOT_FOUND, Kind.INVALID})


@dataclass(frozen=True, slots=True)
class Found:
    """Time that fits an entry, within all rules for its person at this moment."""

    entry: WaitingEntry
    resource_id: UUID
    judgement: Judgement

    @property
    def window(self) -> Window:
        """The time of the booking it would be."""
        return self.judgement.plan.window


@dataclass(slots=True)
class Board:
    """The calendars of some resources, while offers are made up.

    `apart` is what one entry is not offered: what its person has there, what it has declined.
    """

    now: datetime
    terms: Mapping[UUID, resources.terms.Terms]
    units: dict[UUID, list[resources.calendar.UnitHolds]]
    apart: dict[tuple[UUID, UUID], list[Window]]
    freed: Mapping[UUID, Sequence[Window]]
    actors: dict[UUID, Actor | None] = field(default_factory=dict)

    async def fit(self, session: AsyncSession, entry: WaitingEntry) -> Found | None:
        """The longest of the freed rooms that its person may book; the earliest of equals."""
        for resource_id in self._places(entry):
            windows = self._windows(entry, resource_id)
            for window in windows[:_ROOMS]:
                found = await self._allowed(session, entry, resource_id, window)
                if found is not None:
                    return found
        return None

    def take(self, found: Found, unit: int, holder_id: UUID) -> None:
        """Note that it is held from now on."""
        held = found.judgement.held
        for each in self.units[found.resource_id]:
            if each.number == unit:
                placed = resources.calendar.Placed(
                    each.id, unit, found.resource_id, held.starts_at, held.ends_at,
                    HoldKind.OFFER, holder_id,
                )  # fmt: skip
                each.holds.append(placed)

    def _places(self, entry: WaitingEntry) -> list[UUID]:
        return [
            resource_id
            for resource_id, terms in self.terms.items()
            if resource_id in self.freed
            and entry.resource_id in {None, resource_id}
            and entry.type_id in {None, terms.type_id}
        ]

    def _windows(self, entry: WaitingEntry, resource_id: UUID) -> list[Window]:
        terms = self.terms[resource_id]
        span = Window(max(entry.earliest_at, self.now + NOTICE), entry.latest_at)
        if span.ends_at <= span.starts_at:
            return []
        apart = self.apart.get((entry.id, resource_id), ())
        found = set[Window]()
        for room in rooms.rooms(terms, rooms.by_unit(self.units[resource_id]), span):
            if not any(_touches(room.window, freed) for freed in self.freed[resource_id]):
                continue
            for part in resources.hours.without(room.window, apart):
                window = rooms.longest(
                    terms, part, entry.min_minutes, entry.max_minutes, now=self.now
                )
                if window is not None:
                    found.add(window)
        return sorted(found, key=lambda one: (-one.minutes, one.starts_at))

    async def _allowed(
        self, session: AsyncSession, entry: WaitingEntry, resource_id: UUID, window: Window
    ) -> Found | None:
        """Its longest part from the start on that the rules allow: limits may want it shorter."""
        actor = await self._actor(session, entry.person_id)
        if actor is None or not actor.may(Permission.BOOKINGS_CREATE, resource_scope(resource_id)):
            return None
        terms = self.terms[resource_id]
        slot = terms.policy.slot_minutes or 1
        shortest, _ = rooms.lengths(terms, entry.min_minutes, entry.max_minutes)
        best = await self._judged(session, actor, entry, resource_id, window)
        longest = (round(window.minutes) - shortest) // slot
        if best is not None or longest < 1:
            return best

        async def shorter(steps: int) -> Found | None:
            ends = window.starts_at + (shortest + steps * slot) * _MINUTE
            part = Window(window.starts_at, ends)
            return await self._judged(session, actor, entry, resource_id, part)

        best = await shorter(0)
        low, high, tries = 1, longest - 1, 0
        # Limits grow stricter with length: what is left is halved until no step is open.
        while best is not None and low <= high and tries < _SHORTER:
            middle = (low + high) // 2
            found = await shorter(middle)
            low, high = (middle + 1, high) if found else (low, middle - 1)
            best, tries = found or best, tries + 1
        return best

    async def _judged(
        self,
        session: AsyncSession,
        actor: Actor,
        entry: WaitingEntry,
        resource_id: UUID,
        window: Window,
    ) -> Found | None:
        wish = wish_of(entry, resource_id, window)
        try:
            plan = await reservation.wished(session, actor, wish)
            (judgement,) = await judging.judge(session, actor, [plan], now=self.now)
        except DomainError as refusal:
            if refusal.kind not in _NOT_THEIRS:
                raise
            return None
        against = [each for each in judgement.refusals if _SAID_LATER.isdisjoint(each.place)]
        return None if against else Found(entry, resource_id, judgement)

    async def _actor(self, session: AsyncSession, person_id: UUID) -> Actor | None:
        if person_id not in self.actors:
            self.actors[person_id] = await accounts.actor_of_user(session, person_id)
        return self.actors[person_id]


async def load(
    session: AsyncSession,
    freed: Sequence[Freed],
    entries: Collection[WaitingEntry],
    *,
    now: datetime,
    with_lapsed: bool,
) -> Board:
    """The board of freed time for those who wait; `with_lapsed`: who let it lapse gets it again."""
    span = Window(now, max(entry.latest_at for entry in entries))
    by_resource: dict[UUID, list[Window]] = {}
    for resource_id, window in freed:
        by_resource.setdefault(resource_id, []).append(window)
    terms = await resources.terms.load(session, by_resource, around=span)
    units: dict[UUID, list[resources.calendar.UnitHolds]] = {id_: [] for id_ in terms}
    for unit in await resources.calendar.occupancy(session, by_resource, within=span):
        if unit.resource_id in units:
            units[unit.resource_id].append(replace(unit, holds=list(unit.holds)))
    apart = await repository.apart(session, entries, by_resource, now=now, with_lapsed=with_lapsed)
    return Board(now, terms, units, apart, by_resource)


def wish_of(entry: WaitingEntry, resource_id: UUID, window: Window) -> Wish:
    """What the entry would book."""
    return Wish(
        resource_id,
        window.starts_at,
        window.ends_at,
        title=entry.title,
        notes=entry.notes,
        team_id=entry.team_id,
        project_id=entry.project_id,
        answers=entry.answers or None,
    )


def _touches(room: Window, freed: Window) -> bool:
    return room.starts_at < freed.ends_at and freed.starts_at < room.ends_at
