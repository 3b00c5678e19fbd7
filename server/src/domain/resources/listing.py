"""Resources as readers see them: found, in pages, with when each is free next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, literal, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.db import UTCDateTime
from src.core.language import gettext as _
from src.core.paging import Page, Paging, paginate, sorted_by
from src.domain import files
from src.domain.resources import access, availability, calendar, repository, terms
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.hours import Window
from src.domain.resources.tables import Resource, ResourceState
from src.domain.resources.views import LocationRef, Reference, ResourceView

SORTS = {
    "name": Resource.name,
    "created_at": Resource.created_at,
    "updated_at": Resource.updated_at,
}
BY_NEXT_FREE = "next_free_at"
# What is free now comes first; what is not within two weeks, or takes no bookings, comes last.
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)
FIRST_PAGE = Paging()


@dataclass(frozen=True, slots=True)
class Free:
    """A resource that is free, until when, and the next round time a booking could begin at."""

    resource: ResourceView
    until: datetime
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class FreeNow:
    """The first of what is free, and how many are in all."""

    items: tuple[Free, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A resource with what could be booked of it.

    `until`: it is free now, and so long; None where it is not. `starts_at`: the first round time
    within two weeks at which a booking may begin.
    """

    resource: ResourceView
    until: datetime | None
    starts_at: datetime | None


class Filters(TypedDict, total=False):
    """What a list of resources can be narrowed to; several values of one filter are alternatives.

    `q`: every word stands in name, description, type, place or tags. `location_ids` include what
    lies below. Without `states`, retired ones are left out. `tags`: all of them. `free_at`: the
    shortest booking could begin at that instant; `is_free_now`: at this one.
    """

    q: str | None
    type_ids: Sequence[UUID] | None
    location_ids: Sequence[UUID] | None
    states: Sequence[ResourceState] | None
    tags: Sequence[str] | None
    free_at: datetime | None
    is_free_now: bool


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    sort: str | None = None,
    paging: Paging = FIRST_PAGE,
    **filters: Unpack[Filters],
) -> Page[ResourceView]:
    """The resources the actor may see, by name unless `sort` says otherwise.

    Sorts: name, created_at, updated_at, next_free_at. Three statements whatever the length, one
    more with a page number.
    Raises `Forbidden`, `BadSort`, `BadCursor`.
    """
    page, seen, now = await _listed(session, actor, sort, paging, filters)
    return page.holding(_views(page.items, seen, now))


async def offers(
    session: AsyncSession,
    actor: Actor,
    *,
    sort: str | None = None,
    paging: Paging = FIRST_PAGE,
    **filters: Unpack[Filters],
) -> Page[Offer]:
    """What `list_` gives, each with until when it is free and when a booking could begin."""
    page, seen, now = await _listed(session, actor, sort, paging, filters)
    return page.holding([seen.offer(view, now) for view in _views(page.items, seen, now)])


async def _listed(
    session: AsyncSession, actor: Actor, sort: str | None, paging: Paging, filters: Filters
) -> tuple[Page[Any], _Seen, datetime]:
    access.require_read(actor)
    now = clock.now()
    statement = repository.listing().where(access.visible(actor))
    statement = _narrowed(session, statement, filters)
    seen: _Seen | None = None
    at = now if filters.get("is_free_now") else filters.get("free_at")
    is_by_next_free = BY_NEXT_FREE in (sort or "")
    if at or is_by_next_free:
        which = _matching(statement) if is_by_next_free else _bookable(actor)
        seen = await _seen(session, which, [now, at or now])
    if at and seen:
        statement = statement.where(Resource.id.in_(_free_at(seen, at)))
    sorts = {**SORTS, BY_NEXT_FREE: _next_free(seen, now) if is_by_next_free and seen else null()}
    if is_by_next_free:
        sort = f"{sort},name"
    keys = sorted_by(sort, sorts, default="name", unique=Resource.id)
    page = await paginate(session, statement, keys=keys, paging=paging)
    return page, seen or await _seen_of(session, page.items, now), now


