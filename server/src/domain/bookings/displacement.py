"""Displacement: what becomes of bookings when a resource is closed or taken down.

Every booking that is hit is kept, moved or cancelled, by one choice each, in one transaction with
what displaces it. A booking that is kept stays as it is, and the closure is cut around it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor, Permission, forbidden, resource_scope
from src.core.errors import FieldError, Invalid
from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain import resources
from src.domain.bookings import attendance, changes, holds, locking, policy, repository, suggestions
from src.domain.bookings.errors import DisplacementNeeded, NotDown
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking
from src.domain.bookings.views import BookingView, Change, Suggestion
from src.domain.resources.tables import Effect, ResourceState

# Beyond this many bookings people choose without suggestions.
SUGGESTED = 50
_OUT = (ResourceState.DOWN, ResourceState.RETIRED)

Window = resources.hours.Window


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of a booking that is hit. A move names what changes; the rest stays."""

    action: Literal["keep", "move", "cancel"]
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    unit: int | None = None
    resource_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A booking in the way, and where it could go."""

    booking: BookingView
    suggestions: tuple[Suggestion, ...] = ()


async def hits(
    session: AsyncSession,
    actor: Actor,
    *,
    resource_ids: Collection[UUID] | None,
    starts_at: datetime,
    ends_at: datetime | None = None,
) -> list[Hit]:
    """The bookings that a closure (None: of everything) or a breakdown without end would hit.

    Needs `bookings:displace` for all of it. Raises `Forbidden`.
    """
    now = clock.now()
    _require(actor, resource_ids)
    found = await _hit(session, resource_ids, starts_at, ends_at, now)
    closed = Window(starts_at, ends_at) if ends_at is not None else None
    return await _with_suggestions(session, actor, found, resource_ids, closed, now)


async def close(
    session: AsyncSession,
    actor: Actor,
    *,
    wish: resources.closures.ClosureWish,
    choices: Mapping[UUID, Choice] | None = None,
) -> resources.closures.ClosureView:
    """Close resources for a time, and settle every booking this hits.

    Raises `DisplacementNeeded` with the bookings that have no choice yet, `BadClosure`,
    `Forbidden` (`closures:manage`; `bookings:displace` when bookings are hit), and for a move
    what `bookings.change` raises.
    """
    now = clock.now()
    closure = await resources.closures.create(session, actor, wish=wish)
    affected = await resources.closures.affected(session, closure)
    chosen = choices or {}
    await _lock(session, affected, chosen)
    found = await _hit(session, affected, wish.starts_at, wish.ends_at, now)
    closed = Window(wish.starts_at, wish.ends_at)
    await resources.turns.shut(session, actor, affected, closed, reason=wish.reason)
    await _settle(session, actor, found, chosen, wish.reason, now, closed=closed)
    await resources.closures.lay(session, closure)
    return await resources.closures.view(session, closure)


async def take_down(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    *,
    state: ResourceState,
    reason: str,
    choices: Mapping[UUID, Choice] | None = None,
    until: datetime | None = None,
) -> None:
    """Take a resource down or retire it, and settle the bookings it has from now on.

    With `until` only those that begin before it: the resource is expected back by then. Raises
    `DisplacementNeeded`, `Forbidden` (`resources:manage`; `bookings:displace` when bookings are
    hit), `ResourceNotFound`, and for a move what `bookings.change` raises.
    """
    if state not in _OUT:
        detail = _("Take it down or retire it; to bring it back there is another way.")
        raise Invalid(detail, errors=(FieldError(("state",), "bad-state", detail),))
    now, chosen = clock.now(), choices or {}
    await _lock(session, [resource_id], chosen)
    await resources.states.set_state(session, actor, resource_id, state=state, reason=reason)
    found = await _hit(session, [resource_id], now, until, now)
    await _settle(session, actor, found, chosen, reason, now)


async def take_down_utility(
    session: AsyncSession,
    actor: Actor,
    utility_id: UUID,
    *,
    reason: str,
    choices: Mapping[UUID, Choice] | None = None,
    until: datetime | None = None,
    expected_version: int | None = None,
) -> resources.utilities.UtilityView:
    """Let a utility fail with all that depends on it, and settle the bookings of what goes down.

    What is only degraded keeps its bookings. Raises as `take_down`, and `UtilityNotFound`,
    `UtilityStateConflict`, `PreconditionFailed`.
    """
    now, chosen = clock.now(), choices or {}
    utility = await resources.utilities.locked(session, actor, utility_id, expected_version)
    effects = await resources.utilities.effects_of(session, utility_id)
    await _lock(session, list(effects), chosen)
    await resources.utilities.take_down(session, actor, utility, reason=reason)
    down = [resource_id for resource_id, effect in effects.items() if effect is Effect.DOWN]
    found = await _hit(session, down, now, until, now)
    await _settle(session, actor, found, chosen, f"{utility.name}: {reason}", now)
    return await resources.utilities.get(session, actor, utility_id)


async def decide(
    session: AsyncSession, actor: Actor, resource_id: UUID, choices: Mapping[UUID, Choice]
) -> int:
    """Settle bookings of a resource that is down already; how many. The others stay as they are.

    Raises `Forbidden` (`bookings:displace`), `ResourceNotFound`, `NotDown`, and for a move what
    `bookings.change` raises.
    """
    _require(actor, [resource_id])
    now = clock.now()
    await _lock(session, [resource_id], choices)
    resource = await resources.get(session, actor, resource_id)
    if resource.state not in _OUT:
        raise NotDown(_("It can be used. Take it down first, or change the booking itself."))
    found = await _hit(session, [resource_id], now, None, now)
    decided = [each for each in found if each.booking.id in choices]
    await _settle(session, actor, decided, choices, resource.state_reason or "", now)
    return len(decided)


async def bring_back(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    *,
    state: ResourceState = ResourceState.AVAILABLE,
    reason: str | None = None,
) -> None:
    """Let a resource take bookings again. Raises `ResourceNotFound`, `Forbidden`."""
    if state not in {ResourceState.AVAILABLE, ResourceState.DEGRADED}:
        detail = _("It comes back as available or degraded.")
        raise Invalid(detail, errors=(FieldError(("state",), "bad-state", detail),))
    await resources.states.set_state(session, actor, resource_id, state=state, reason=reason)


async def _lock(
    session: AsyncSession, resource_ids: Sequence[UUID], choices: Mapping[UUID, Choice]
) -> None:
    """All calendars concerned at once: those closed and those bookings move to."""
    targets = {choice.resource_id for choice in choices.values() if choice.resource_id}
    await resources.calendar.lock(session, {*resource_ids, *targets})


async def _hit(
    session: AsyncSession,
    resource_ids: Collection[UUID] | None,
    starts_at: datetime,
    ends_at: datetime | None,
    now: datetime,
) -> list[Whole]:
    """Bookings whose hold, buffers included, touches the time."""
    day = timedelta(days=2)
    which = [repository.is_held(now), Booking.ends_at > max(starts_at - day, now)]
    if ends_at is not None:
        which.append(Booking.starts_at < ends_at + day)
    if resource_ids is not None:
        which.append(Booking.resource_id.in_(resource_ids))
    found = await repository.find(session, and_(*which))
    return [
        each
        for each in found
        if holds.held(each.booking).ends_at > starts_at
        and (ends_at is None or holds.held(each.booking).starts_at < ends_at)
    ]


async def _settle(
    session: AsyncSession,
    actor: Actor,
    found: Sequence[Whole],
    choices: Mapping[UUID, Choice],
    reason: str,
    now: datetime,
    *,
    closed: Window | None = None,
) -> None:
    if not found:
        return
    _require(actor, {each.booking.resource_id for each in found})
    undecided = [each for each in found if each.booking.id not in choices]
    if undecided:
        on = {each.booking.resource_id for each in undecided}
        listed = await _with_suggestions(session, actor, undecided, on, closed, now)
        raise DisplacementNeeded(
            ngettext(
                "A booking stands in the way: say whether it is kept, moved or cancelled.",
                "%(num)s bookings stand in the way: say for each whether it is kept, moved or"
                " cancelled.",
                len(undecided),
            ),
            hits=listed,
        )
    by_action: dict[str, list[Whole]] = {"keep": [], "move": [], "cancel": []}
    for each in found:
        by_action[choices[each.booking.id].action].append(each)
    for each in by_action["keep"]:
        subject = ("booking", each.booking.id)
        events.record(session, actor, "booking.kept", subject, reason=reason)
    opened = await locking.open_(session, [each.booking.id for each in by_action["cancel"]])
    if opened:
        await attendance.call_off(session, actor, list(opened.values()), now=now, reason=reason)
    moves = [
        Change(each.booking.id, _fields(each, choices[each.booking.id], actor, reason))
        for each in by_action["move"]
    ]
    if moves:
        places = {booking_id: ("choices", place) for place, booking_id in enumerate(choices)}
        await changes.perform(session, actor, moves, places=places, displaced=reason)


def _fields(found: Whole, choice: Choice, actor: Actor, reason: str) -> dict[str, Any]:
    target = choice.resource_id or found.booking.resource_id
    fields: dict[str, Any] = {
        name: value
        for name, value in (
            ("starts_at", choice.starts_at),
            ("ends_at", choice.ends_at),
            ("unit", choice.unit),
            ("resource_id", choice.resource_id),
        )
        if value is not None
    }
    if policy.may_override(actor, target):
        # Whoever has to make way is not refused for having had no notice.
        fields["override_reason"] = reason
    return fields


async def _with_suggestions(
    session: AsyncSession,
    actor: Actor,
    found: Sequence[Whole],
    resource_ids: Collection[UUID] | None,
    closed: Window | None,
    now: datetime,
) -> list[Hit]:
    asked = [
        suggestions.Asked(
            each.booking.resource_id,
            Window(each.booking.starts_at, each.booking.ends_at),
            each.booking.booked_for,
            excluding=frozenset({each.booking.id}),
            type_id=each.type_id,
        )
        for each in found[:SUGGESTED]
    ]
    shut = suggestions.Shut(None if resource_ids is None else frozenset(resource_ids), closed)
    fitting = await suggestions.search_many(session, actor, asked, now=now, shut=shut)
    return [
        Hit(
            repository.view(actor, each, now=now),
            tuple(fitting[place] if place < len(fitting) else ()),
        )
        for place, each in enumerate(found)
    ]


def _require(actor: Actor, resource_ids: Collection[UUID] | None) -> None:
    if resource_ids is None:
        if not actor.may(Permission.BOOKINGS_DISPLACE):
            raise forbidden(Permission.BOOKINGS_DISPLACE)
        return
    for resource_id in resource_ids:
        if not actor.may(Permission.BOOKINGS_DISPLACE, resource_scope(resource_id)):
            raise forbidden(Permission.BOOKINGS_DISPLACE)
