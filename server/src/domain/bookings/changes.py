"""Changing bookings: one, or several that only make sense together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.errors import FieldError, Invalid
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import (
    aftermath,
    charging,
    holds,
    judging,
    locking,
    plans,
    refusals,
    repository,
    reservation,
    rules,
    telling,
    wishes,
)
from src.domain.bookings.errors import TooManyChanges
from src.domain.bookings.plans import Judgement
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import BookingView, Change, Wish

MOST = 500
Place = tuple[str | int, ...]
_PLACE = ("starts_at", "ends_at", "resource_id", "unit_id")


@dataclass(frozen=True, slots=True)
class _Step:
    """One change on its way: the booking as it is, the wish it shall become."""

    found: Whole
    wish: Wish
    place: Place

    @property
    def moves(self) -> bool:
        """Whether it takes another time or place; only then do the rules have a say."""
        booking, wish = self.found.booking, self.wish
        return (
            (booking.starts_at, booking.ends_at) != (wish.starts_at, wish.ends_at)
            or booking.resource_id != wish.resource_id
            or wish.unit not in {None, self.found.unit}
        )

    @property
    def draws_elsewhere(self) -> bool:
        """Whether it goes on another account; quotas have a say in that."""
        booking, wish = self.found.booking, self.wish
        return (booking.team_id, booking.project_id) != (wish.team_id, wish.project_id)

    @property
    def answers_change(self) -> bool:
        """Whether something else is answered to the resource's questions."""
        return (self.wish.answers or {}) != self.found.booking.answers


@dataclass(frozen=True, slots=True)
class _Move:
    """A new time or place that holds: what the rules said, and the unit it got."""

    judgement: Judgement
    unit_id: int


