"""Those invited to a booking: who they are, what they say, and whether they have time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor, Permission, forbidden
from src.core.language import gettext as _
from src.domain.accounts.tables import User
from src.domain.bookings import inviting, locking, policy, refusals, repository, rules, telling
from src.domain.bookings.errors import BookingNotFound, BookingStateConflict
from src.domain.bookings.parties.errors import AttendeeNotFound
from src.domain.bookings.parties.views import AttendeeView
from src.domain.bookings.plans import Window
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Attendee, Booking, Response
from src.domain.bookings.views import BookingView, Person, Wish

Answer = Literal["accepted", "tentative", "declined"]


async def list_(session: AsyncSession, actor: Actor, booking_id: UUID) -> list[AttendeeView]:
    """Those invited to a booking the actor may read, by name. Raises `BookingNotFound`.

    That somebody is busy then is told to those who may change the booking and to themselves.
    """
    found = await _known(session, actor, booking_id)
    if not policy.may_read(actor, found.booking):
        raise forbidden(Permission.BOOKINGS_READ_DETAILS)
    rows = (
        await session.execute(
            select(Attendee, User.name)
            .join(User, User.id == Attendee.user_id)
            .where(Attendee.booking_id == booking_id)
            .order_by(User.name, User.id)
        )
    ).all()
    booking = found.booking
    may_change = policy.may_change(actor, booking)
    asked = {row.user_id for row, _name in rows if may_change or row.user_id == actor.user_id}
    window = Window(booking.starts_at, booking.ends_at)
    busy = await occupied(session, asked, window, excluding=[booking_id])
    return [
        AttendeeView(
            Person(row.user_id, name),
            row.response,
            row.added_at,
            row.responded_at,
            is_busy=row.user_id in busy,
        )
        for row, name in rows
    ]


async def occupied(
    session: AsyncSession,
    people: Collection[UUID],
    window: Window,
    *,
    excluding: Collection[UUID] = (),
) -> set[UUID]:
    """Who of them has a booking, or comes to one, in the window."""
    if not people:
        return set()
    when = and_(
        repository.touches(window),
        repository.is_held(clock.now()),
        Booking.id.not_in(list(excluding)),
    )
    own = select(Booking.booked_for).where(Booking.booked_for.in_(people), when)
    comes = (
        select(Attendee.user_id)
        .join(Booking, Booking.id == Attendee.booking_id)
        .where(Attendee.user_id.in_(people), Attendee.response == Response.ACCEPTED, when)
    )
    return set(await session.scalars(own.union(comes)))


async def clashes(session: AsyncSession, actor: Actor, booking: BookingView) -> list[BookingView]:
    """The actor's other bookings, and those they come to, in the time of one."""
    now = clock.now()
    comes = select(Attendee.booking_id).where(
        Attendee.user_id == actor.user_id, Attendee.response == Response.ACCEPTED
    )
    which = and_(
        repository.touches(Window(booking.starts_at, booking.ends_at)),
        repository.is_held(now),
        Booking.id != booking.id,
        or_(Booking.booked_for == actor.user_id, Booking.id.in_(comes)),
    )
    return repository.views(actor, await repository.find(session, which), now=now)


async def waiting(session: AsyncSession, actor: Actor, *, most: int = 20) -> list[BookingView]:
    """What lies ahead and waits for the actor's answer, by start."""
    now = clock.now()
    asked = select(Attendee.booking_id).where(
        Attendee.user_id == actor.user_id, Attendee.response == Response.INVITED
    )
    wanted = (
        repository.whole()
        .where(Booking.id.in_(asked), Booking.starts_at > now, repository.is_held(now))
        .order_by(Booking.starts_at, Booking.id)
        .limit(most)
    )
    rows = await session.execute(wanted)
    return repository.views(actor, map(repository.of, rows), now=now)


async def add(
    session: AsyncSession, actor: Actor, booking_id: UUID, *, user_ids: Sequence[UUID]
) -> list[AttendeeView]:
    """Invite people; those invited already stay so.

    Raises `BookingNotFound`, `Forbidden`, `BookingStateConflict` (it is over), `BookingRefused`
    for people who are not here.
    """
    found = await _opened(session, actor, booking_id)
    booking = found.booking
    all_of_them = inviting.ids_of([*map(UUID, booking.attendee_ids), *user_ids], booking.booked_for)
    wish = Wish(
        booking.resource_id,
        booking.starts_at,
        booking.ends_at,
        attendees=tuple(map(UUID, all_of_them)),
    )
    new = [UUID(one) for one in all_of_them if one not in set(booking.attendee_ids)]
    unknown = set(new) - await inviting.known(session, new)
    if faults := inviting.faults(wish, unknown):
        raise await refusals.refused_at(session, actor, booking.resource_id, faults)
    if new:
        booking.attendee_ids = all_of_them
        now = clock.now()
        session.add_all(
            Attendee(booking_id=booking_id, user_id=one, response=Response.INVITED, added_at=now)
            for one in new
        )
        _record(session, actor, "booking.invited", booking_id, new)
        await session.flush()
        await telling.invite(session, actor, found, only=new)
    await session.flush()
    return await list_(session, actor, booking_id)