async def free_now(
    session: AsyncSession, actor: Actor, *, first: Sequence[UUID] = (), most: int
) -> FreeNow:
    """What the actor may see and could be begun with at this moment: `first`, then by name.

    Three statements whatever there is. Raises `Forbidden`.
    """
    access.require_read(actor)
    now = clock.now()
    seen = await _seen(session, _bookable(actor), [now])
    place = {id_: number for number, id_ in enumerate(first)}
    free = sorted(
        _free_at(seen, now),
        key=lambda id_: (place.get(id_, len(place)), seen.known[id_].name.casefold()),
    )
    shown = free[:most]
    rows = await session.execute(repository.listing().where(Resource.id.in_(shown)))
    views = {row[0].id: _view(tuple(row), seen, now) for row in rows}
    return FreeNow(tuple(seen.free(views[id_], now) for id_ in shown), len(free))


async def get(session: AsyncSession, actor: Actor, resource_id: UUID) -> ResourceView:
    """One resource. Three statements. Raises `ResourceNotFound`."""
    now = Window(clock.now(), clock.now())
    return (await whole(session, actor, resource_id, around=now))[0].resource


async def whole(
    session: AsyncSession, actor: Actor, resource_id: UUID, *, around: Window
) -> tuple[Offer, terms.Terms]:
    """One resource with what could be booked of it, and its terms with the closures of `around`.

    As `get`.
    """
    statement = repository.listing().where(access.visible(actor), Resource.id == resource_id)
    rows = (await session.execute(statement)).all()
    if not rows:
        raise ResourceNotFound(_("Choose one from the list of resources."))
    row, now = tuple(rows[0]), clock.now()
    seen = await _seen(session, Resource.id == resource_id, [now], around)
    return seen.offer(_view(row, seen, now), now), seen.known[resource_id]


async def require_visible(session: AsyncSession, actor: Actor, resource_id: UUID) -> None:
    """Raise `ResourceNotFound` unless the actor may know of the resource. One statement."""
    statement = select(Resource.id).where(access.visible(actor), Resource.id == resource_id)
    if await session.scalar(statement) is None:
        raise ResourceNotFound(_("Choose one from the list of resources."))


def _narrowed(
    session: AsyncSession,
    statement: Select[*tuple[Any, ...]],
    filters: Filters,
) -> Select[*tuple[Any, ...]]:
    if query := filters.get("q"):
        statement = statement.where(repository.matching(query))
    if type_ids := filters.get("type_ids"):
        statement = statement.where(Resource.type_id.in_(type_ids))
    if location_ids := filters.get("location_ids"):
        statement = statement.where(Resource.location_id.in_(repository.within(location_ids)))
    if states := filters.get("states"):
        statement = statement.where(Resource.state.in_(states))
    else:
        statement = statement.where(Resource.state != ResourceState.RETIRED)
    for tag in filters.get("tags") or ():
        statement = statement.where(repository.tagged(session, tag))
    return statement


@dataclass(frozen=True, slots=True)
class _Seen:
    """Terms of resources, and what holds their units around some instants."""

    known: Mapping[UUID, terms.Terms]
    taken: Mapping[int, Sequence[Window]]

    def next_free(self, resource_id: UUID, at: datetime) -> datetime | None:
        """When the shortest booking could begin, from one of the instants on."""
        return availability.next_free(self.known[resource_id], self.taken, now=at)

    def free(self, view: ResourceView, now: datetime) -> Free:
        """How long a booking that begins now could last, and when one may begin."""
        known = self.known[view.id]
        until = availability.free_until(known, self.taken, now=now) or now
        return Free(view, until, availability.first_start(known, now=now, until=until))

    def offer(self, view: ResourceView, now: datetime) -> Offer:
        """The same whether or not it is free now."""
        if view.is_free_now:
            free = self.free(view, now)
            return Offer(view, free.until, free.starts_at)
        if view.next_free_at is None:
            return Offer(view, None, None)
        return Offer(view, None, availability.on_grid(self.known[view.id], view.next_free_at))


