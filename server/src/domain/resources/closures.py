"""Closures: times in which one, many or all resources cannot be booked.

A closure is a rule (`rules`) and a block on every unit it closes. The blocks are cut around
bookings that are kept; when such a booking goes, `heal` lets the block close over its time.
Which bookings a closure hits, and what becomes of them, is settled in `bookings.displacement`
before a closure is made here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission, forbidden, resource_scope
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.resources import access, calendar, listing, turns
from src.domain.resources.calendar_errors import BadClosure, ClosureNotFound, ClosureOver
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.hours import Window
from src.domain.resources.tables import (
    Closure,
    ClosureResource,
    HoldKind,
    Resource,
    ResourceState,
)
from src.domain.resources.terms import Terms


@dataclass(frozen=True, slots=True)
class ClosureWish:
    """A closure to be made. `resource_ids` None closes everything."""

    resource_ids: tuple[UUID, ...] | None
    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ClosureView:
    """A closure. `resource_ids` is empty when it closes everything."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str
    is_everything: bool
    resource_ids: tuple[UUID, ...]
    cancelled_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


async def create(session: AsyncSession, actor: Actor, *, wish: ClosureWish) -> Closure:
    """Write the closure down, without its blocks yet.

    Those follow by `lay` in the same transaction, when what it displaces has moved. Raises
    `BadClosure`, `ResourceNotFound`, `Forbidden`. Needs `closures:manage` for each resource, or
    everywhere to close everything.
    """
    _judge(wish)
    require(actor, wish.resource_ids)
    if wish.resource_ids is not None:
        known = set(
            await session.scalars(select(Resource.id).where(Resource.id.in_(wish.resource_ids)))
        )
        if unknown := [str(id_) for id_ in wish.resource_ids if id_ not in known]:
            raise ResourceNotFound(_("There is no resource %(id)s.", id=unknown[0]))
    closure = Closure(
        id=ids.new(),
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        reason=wish.reason.strip(),
        is_everything=wish.resource_ids is None,
        created_by=actor.user_id,
    )
    session.add(closure)
    await session.flush()
    session.add_all(
        ClosureResource(closure_id=closure.id, resource_id=resource_id)
        for resource_id in dict.fromkeys(wish.resource_ids or ())
    )
    events.record(
        session,
        actor,
        "closure.created",
        ("closure", closure.id),
        changes={
            "starts_at": wish.starts_at,
            "ends_at": wish.ends_at,
            "resource_ids": [str(id_) for id_ in wish.resource_ids or ()],
            "is_everything": closure.is_everything,
        },
        reason=closure.reason,
    )
    await session.flush()
    return closure


async def lay(session: AsyncSession, closure: Closure) -> None:
    """Put the closure's blocks on the calendar, cut around every booking that is there."""
    resource_ids = await affected(session, closure)
    pieces = [
        calendar.Piece(closure.id, HoldKind.BLOCK, resource_id, closure.starts_at, closure.ends_at)
        for resource_id in resource_ids
    ]
    await calendar.replace(session, pieces, holders={closure.id})


async def heal(session: AsyncSession, terms: Terms, freed: Window) -> None:
    """Let the closures of a resource close over the time a kept booking has left."""
    pieces = []
    for closure in terms.closures:
        if closure.window.overlaps(freed):
            starts = max(closure.window.starts_at, freed.starts_at)
            ends = min(closure.window.ends_at, freed.ends_at)
            pieces.append(
                calendar.Piece(closure.id, HoldKind.BLOCK, terms.resource_id, starts, ends)
            )
    if pieces:
        await calendar.replace(session, pieces, holders=())


async def affected(session: AsyncSession, closure: Closure) -> list[UUID]:
    """The resources it closes, in order of id. Retired ones need no closing."""
    if closure.is_everything:
        wanted = select(Resource.id).where(Resource.state != ResourceState.RETIRED)
    else:
        wanted = select(ClosureResource.resource_id).where(ClosureResource.closure_id == closure.id)
    return sorted(await session.scalars(wanted))


async def cancel(
    session: AsyncSession, actor: Actor, closure_id: UUID, *, expected_version: int | None = None
) -> ClosureView:
    """Open again what it closed, from now on.

    Raises `ClosureNotFound`, `ClosureOver` (it has ended or was cancelled before), `Forbidden`.
    """
    closure = await session.get(Closure, closure_id, with_for_update=True)
    if closure is None:
        raise ClosureNotFound(_("Choose one from the list of closures."))
    view = (await _views(session, [closure]))[0]
    require(actor, None if closure.is_everything else view.resource_ids)
    if expected_version not in {None, closure.version}:
        raise PreconditionFailed(_("Read the closure again."), version=closure.version)
    if closure.cancelled_at is not None or closure.ends_at <= clock.now():
        raise ClosureOver(_("There is nothing left to open."))
    opened = await affected(session, closure)
    await calendar.lock(session, opened)
    closure.cancelled_at = clock.now()
    await calendar.release(session, {closure.id})
    events.record(session, actor, "closure.cancelled", ("closure", closure.id))
    await session.flush()
    window = Window(closure.starts_at, closure.ends_at)
    await turns.opened(session, actor, [(resource_id, window) for resource_id in opened])
    return (await _views(session, [closure]))[0]


