"""Changing bookings: one, or several that only make sense together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor, Permission, forbidden
from src.core.errors import DatabaseBusy, FieldError, Invalid, PreconditionFailed
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import plans, policy, repository, reservation, rules, telling
from src.domain.bookings.errors import BookingNotFound, BookingStateConflict, TooManyChanges
from src.domain.bookings.plans import Judgement
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import BookingView, Change, Wish

FIELDS = frozenset(
    {
        "starts_at",
        "ends_at",
        "title",
        "notes",
        "unit",
        "resource_id",
        "team_id",
        "override_reason",
    }
)
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
    """Change a booking; `changes` holds some of `FIELDS`, what is absent stays.

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
) -> list[BookingView]:
    """The one way a booking changes.

    `places` says where in the input each change stands, `displaced` is the reason when a booking
    has to make way.
    """
    now = clock.now()
    steps = await _steps(session, actor, changes, places or {}, now, displaced is not None)
    moving = [step for step in steps if step.moves]
    for step in steps:
        await _require_storable(session, actor, step)
    before = {step.found.booking.id: freed(step.found.booking) for step in moving}
    moved = await _move(session, actor, moving, now, displaced) if moving else {}
    for step in steps:
        _write(session, actor, step, moved.get(step.found.booking.id), displaced)
    await session.flush()
    await heal(session, [before[step.found.booking.id] for step in moving])
    renewed = await _renewed(session, steps, moved)
    await _tell(session, actor, renewed, moved, displaced)
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
        _require_known_fields(change_, places.get(change_.booking_id, ()))
    targets = {c.fields["resource_id"] for c in changes if c.fields.get("resource_id")}
    opened = await open_(session, [c.booking_id for c in changes], also=targets)
    steps = []
    for change_ in changes:
        found = opened.get(change_.booking_id)
        require_change(actor, found, change_.expected_version, now=now, is_displaced=is_displaced)
        if found is not None:
            place = places.get(change_.booking_id, ())
            steps.append(_Step(found, _wish(found, change_.fields), place))
    return steps


def _require_known_fields(change_: Change, place: Place) -> None:
    if unknown := change_.fields.keys() - FIELDS:
        raise Invalid(
            _("These fields cannot be changed."),
            errors=tuple(
                FieldError((*place, name), "unknown-field", _("It cannot be changed."))
                for name in sorted(unknown)
            ),
        )


async def lock(
    session: AsyncSession, booking_ids: Collection[UUID], *, resource_ids: Collection[UUID] = ()
) -> None:
    """Lock the calendars that bookings are on, and others, at once.

    Whoever makes several changes one by one begins with this: taken one after the other in an
    order of their own, two such locks could wait for each other for ever.
    """
    on = await repository.resources_of(session, booking_ids)
    await resources.calendar.lock(session, {*on.values(), *resource_ids})


async def open_(
    session: AsyncSession, ids: Sequence[UUID], *, also: set[UUID] | None = None
) -> dict[UUID, Whole]:
    """Bookings, locked behind the calendars they are on: resources first, in order of id.

    `also` locks further resources with them. Those that do not exist are missing in the answer.
    """
    on = await repository.resources_of(session, ids)
    await resources.calendar.lock(session, {*on.values(), *(also or ())})
    found = await repository.find(session, Booking.id.in_(on), lock=True)
    if any(each.booking.resource_id != on[each.booking.id] for each in found):
        # It moved between the look and the lock: the caller comes again.
        raise DatabaseBusy(_("Repeat the request in a second."), retry_after=1)
    return {each.booking.id: each for each in found}


def require_change(
    actor: Actor,
    found: Whole | None,
    expected_version: int | None,
    *,
    now: datetime,
    is_displaced: bool = False,
) -> None:
    """Raise unless the actor may change the booking, knows its latest version, and it is on."""
    require_known(actor, found, expected_version)
    if found is None:
        return
    if not is_displaced and not policy.may_change(actor, found.booking):
        raise forbidden(Permission.BOOKINGS_MANAGE)
    status = rules.status_at(found.booking, now)
    if status not in rules.HELD or found.booking.ends_at <= now:
        detail = _("The booking is over: it cannot be changed.")
        if status not in rules.HELD:
            said = rules.word(status)
            detail = _("The booking is %(status)s: it cannot be changed.", status=said)
        raise BookingStateConflict(detail, state=status.value, allowed=[])