async def _seen(
    session: AsyncSession,
    which: ColumnElement[bool],
    instants: Sequence[datetime],
    *more: Window,
) -> _Seen:
    """Closures are those that touch the time around the instants, or `more`."""
    spans = [_span(at) for at in instants]
    all_ = [*spans, *more]
    around = Window(min(s.starts_at for s in all_), max(s.ends_at for s in all_))
    rows = await session.execute(terms.statement(which, around=around, with_sheets=False))
    known = {each.resource_id: each for each in map(terms.of, rows)}
    units = await calendar.occupancy(session, list(known), within=spans)
    return _Seen(known, {unit.id: [hold.window for hold in unit.holds] for unit in units})


def _bookable(actor: Actor) -> ColumnElement[bool]:
    return and_(access.visible(actor), Resource.state.in_(repository.BOOKABLE))


def _matching(statement: Select[*tuple[Any, ...]]) -> ColumnElement[bool]:
    return Resource.id.in_(statement.with_only_columns(Resource.id, maintain_column_froms=True))


def _next_free(seen: _Seen, now: datetime) -> ColumnElement[datetime]:
    """An order by when each is free next. Now is no time in it: a cursor outlives the moment."""
    ids_at: dict[datetime, list[UUID]] = {}
    for id_ in seen.known:
        free = seen.next_free(id_, now)
        if free is not None:
            ids_at.setdefault(_FIRST if free == now else free, []).append(id_)
    last = literal(_LAST, UTCDateTime())
    if not ids_at:
        return last
    whens = [(Resource.id.in_(ids), literal(at, UTCDateTime())) for at, ids in ids_at.items()]
    return case(*whens, else_=last)


def _free_at(seen: _Seen, at: datetime) -> list[UUID]:
    """What the shortest booking could begin on then; told as `_view` tells it."""
    return [id_ for id_ in seen.known if seen.next_free(id_, at) == at]


def _span(now: datetime) -> Window:
    # Holds end just before or begin just after the horizon, as far as buffers reach.
    return Window(now, now + availability.HORIZON).widened(before=1440, after=1440)


async def _seen_of(session: AsyncSession, rows: Sequence[tuple[Any, ...]], now: datetime) -> _Seen:
    if not rows:
        return _Seen({}, {})
    return await _seen(session, Resource.id.in_([row[0].id for row in rows]), [now])


def _views(rows: Sequence[tuple[Any, ...]], seen: _Seen, now: datetime) -> list[ResourceView]:
    return [_view(row, seen, now) for row in rows]


def _view(row: tuple[Any, ...], seen: _Seen, now: datetime) -> ResourceView:
    resource, type_name, location_name, path, contact, photo, content_type, picture, schema = row
    known, free = seen.known[resource.id], seen.next_free(resource.id, now)
    return ResourceView(
        id=resource.id,
        name=resource.name,
        description=resource.description,
        type=Reference(resource.type_id, type_name),
        location=LocationRef(
            resource.location_id, location_name, tuple(path.split(repository.SEPARATOR))
        ),
        state=resource.state,
        state_reason=resource.state_reason,
        timezone=resource.timezone,
        contact=Reference(resource.contact_id, contact) if resource.contact_id else None,
        tags=tuple(resource.tags),
        units=known.unit_numbers,
        version=resource.version,
        calendar_version=resource.calendar_version,
        created_at=resource.created_at,
        updated_at=resource.updated_at,
        is_free_now=free == now,
        # A clock's reading would make every answer, and its ETag, another one.
        next_free_at=None if free == now else free,
        photo_id=photo.id if photo else None,
        photo=files.picture_of(photo.kind, content_type, picture) if photo else None,
        code=resource.code,
        custom=resource.custom or {},
        custom_schema=schema or {},
    )