def visible(actor: Actor) -> ColumnElement[bool]:
    """The closures of what the actor may know of, and those of everything, as a SQL condition."""
    seen = exists().where(
        ClosureResource.closure_id == Closure.id,
        ClosureResource.resource_id == Resource.id,
        access.visible(actor),
    )
    return or_(Closure.is_everything, seen)


async def get(session: AsyncSession, actor: Actor, closure_id: UUID) -> ClosureView:
    """One closure. Raises `ClosureNotFound`."""
    wanted = select(Closure).where(Closure.id == closure_id, visible(actor))
    closure = await session.scalar(wanted)
    if closure is None or not actor.may_anywhere(Permission.RESOURCES_READ):
        raise ClosureNotFound(_("Choose one from the list of closures."))
    return (await _views(session, [closure]))[0]


async def view(session: AsyncSession, closure: Closure) -> ClosureView:
    """A closure as it is shown."""
    return (await _views(session, [closure]))[0]


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    resource_ids: Collection[UUID] = (),
    from_: datetime | None = None,
    to: datetime | None = None,
    paging: Paging | None = None,
) -> Page[ClosureView]:
    """Closures that were not cancelled, by start. `from_` and `to` bound the time they touch.

    Raises `Forbidden`.
    """
    wanted: Select[Any] = select(Closure).where(Closure.cancelled_at.is_(None), visible(actor))
    if not actor.may_anywhere(Permission.RESOURCES_READ):
        raise forbidden(Permission.RESOURCES_READ)
    if resource_ids:
        named = exists().where(
            ClosureResource.closure_id == Closure.id,
            ClosureResource.resource_id.in_(resource_ids),
        )
        wanted = wanted.where(or_(Closure.is_everything, named))
    if from_ is not None:
        wanted = wanted.where(Closure.ends_at > from_)
    if to is not None:
        wanted = wanted.where(Closure.starts_at < to)
    keys = [Key(Closure.starts_at, name="starts_at"), Key(Closure.id, name="id")]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.holding(await _views(session, page.items))


async def upcoming(
    session: AsyncSession, actor: Actor, resource_id: UUID, *, limit: int = 10
) -> list[ClosureView]:
    """The closures of one resource that run or lie ahead, by start. Raises `ResourceNotFound`."""
    await listing.require_visible(session, actor, resource_id)
    page = await list_(
        session,
        actor,
        resource_ids=[resource_id],
        from_=clock.now(),
        paging=Paging(limit=limit),
    )
    return page.items


def require(actor: Actor, resource_ids: Collection[UUID] | None) -> None:
    """Raise `Forbidden` unless the actor may close all of these (None: everything)."""
    scopes = [()] if resource_ids is None else [(resource_scope(id_),) for id_ in resource_ids]
    if not all(actor.may(Permission.CLOSURES_MANAGE, *scope) for scope in scopes):
        raise forbidden(Permission.CLOSURES_MANAGE)


def _judge(wish: ClosureWish) -> None:
    faults = []
    if wish.ends_at <= wish.starts_at:
        faults.append(("ends_at", "ends-before-start", _("The end must be after the start.")))
    elif wish.ends_at <= clock.now():
        faults.append(("ends_at", "in-the-past", _("This time is over.")))
    if not wish.reason.strip():
        faults.append(("reason", "missing", _("Say why, for everybody to read.")))
    elif len(wish.reason) > 500:
        faults.append(("reason", "too-long", _("At most %(limit)s characters.", limit=500)))
    if wish.resource_ids is not None and not wish.resource_ids:
        faults.append(("resource_ids", "missing", _("Name a resource, or close everything.")))
    if faults:
        raise BadClosure(
            faults[0][2],
            errors=tuple(FieldError((field,), code, detail) for field, code, detail in faults),
        )


async def _views(session: AsyncSession, closures: Collection[Closure]) -> list[ClosureView]:
    by_closure: dict[UUID, list[UUID]] = {closure.id: [] for closure in closures}
    if closures:
        rows = await session.execute(
            select(ClosureResource.closure_id, ClosureResource.resource_id)
            .where(ClosureResource.closure_id.in_(by_closure))
            .order_by(ClosureResource.resource_id)
        )
        for closure_id, resource_id in rows:
            by_closure[closure_id].append(resource_id)
    return [
        ClosureView(
            id=closure.id,
            starts_at=closure.starts_at,
            ends_at=closure.ends_at,
            reason=closure.reason,
            is_everything=closure.is_everything,
            resource_ids=tuple(by_closure[closure.id]),
            cancelled_at=closure.cancelled_at,
            version=closure.version,
            created_at=closure.created_at,
            updated_at=closure.updated_at,
        )
        for closure in closures
    ]
