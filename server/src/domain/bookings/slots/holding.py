"""Keeping a free time for five minutes, while a form is filled."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM, Actor, Permission
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.domain import resources
from src.domain.accounts.tables import User
from src.domain.bookings import aftermath, judging, policy, refusals, reservation
from src.domain.bookings.plans import Judgement
from src.domain.bookings.slots.errors import SlotNotFound, TooManySlots
from src.domain.bookings.slots.views import SlotView
from src.domain.bookings.tables import SlotHold
from src.domain.bookings.views import ResourceRef, Wish
from src.domain.resources.tables import Hold, HoldKind, Resource, Unit

KEPT = timedelta(minutes=5)
MOST = 3
BATCH = 200
Window = resources.hours.Window


async def hold(
    session: AsyncSession,
    actor: Actor,
    *,
    resource_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    unit: int | None = None,
) -> SlotView:
    """Keep a time for the actor, who could book it so; three at most at once.

    What the resource asks at booking is answered when it is booked. Raises `TooManySlots`,
    `BookingRefused`, `BookingOverlaps`, `ResourceNotFound`, `Forbidden` (`bookings:create`).
    """
    policy.require(actor, Permission.BOOKINGS_CREATE, resource_id)
    if actor.user_id is None:
        raise Unauthenticated(_("Log in first: a time is kept for somebody."))
    now = clock.now()
    await _require_few(session, actor.user_id, now)
    await resources.calendar.lock(session, {resource_id})
    wish = Wish(resource_id, starts_at, ends_at, unit=unit)
    plan = replace(await reservation.wished(session, actor, wish), answers=None)
    (judgement,) = await judging.judge(session, actor, [plan], now=now)
    if judgement.refusals:
        raise await refusals.refusal(session, actor, judgement, now=now)
    expires = now + KEPT
    placed = await _place(session, actor, judgement, expires, now)
    slot = SlotHold(
        id=plan.id,
        person_id=actor.user_id,
        resource_id=resource_id,
        unit_id=placed.unit_id,
        starts_at=plan.window.starts_at,
        ends_at=plan.window.ends_at,
        expires_at=expires,
        created_at=now,
    )
    session.add(slot)
    await session.flush()
    terms = judgement.terms
    named = ResourceRef(resource_id, terms.name, terms.timezone)
    return _view(slot, named, placed.unit_number)


async def get(session: AsyncSession, actor: Actor, slot_id: UUID) -> SlotView:
    """A time the actor keeps. Raises `SlotNotFound`."""
    return (await _read(session, actor, slot_id))[1]


async def list_(session: AsyncSession, actor: Actor) -> list[SlotView]:
    """The times the actor keeps, those that lapse first before the others."""
    rows = await session.execute(
        _own(actor, clock.now()).order_by(SlotHold.expires_at, SlotHold.id)
    )
    return [_view(slot, ResourceRef(slot.resource_id, *named), unit) for slot, *named, unit in rows]


async def release(session: AsyncSession, actor: Actor, slot_id: UUID) -> None:
    """Give a time back before it lapses. Raises `SlotNotFound`."""
    slot, _seen = await _read(session, actor, slot_id)
    await resources.calendar.lock(session, {slot.resource_id})
    await _free(session, actor, [slot])


async def tidy(session: AsyncSession, *, limit: int = BATCH) -> int:
    """Forget slots that have lapsed, and let those have the time who wait for it; how many."""
    due = select(SlotHold).where(SlotHold.expires_at <= clock.now()).order_by(SlotHold.id)
    lapsed = list(await session.scalars(due.limit(limit)))
    await resources.calendar.lock(session, {slot.resource_id for slot in lapsed})
    await _free(session, SYSTEM, lapsed)
    return len(lapsed)


async def withdraw(
    session: AsyncSession, resource_ids: Collection[UUID], within: Window | None
) -> None:
    """Take back what is kept of time that closes (None: from now on, for good)."""
    wanted = select(SlotHold.id).where(SlotHold.resource_id.in_(resource_ids))
    if within is not None:
        wanted = wanted.where(
            SlotHold.starts_at < within.ends_at, SlotHold.ends_at > within.starts_at
        )
    ids = set(await session.scalars(wanted))
    if ids:
        await session.execute(delete(SlotHold).where(SlotHold.id.in_(ids)))
        await resources.calendar.release(session, ids)


async def _require_few(session: AsyncSession, person_id: UUID, now: datetime) -> None:
    """Two requests of one person stand in line here, so that they cannot both be the third."""
    await session.execute(
        select(User.id).where(User.id == person_id).with_for_update(key_share=True)
    )
    held = select(func.count()).where(SlotHold.person_id == person_id, SlotHold.expires_at > now)
    if (await session.scalar(held) or 0) >= MOST:
        raise TooManySlots(
            _("You keep %(most)s times already. Book one of them, or give it back.", most=MOST)
        )


async def _place(
    session: AsyncSession, actor: Actor, judgement: Judgement, expires: datetime, now: datetime
) -> resources.calendar.Placed:
    piece = replace(judgement.piece(), kind=HoldKind.SLOT, expires_at=expires)
    try:
        placed = await resources.calendar.replace(session, [piece], holders=())
    except resources.calendar.TimeTaken as taken:
        raise await refusals.overlap(session, actor, judgement, now=now) from taken
    return placed[piece.holder_id][0]


async def _free(session: AsyncSession, actor: Actor, slots: Collection[SlotHold]) -> None:
    if not slots:
        return
    ids = {slot.id for slot in slots}
    wanted = select(Hold.holder_id, Hold.starts_at, Hold.ends_at).where(Hold.holder_id.in_(ids))
    held = {
        row.holder_id: Window(row.starts_at, row.ends_at) for row in await session.execute(wanted)
    }
    left = [
        (slot.resource_id, held.get(slot.id, Window(slot.starts_at, slot.ends_at)))
        for slot in slots
    ]
    await session.execute(delete(SlotHold).where(SlotHold.id.in_(ids)))
    await resources.calendar.release(session, ids)
    await aftermath.follow(session, actor, [], left=left)


async def _read(session: AsyncSession, actor: Actor, slot_id: UUID) -> tuple[SlotHold, SlotView]:
    wanted = _own(actor, clock.now()).where(SlotHold.id == slot_id)
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise SlotNotFound(_("It was used or has lapsed. Hold the time again if it is free."))
    slot, name, timezone, unit = row
    return slot, _view(slot, ResourceRef(slot.resource_id, name, timezone), unit)


def _own(actor: Actor, now: datetime) -> Select[SlotHold, str, str, int]:
    return (
        select(SlotHold, Resource.name, Resource.timezone, Unit.number)
        .join(Resource, Resource.id == SlotHold.resource_id)
        .join(Unit, Unit.id == SlotHold.unit_id)
        .where(SlotHold.person_id == actor.user_id, SlotHold.expires_at > now)
    )


def _view(slot: SlotHold, resource: ResourceRef, unit: int) -> SlotView:
    return SlotView(
        slot.id, resource, unit, slot.starts_at, slot.ends_at, slot.expires_at, slot.created_at
    )
