"""The SQL of waiting lists."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import reach
from src.core.actor import Actor, Permission
from src.domain import resources
from src.domain.accounts.tables import User
from src.domain.bookings import repository
from src.domain.bookings.tables import Booking, Offer, OfferState, WaitingEntry, WaitingState
from src.domain.bookings.views import Person, ResourceRef
from src.domain.bookings.waiting.views import EntryView, OfferView
from src.domain.resources.tables import Hold, Resource, ResourceType, Unit

Window = resources.hours.Window

ON = (WaitingState.WAITING, WaitingState.OFFERED)
IN_ORDER = (
    WaitingEntry.rank,
    WaitingEntry.lapses,
    WaitingEntry.created_at,
    WaitingEntry.id,
)
"""Who is served first: by rank, then who has let fewer offers lapse, then who came first."""

_Asked, _Held = aliased(Resource), aliased(Resource)


async def waiting_for(
    session: AsyncSession,
    freed: Collection[tuple[UUID, Window]],
    *,
    now: datetime,
    limit: int,
    lock: bool = True,
) -> list[tuple[WaitingEntry, Offer | None]]:
    """The entries that some of the freed time could serve, in order, each with its open offer.

    With `lock` nobody else serves or ends them until this transaction ends.
    """
    on = {resource_id for resource_id, _ in freed}
    types = select(Resource.type_id).where(Resource.id.in_(on))
    first = min(window.starts_at for _, window in freed)
    last = max(window.ends_at for _, window in freed)
    wanted = (
        select(WaitingEntry, Offer)
        .outerjoin(Offer, and_(Offer.entry_id == WaitingEntry.id, Offer.state == OfferState.OPEN))
        .where(
            WaitingEntry.state.in_(ON),
            or_(WaitingEntry.resource_id.in_(on), WaitingEntry.type_id.in_(types)),
            WaitingEntry.latest_at > max(first, now),
            WaitingEntry.earliest_at < last,
        )
        .order_by(*IN_ORDER)
        .limit(limit)
    )
    if lock:
        wanted = wanted.with_for_update(of=WaitingEntry)
    rows = await session.execute(wanted.execution_options(populate_existing=True))
    return [(entry, offer) for entry, offer in rows]


async def apart(
    session: AsyncSession,
    entries: Collection[WaitingEntry],
    resource_ids: Collection[UUID],
    *,
    now: datetime,
    with_lapsed: bool,
) -> dict[tuple[UUID, UUID], list[Window]]:
    """What entries are not offered, by entry and resource.

    That is what their people hold there already, what is offered to them there, what the entry
    has declined, and unless `with_lapsed` what it let lapse. Two statements.
    """
    people = {entry.person_id for entry in entries}
    found: dict[tuple[UUID, UUID], list[Window]] = {}
    mine = await session.execute(
        select(Booking.booked_for, Booking.resource_id, Booking.starts_at, Booking.ends_at).where(
            Booking.resource_id.in_(resource_ids),
            Booking.booked_for.in_(people),
            Booking.ends_at > now,
            repository.is_held(now),
        )
    )
    theirs = [*mine]
    closed = {OfferState.DECLINED} if with_lapsed else {OfferState.DECLINED, OfferState.LAPSED}
    offered = await session.execute(
        select(
            WaitingEntry.person_id, Offer.resource_id, Offer.starts_at, Offer.ends_at,
            Offer.entry_id, Offer.state, Offer.expires_at,
        )
        .join(WaitingEntry, WaitingEntry.id == Offer.entry_id)
        .where(
            Offer.resource_id.in_(resource_ids),
            Offer.ends_at > now,
            WaitingEntry.person_id.in_(people),
            Offer.state.in_({OfferState.OPEN, *closed}),
        )
    )  # fmt: skip
    answered = []
    for person_id, resource_id, starts, ends, entry_id, state, expires in offered:
        if state is OfferState.OPEN and expires > now:
            theirs.append((person_id, resource_id, starts, ends))
        elif state in closed or not with_lapsed:
            answered.append((entry_id, resource_id, Window(starts, ends)))
    for entry in entries:
        for person_id, resource_id, starts, ends in theirs:
            if person_id == entry.person_id:
                found.setdefault((entry.id, resource_id), []).append(Window(starts, ends))
    for entry_id, resource_id, window in answered:
        found.setdefault((entry_id, resource_id), []).append(window)
    return found


async def offer(
    session: AsyncSession, offer_id: UUID, *, lock: bool = False
) -> tuple[Offer, WaitingEntry] | None:
    """An offer and whose it is; with `lock` as they are now, until this transaction ends."""
    wanted = (
        select(Offer, WaitingEntry)
        .join(WaitingEntry, WaitingEntry.id == Offer.entry_id)
        .where(Offer.id == offer_id)
    )
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = (await session.execute(wanted)).one_or_none()
    return (row[0], row[1]) if row is not None else None


async def offers_on(
    session: AsyncSession, which: ColumnElement[bool], *, limit: int
) -> list[tuple[Offer, WaitingEntry]]:
    """Offers with their entries, by id, locked."""
    rows = await session.execute(
        select(Offer, WaitingEntry)
        .join(WaitingEntry, WaitingEntry.id == Offer.entry_id)
        .where(which)
        .order_by(Offer.id)
        .limit(limit)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [(made, entry) for made, entry in rows]


async def reference(session: AsyncSession, resource_id: UUID) -> ResourceRef:
    """A resource by its name."""
    wanted = select(Resource.id, Resource.name, Resource.timezone)
    row = (await session.execute(wanted.where(Resource.id == resource_id))).one()
    return ResourceRef(row.id, row.name, row.timezone)


def is_managed(actor: Actor) -> ColumnElement[bool]:
    """The entries of what the actor looks after."""
    columns: reach.Columns = {"resource": WaitingEntry.resource_id}
    return reach.within(actor, Permission.BOOKINGS_MANAGE, columns)


def visible(actor: Actor) -> ColumnElement[bool]:
    """One's own entries, and those of what one looks after."""
    return or_(own(actor), is_managed(actor))