def require_known(actor: Actor, found: Whole | None, expected_version: int | None) -> None:
    """Raise `BookingNotFound`, or `PreconditionFailed` when it is not the version expected."""
    if found is None or not policy.may_know(actor, found.booking):
        raise BookingNotFound(_("Choose one from the list of bookings."))
    if expected_version not in {None, found.booking.version}:
        raise PreconditionFailed(
            _("Read the booking again, then repeat the change."), version=found.booking.version
        )


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
    judged = await plans.judge(session, actor, wanted, now=now)
    for step, judgement in zip(moving, judged, strict=True):
        if judgement.refusals:
            raise await plans.refusal(session, actor, judgement, now=now, at=step.place)
    ids = {judgement.plan.id for judgement in judged}
    try:
        placed = await resources.calendar.replace(
            session, [judgement.piece() for judgement in judged], holders=ids
        )
    except resources.calendar.TimeTaken as taken:
        missed = next(each for each in judged if each.plan.id in taken.holder_ids)
        at = next(step.place for step in moving if step.found.booking.id == missed.plan.id)
        raise await plans.overlap(session, actor, missed, now=now, excluding=ids, at=at) from taken
    for step, judgement in zip(moving, judged, strict=True):
        booking = step.found.booking
        if judgement.outcome == "confirmed" and booking.status is Status.REQUESTED:
            rules.transition(session, actor, booking, Status.CONFIRMED, now=now)
    return {
        judgement.plan.id: _Move(judgement, placed[judgement.plan.id][0].unit_id)
        for judgement in judged
    }


async def _require_storable(session: AsyncSession, actor: Actor, step: _Step) -> None:
    """Raise `BookingRefused` for a team that is not theirs, and for texts nobody judges later."""
    faults: list[plans.Violation] = []
    if step.wish.team_id != step.found.booking.team_id:
        faults += await reservation.team_faults(session, actor, step.wish)
    if not step.moves:
        faults += plans.text_faults(reservation.texts(step.wish))
    if faults:
        raise await plans.refused_at(session, actor, step.wish.resource_id, faults, at=step.place)


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
        booking.unit_id = move.unit_id
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
    personal = {
        name: [getattr(booking, name), getattr(wish, name)]
        for name in ("title", "notes")
        if getattr(booking, name) != getattr(wish, name)
    }
    if booking.team_id != wish.team_id:
        changes["team_id"] = [booking.team_id, wish.team_id]
    booking.title, booking.notes, booking.team_id = wish.title, wish.notes, wish.team_id
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


def _wish(found: Whole, fields: Mapping[str, Any]) -> Wish:
    booking = found.booking
    return Wish(
        resource_id=fields.get("resource_id") or booking.resource_id,
        starts_at=fields.get("starts_at") or booking.starts_at,
        ends_at=fields.get("ends_at") or booking.ends_at,
        title=_text(fields, "title", booking.title),
        notes=_text(fields, "notes", booking.notes),
        unit=fields.get("unit"),
        team_id=fields.get("team_id", booking.team_id),
        booked_for=booking.booked_for,
        override_reason=fields.get("override_reason"),
    )


def _text(fields: Mapping[str, Any], name: str, now: str) -> str:
    """A text of the change; null clears it."""
    return (fields[name] or "") if name in fields else now


def held(booking: Booking) -> plans.Window:
    """What a booking keeps others out of: its time and the buffers it was made with."""
    return plans.Window(booking.starts_at, booking.ends_at).widened(
        before=booking.buffer_before, after=booking.buffer_after
    )


def freed(booking: Booking) -> tuple[UUID, plans.Window]:
    """What a booking that goes leaves behind: where, and when."""
    return booking.resource_id, held(booking)


async def heal(session: AsyncSession, left: Sequence[tuple[UUID, plans.Window]]) -> None:
    """Let closures close over the time that bookings have left; most have none around."""
    if not left:
        return
    around = plans.Window(
        min(window.starts_at for _, window in left), max(window.ends_at for _, window in left)
    )
    ids = {resource_id for resource_id, _ in left}
    terms = await resources.terms.load(session, ids, around=around)
    for resource_id, window in left:
        await resources.closures.heal(session, terms[resource_id], window)


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
    moved: Mapping[UUID, _Move],
    displaced: str | None,
) -> None:
    kind = "booking.changed" if displaced is None else "booking.displaced"
    for found in renewed:
        if found.booking.id in moved:
            await telling.tell(session, actor, found, kind, reason=displaced)
