"""Reading bookings: one, and lists."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, finding
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.paging import Page, Paging, paginate, sorted_by
from src.domain import approvals
from src.domain.bookings import policy, repository
from src.domain.bookings.errors import BookingNotFound
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import BookingView
from src.domain.resources.tables import Resource


@dataclass(frozen=True, slots=True)
class Filter:
    """Which bookings. `from_` and `to` bound the time they touch.

    `mine`: made by me or for me, or I am invited. `waiting`: requests that wait for a decision of
    whoever asks. `series_id` and `group_id`: what was booked together.
    """

    resource_ids: Collection[UUID] = ()
    statuses: Collection[Status] = ()
    from_: datetime | None = None
    to: datetime | None = None
    mine: bool = False
    q: str | None = None
    waiting: bool = False
    ids: Collection[UUID] | None = None
    series_id: UUID | None = None
    group_id: UUID | None = None


async def get(session: AsyncSession, actor: Actor, booking_id: UUID) -> BookingView:
    """One booking as the actor may see it. Raises `BookingNotFound`."""
    waiting = policy.waiting(actor, await approvals.electors_of(session, actor))
    # Whoever is asked about it may read it.
    which = and_(Booking.id == booking_id, or_(policy.visible(actor), waiting))
    found = await repository.find(session, which, waiting=waiting)
    if not found:
        raise BookingNotFound(_("Choose one from the list of bookings."))
    return repository.view(actor, found[0], now=clock.now())


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    which: Filter | None = None,
    sort: str | None = None,
    paging: Paging | None = None,
    electors: Sequence[approvals.Elector] | None = None,
) -> Page[BookingView]:
    """Bookings the actor may know of, by start unless `sort` says otherwise, in two statements.

    Sorts: starts_at, ends_at, created_at. Words (`q`) are looked for in what the actor may read
    only. `electors`, where they are known already (`approvals.electors_of`), save a statement.
    Raises `BadSort`, `BadCursor`.
    """
    now, which = clock.now(), which or Filter()
    if electors is None:
        electors = await approvals.electors_of(session, actor)
    waiting = policy.waiting(actor, electors)
    wanted = repository.whole(waiting)
    wanted = wanted.where(waiting if which.waiting else policy.visible(actor))
    wanted = _filtered(wanted, actor, which, now=now)
    columns = {
        "starts_at": Booking.starts_at,
        "ends_at": Booking.ends_at,
        "created_at": Booking.created_at,
    }
    keys = sorted_by(sort, columns, default="starts_at", unique=Booking.id)
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: repository.view(actor, repository.of(row), now=now))


def _filtered(
    wanted: Select[*tuple[Any, ...]], actor: Actor, which: Filter, *, now: datetime
) -> Select[*tuple[Any, ...]]:
    if which.ids is not None:
        wanted = wanted.where(Booking.id.in_(which.ids))
    if which.resource_ids:
        wanted = wanted.where(Booking.resource_id.in_(which.resource_ids))
    if which.statuses:
        wanted = wanted.where(repository.status_now(now).in_([s.value for s in which.statuses]))
    if which.from_ is not None:
        wanted = wanted.where(Booking.ends_at > which.from_)
    if which.to is not None:
        wanted = wanted.where(Booking.starts_at < which.to)
    if which.mine:
        own = or_(Booking.booked_by == actor.user_id, Booking.booked_for == actor.user_id)
        wanted = wanted.where(or_(own, policy.invited(actor)))
    if which.series_id is not None:
        wanted = wanted.where(Booking.series_id == which.series_id)
    if which.group_id is not None:
        wanted = wanted.where(Booking.group_id == which.group_id)
    if which.q and which.q.strip():
        spoken = finding.holding(which.q, Booking.title, Booking.notes, Resource.name)
        wanted = wanted.where(policy.readable(actor), spoken)
    return wanted