def own(actor: Actor) -> ColumnElement[bool]:
    """One's own entries; a key bound to a microscope is not told of the others."""
    if actor.user_id is None:
        return false()
    theirs = WaitingEntry.person_id == actor.user_id
    if not actor.is_program:
        return theirs
    columns: reach.Columns = {"resource": WaitingEntry.resource_id}
    return and_(theirs, reach.within(actor, Permission.BOOKINGS_READ, columns))


def entries() -> Select[*tuple[Any, ...]]:
    """Entries with the names around them and their open offer; read rows by `entry_of`."""
    before = aliased(WaitingEntry)
    is_same = or_(
        before.resource_id == WaitingEntry.resource_id, before.type_id == WaitingEntry.type_id
    )
    is_before = or_(
        before.rank < WaitingEntry.rank,
        and_(
            before.rank == WaitingEntry.rank,
            or_(
                before.lapses < WaitingEntry.lapses,
                and_(
                    before.lapses == WaitingEntry.lapses,
                    or_(
                        before.created_at < WaitingEntry.created_at,
                        and_(
                            before.created_at == WaitingEntry.created_at,
                            before.id < WaitingEntry.id,
                        ),
                    ),
                ),
            ),
        ),
    )
    ahead = (
        select(func.count())
        .select_from(before)
        .where(
            is_same,
            before.state.in_(ON),
            before.earliest_at < WaitingEntry.latest_at,
            before.latest_at > WaitingEntry.earliest_at,
            is_before,
        )
        .correlate(WaitingEntry)
        .scalar_subquery()
    )
    return (
        select(
            WaitingEntry, User.name, _Asked.name, _Asked.timezone, ResourceType.name,
            Offer, _Held.name, _Held.timezone, Unit.number, ahead,
        )
        .join(User, User.id == WaitingEntry.person_id)
        .outerjoin(_Asked, _Asked.id == WaitingEntry.resource_id)
        .outerjoin(ResourceType, ResourceType.id == WaitingEntry.type_id)
        .outerjoin(
            Offer, and_(Offer.entry_id == WaitingEntry.id, Offer.state == OfferState.OPEN)
        )
        .outerjoin(_Held, _Held.id == Offer.resource_id)
        .outerjoin(Unit, Unit.id == Offer.unit_id)
    )  # fmt: skip


def entry_of(row: Iterable[Any], *, now: datetime) -> EntryView:
    """What stands in a row of `entries`."""
    entry, person, asked, asked_zone, type_name, made, held, held_zone, unit, ahead = row
    seen = None
    if made is not None and made.expires_at > now:
        resource = ResourceRef(made.resource_id, held, held_zone)
        seen = offer_view(made, entry, resource, unit, now=now)
    state = entry.state
    if state in ON and entry.latest_at <= now:
        state = WaitingState.EXPIRED
    elif state is WaitingState.OFFERED and seen is None:
        state = WaitingState.WAITING
    return EntryView(
        id=entry.id,
        person=Person(entry.person_id, person),
        resource=ResourceRef(entry.resource_id, asked, asked_zone) if asked else None,
        type=Person(entry.type_id, type_name) if type_name else None,
        earliest_at=entry.earliest_at,
        latest_at=entry.latest_at,
        min_minutes=entry.min_minutes,
        max_minutes=entry.max_minutes,
        rank=entry.rank,
        title=entry.title,
        notes=entry.notes,
        team_id=entry.team_id,
        project_id=entry.project_id,
        answers=entry.answers,
        state=state,
        lapses=entry.lapses,
        ended_at=entry.ended_at,
        version=entry.version,
        created_at=entry.created_at,
        updated_at=entry.updated_at,
        offer=seen,
        ahead=ahead if state in ON else 0,
    )