async def remove(
    session: AsyncSession, actor: Actor, booking_id: UUID, user_id: UUID
) -> list[AttendeeView]:
    """Take an invitation back.

    Raises `BookingNotFound`, `Forbidden`, `BookingStateConflict`, `AttendeeNotFound`.
    """
    found = await _opened(session, actor, booking_id)
    row = await _invited(session, booking_id, user_id)
    found.booking.attendee_ids = [one for one in found.booking.attendee_ids if one != str(user_id)]
    await session.delete(row)
    _record(session, actor, "booking.uninvited", booking_id, [user_id])
    if row.response is not Response.DECLINED:
        await telling.uninvite(session, actor, found, user_id)
    await session.flush()
    return await list_(session, actor, booking_id)


async def respond(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    *,
    answer: Answer,
    whole_series: bool = False,
) -> AttendeeView:
    """Say whether one comes; `whole_series` answers for all that lies ahead of it, too.

    A clash with one's own bookings is no obstacle, only told. Raises `BookingNotFound`,
    `AttendeeNotFound`, `BookingStateConflict` (it is over).
    """
    now = clock.now()
    found = await _known(session, actor, booking_id)
    booking = found.booking
    if actor.user_id is None or not policy.is_invited(actor, booking):
        raise AttendeeNotFound(_("You are not invited to this booking."))
    if actor.is_program:  # a key that was given reading alone answers nothing for its owner
        policy.require(actor, Permission.BOOKINGS_CREATE, booking.resource_id)
    _require_on(booking, now)
    ids_ = [booking_id]
    if whole_series and booking.series_id is not None:
        ids_ = await _of_series(session, actor.user_id, booking.series_id, now)
    rows = await session.scalars(
        select(Attendee)
        .where(Attendee.booking_id.in_(ids_), Attendee.user_id == actor.user_id)
        .order_by(Attendee.booking_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    changed, found_rows = False, rows.all()
    if booking_id not in {row.booking_id for row in found_rows}:  # taken back meanwhile
        raise AttendeeNotFound(_("You are not invited to this booking."))
    for row in found_rows:
        changed = changed or row.response != answer
        row.response, row.responded_at = Response(answer), now
    events.record(
        session,
        actor,
        "booking.answered",
        ("booking", booking_id),
        changes={"response": answer, "bookings": len(ids_)},
    )
    if changed:
        await telling.answered(session, actor, found, answer)
    await session.flush()
    mine = [
        one for one in await list_(session, actor, booking_id) if one.person.id == actor.user_id
    ]
    return mine[0]


async def _of_series(
    session: AsyncSession, user_id: UUID, series_id: UUID, now: datetime
) -> list[UUID]:
    wanted = (
        select(Booking.id)
        .join(Attendee, Attendee.booking_id == Booking.id)
        .where(
            Booking.series_id == series_id,
            Attendee.user_id == user_id,
            Booking.ends_at > now,
            repository.is_held(now),
        )
    )
    return list(await session.scalars(wanted))


async def _known(session: AsyncSession, actor: Actor, booking_id: UUID) -> Whole:
    which = and_(Booking.id == booking_id, policy.visible(actor))
    found = await repository.find(session, which)
    if not found:
        raise BookingNotFound(_("Choose one from the list of bookings."))
    return found[0]


async def _opened(session: AsyncSession, actor: Actor, booking_id: UUID) -> Whole:
    found = (await locking.open_(session, [booking_id])).get(booking_id)
    locking.require_change(actor, found, None, now=clock.now())
    if found is None:
        raise BookingNotFound(_("Choose one from the list of bookings."))
    return found


async def _invited(session: AsyncSession, booking_id: UUID, user_id: UUID) -> Attendee:
    row = await session.get(Attendee, (booking_id, user_id))
    if row is None:
        raise AttendeeNotFound(_("Choose one of those who are invited."))
    return row


def _require_on(booking: Booking, now: datetime) -> None:
    status = rules.status_at(booking, now)
    if status not in rules.HELD or booking.ends_at <= now:
        raise BookingStateConflict(
            _("It does not take place any more, so there is nothing to answer."),
            state=status.value,
            allowed=[],
        )


def _record(
    session: AsyncSession, actor: Actor, verb: str, booking_id: UUID, people: Sequence[UUID]
) -> None:
    changes = {"people": [str(one) for one in people]}
    events.record(session, actor, verb, ("booking", booking_id), changes=changes)