async def change(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> BookingView:
    """Change a booking; `changes` holds some of `wishes.FIELDS`, what is absent stays.

    A new time or place is judged exactly as a new booking is; a part of the time it has on the
    same unit only by the grid, the shortest length and the clock. Raises `BookingRefused`,
    `BookingOverlaps`, `BookingNotFound`, `BookingStateConflict` (it is over), `Forbidden`,
    `PreconditionFailed` when the version is not the expected one.
    """
    wanted = Change(booking_id, dict(changes), expected_version)
    return (await perform(session, actor, [wanted]))[0]


async def change_many(
    session: AsyncSession, actor: Actor, *, changes: Sequence[Change]
) -> list[BookingView]:
    """Change several bookings at once, all or none, so that two can swap their times.

    Raises as `change` does, and `TooManyChanges` beyond 500; the faults of rules name the place
    in the list.
    """
    if len(changes) > MOST:
        raise TooManyChanges(_("At most %(most)s bookings at once.", most=MOST))
    if len({change.booking_id for change in changes}) < len(changes):
        raise Invalid(
            _("Each booking may be changed once."),
            errors=(FieldError(("changes",), "duplicate", _("A booking stands here twice.")),),
        )
    places = {change.booking_id: ("changes", place) for place, change in enumerate(changes)}
    return await perform(session, actor, changes, places=places)


async def perform(
    session: AsyncSession,
    actor: Actor,
    changes: Sequence[Change],
    *,
    places: Mapping[UUID, Place] | None = None,
    displaced: str | None = None,
    is_told: bool = True,
) -> list[BookingView]:
    """The one way a booking changes.

    `places` says where in the input each change stands, `displaced` is the reason when a booking
    has to make way. Without `is_told` the caller tells its people, of all of it at once.
    """
    now = clock.now()
    steps = await _steps(session, actor, changes, places or {}, now, displaced is not None)
    moving = [step for step in steps if step.moves or step.draws_elsewhere]
    told = {step.found.booking.id for step in steps if step.moves}
    for step in steps:
        await _require_storable(session, actor, step)
    before = {step.found.booking.id: holds.freed(step.found.booking) for step in moving}
    moved = await _move(session, actor, moving, now, displaced) if moving else {}
    for step in steps:
        _write(session, actor, step, moved.get(step.found.booking.id), displaced)
    await session.flush()
    renewed = await _renewed(session, steps, moved)
    changed = [found for found in renewed if found.booking.id in moved]
    if changed:
        left = [before[step.found.booking.id] for step in moving]
        await aftermath.follow(session, actor, changed, left=left)
    if is_told:
        await _tell(session, actor, renewed, told, displaced)
    await session.flush()
    return repository.views(actor, renewed, now=now)


async def _steps(
    session: AsyncSession,
    actor: Actor,
    changes: Sequence[Change],
    places: Mapping[UUID, Place],
    now: datetime,
    is_displaced: bool,  # noqa: FBT001 - private, and passed on
) -> list[_Step]:
    for change_ in changes:
        wishes.require_known_fields(change_, places.get(change_.booking_id, ()))
    targets = {c.fields["resource_id"] for c in changes if c.fields.get("resource_id")}
    opened = await locking.open_(session, [c.booking_id for c in changes], also=targets)
    steps = []
    for change_ in changes:
        found = opened.get(change_.booking_id)
        locking.require_change(
            actor, found, change_.expected_version, now=now, is_displaced=is_displaced
        )
        if found is not None:
            place = places.get(change_.booking_id, ())
            steps.append(_Step(found, wishes.after(found, change_.fields), place))
    return steps


async def _move(
    session: AsyncSession,
    actor: Actor,
    moving: Sequence[_Step],
    now: datetime,
    displaced: str | None,
) -> dict[UUID, _Move]:
    """Judge the new times and places, and put them on the calendar together."""
    wanted = [
        reservation.replanned(step.wish, step.found, is_displaced=displaced is not None)
        for step in moving
    ]
    judged = await judging.judge(session, actor, wanted, now=now)
    for step, judgement in zip(moving, judged, strict=True):
        if judgement.refusals:
            raise await refusals.refusal(session, actor, judgement, now=now, at=step.place)
    ids = {judgement.plan.id for judgement in judged}
    try:
        placed = await resources.calendar.replace(
            session, [judgement.piece() for judgement in judged], holders=ids
        )
    except resources.calendar.TimeTaken as taken:
        missed = next(each for each in judged if each.plan.id in taken.holder_ids)
        at = next(step.place for step in moving if step.found.booking.id == missed.plan.id)
        raise await refusals.overlap(
            session, actor, missed, now=now, excluding=ids, at=at
        ) from taken
    for step, judgement in zip(moving, judged, strict=True):
        booking = step.found.booking
        if judgement.outcome == "confirmed" and booking.status is Status.REQUESTED:
            rules.transition(session, actor, booking, Status.CONFIRMED, now=now)
    return {
        judgement.plan.id: _Move(judgement, placed[judgement.plan.id][0].unit_id)
        for judgement in judged
    }


async def _require_storable(session: AsyncSession, actor: Actor, step: _Step) -> None:
    """Raise `BookingRefused` for an account that is not theirs, and for what nobody judges later."""
    booking = step.found.booking
    faults = await charging.faults(session, actor, step.wish, was=booking)
    if step.answers_change and booking.starts_at <= clock.now():
        message = _("It has begun: the answers stay as they are.")
        faults.append(plans.Violation("answers-fixed", message, False, {}, "answers"))
    if not step.moves and not step.draws_elsewhere:
        faults += plans.text_faults(wishes.texts(step.wish))
        if step.answers_change:
            faults += await judging.answer_faults(session, step.wish)
    if faults:
        raise await refusals.refused_at(
            session, actor, step.wish.resource_id, faults, at=step.place
        )


def _write(
    session: AsyncSession,
    actor: Actor,
    step: _Step,
    move: _Move | None,
    displaced: str | None,
) -> None:
    booking, wish = step.found.booking, step.wish
    old = {name: getattr(booking, name) for name in _PLACE}
    if move is not None:
        judgement = move.judgement
        booking.unit_id, booking.is_rival = move.unit_id, False  # it has a hold now
        booking.resource_id = judgement.plan.resource_id
        booking.starts_at = judgement.plan.window.starts_at
        booking.ends_at = judgement.plan.window.ends_at
        booking.buffer_before, booking.buffer_after = judgement.buffers
        booking.request_expires_at = judgement.request_expires_at
        if judgement.overridden:
            booking.override_reason = judgement.plan.override_reason
            reservation.record_override(session, actor, booking, judgement)
    changes: dict[str, Any] = {
        name: [value, getattr(booking, name)]
        for name, value in old.items()
        if getattr(booking, name) != value
    }
    said = {"title": wish.title, "notes": wish.notes, "answers": dict(wish.answers or {})}
    personal = {
        name: [getattr(booking, name), value]
        for name, value in said.items()
        if getattr(booking, name) != value
    }
    for name in ("team_id", "project_id"):
        if getattr(booking, name) != getattr(wish, name):
            changes[name] = [getattr(booking, name), getattr(wish, name)]
            setattr(booking, name, getattr(wish, name))
    for name in personal:
        setattr(booking, name, said[name])
    if changes or personal:
        events.record(
            session,
            actor,
            "booking.displaced" if displaced is not None else "booking.changed",
            ("booking", booking.id),
            changes=changes or {"texts": sorted(personal)},
            reason=displaced,
            personal=personal or None,
        )


async def _renewed(
    session: AsyncSession, steps: Sequence[_Step], moved: Mapping[UUID, _Move]
) -> list[Whole]:
    """The bookings with the names around them as they are now, in the order of the changes."""
    if not moved:
        return [step.found for step in steps]
    found = await repository.find(
        session, Booking.id.in_([step.found.booking.id for step in steps])
    )
    by_id = {each.booking.id: each for each in found}
    return [by_id[step.found.booking.id] for step in steps]


async def _tell(
    session: AsyncSession,
    actor: Actor,
    renewed: Sequence[Whole],
    moved: Collection[UUID],
    displaced: str | None,
) -> None:
    kind = "booking.changed" if displaced is None else "booking.displaced"
    for found in renewed:
        if found.booking.id in moved:
            await telling.tell(session, actor, found, kind, reason=displaced)