def offers() -> Select[*tuple[Any, ...]]:
    """Offers with the names around them; read rows by `offer_of`."""
    return (
        select(Offer, WaitingEntry, Resource.name, Resource.timezone, Unit.number)
        .join(WaitingEntry, WaitingEntry.id == Offer.entry_id)
        .join(Resource, Resource.id == Offer.resource_id)
        .join(Unit, Unit.id == Offer.unit_id)
    )


def offer_of(row: Iterable[Any], *, now: datetime) -> OfferView:
    """What stands in a row of `offers`."""
    made, entry, name, zone, unit = row
    return offer_view(made, entry, ResourceRef(made.resource_id, name, zone), unit, now=now)


def offer_view(
    made: Offer, entry: WaitingEntry, resource: ResourceRef, unit: int, *, now: datetime
) -> OfferView:
    """An offer as it counts now."""
    is_lapsed = made.state is OfferState.OPEN and made.expires_at <= now
    return OfferView(
        id=made.id,
        entry_id=made.entry_id,
        resource=resource,
        unit=unit,
        starts_at=made.starts_at,
        ends_at=made.ends_at,
        expires_at=made.expires_at,
        state=OfferState.LAPSED if is_lapsed else made.state,
        booking_id=made.booking_id,
        version=made.version,
        created_at=made.created_at,
        updated_at=made.updated_at,
        title=entry.title,
    )


async def all_waiting(session: AsyncSession, *, now: datetime, limit: int) -> list[WaitingEntry]:
    """Those who wait without an offer, in order, without a lock."""
    wanted = (
        select(WaitingEntry)
        .where(WaitingEntry.state == WaitingState.WAITING, WaitingEntry.latest_at > now)
        .order_by(*IN_ORDER)
        .limit(limit)
    )
    return list(await session.scalars(wanted))


async def places_of(session: AsyncSession, entries: Collection[WaitingEntry]) -> list[UUID]:
    """The resources that could serve these entries, in order of id."""
    named = {entry.resource_id for entry in entries if entry.resource_id}
    types = {entry.type_id for entry in entries if entry.type_id}
    wanted = select(Resource.id).where(or_(Resource.id.in_(named), Resource.type_id.in_(types)))
    return list(await session.scalars(wanted.order_by(Resource.id)))


async def held(session: AsyncSession, made: Offer) -> Window:
    """What an offer holds, buffers included; its own time where the hold is gone already."""
    wanted = select(Hold.starts_at, Hold.ends_at).where(Hold.holder_id == made.id)
    row = (await session.execute(wanted)).one_or_none()
    return Window(*row) if row else Window(made.starts_at, made.ends_at)


async def open_offer(session: AsyncSession, entry_id: UUID) -> Offer | None:
    """The open offer of an entry."""
    wanted = select(Offer).where(Offer.entry_id == entry_id, Offer.state == OfferState.OPEN)
    return await session.scalar(wanted)


async def lock_calendars(session: AsyncSession, entry_ids: Collection[UUID]) -> None:
    """Lock the calendars that entries name and have offers on: before the entries, as everywhere."""
    rows = await session.execute(
        select(WaitingEntry.resource_id, Offer.resource_id)
        .outerjoin(Offer, and_(Offer.entry_id == WaitingEntry.id, Offer.state == OfferState.OPEN))
        .where(WaitingEntry.id.in_(entry_ids))
    )
    await resources.calendar.lock(session, {each for row in rows for each in row if each})


async def names_of(session: AsyncSession, entries: Collection[WaitingEntry]) -> dict[UUID, str]:
    """What the entries wait for, by name."""
    if not entries:
        return {}
    rows = await session.execute(
        select(WaitingEntry.id, func.coalesce(Resource.name, ResourceType.name))
        .outerjoin(Resource, Resource.id == WaitingEntry.resource_id)
        .outerjoin(ResourceType, ResourceType.id == WaitingEntry.type_id)
        .where(WaitingEntry.id.in_([entry.id for entry in entries]))
    )
    return {entry_id: name for entry_id, name in rows}  # noqa: C416 - rows are not pairs to mypy
