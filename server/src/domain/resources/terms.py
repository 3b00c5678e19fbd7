"""On which terms a resource can be booked: itself, its policy, hours, units and closures.

All of it comes in one statement for any number of resources, because every reservation and every
calendar starts with it: rows that hang on a resource arrive as JSON beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core.actor import Actor
from src.core.json_rows import JsonRows, time_of
from src.core.language import gettext as _
from src.domain.resources import access
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.hours import Weekly, Window
from src.domain.resources.policy import POLICY_FIELDS, SHEETS, EffectivePolicy
from src.domain.resources.tables import (
    Closure,
    ClosureResource,
    OpeningHours,
    Policy,
    Resource,
    ResourceState,
    Unit,
)


@dataclass(frozen=True, slots=True)
class UnitTerms:
    """A unit by its id and the number people know."""

    id: int
    number: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class ClosureTerms:
    """A closure that concerns the resource."""

    id: UUID
    window: Window
    reason: str


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything the rules ask about one resource."""

    resource_id: UUID
    name: str
    type_id: UUID
    location_id: UUID
    timezone: str
    state: ResourceState
    state_reason: str | None
    calendar_version: int
    policy: EffectivePolicy
    hours: tuple[Weekly, ...]
    units: tuple[UnitTerms, ...]
    closures: tuple[ClosureTerms, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The zone its opening hours are meant in."""
        return ZoneInfo(self.timezone)

    @property
    def unit_numbers(self) -> tuple[int, ...]:
        """The numbers of the units that can be booked."""
        return tuple(unit.number for unit in self.units if unit.is_active)


async def one(session: AsyncSession, actor: Actor, resource_id: UUID, *, around: Window) -> Terms:
    """The terms of a resource the actor may see, as `load`. Raises `ResourceNotFound`."""
    which = and_(Resource.id == resource_id, access.visible(actor))
    row = (await session.execute(statement(which, around=around))).one_or_none()
    if row is None:
        raise ResourceNotFound(_("Choose one from the list of resources."))
    return of(row)


async def load(
    session: AsyncSession, resource_ids: Collection[UUID], *, around: Window
) -> dict[UUID, Terms]:
    """The terms of each resource that exists; closures are those that touch `around`."""
    if not resource_ids:
        return {}
    rows = await session.execute(statement(Resource.id.in_(resource_ids), around=around))
    return {terms.resource_id: terms for terms in map(of, rows)}


def statement(
    which: ColumnElement[bool], *, around: Window, with_sheets: bool = True
) -> Select[Any]:
    """The statement of `load`, for those who ask for more columns with it; read rows by `of`.

    Of each rule the nearest level that says something counts: resource, then type, then site.
    `with_sheets=False` leaves questions and checklists out, for lists of many resources.
    """
    return (
        select(
            Resource.id,
            Resource.name,
            Resource.type_id,
            Resource.location_id,
            Resource.timezone,
            Resource.state,
            Resource.state_reason,
            Resource.calendar_version,
            _HOURS,
            _UNITS,
            _closures(around).label("closures"),
            *(_RULES if with_sheets else _RULES_WITHOUT_SHEETS),
        )
        .select_from(Resource)
        .outerjoin(_SITE, _SITE.level == "site")
        .outerjoin(_TYPE, _TYPE.type_id == Resource.type_id)
        .outerjoin(_OWN, _OWN.resource_id == Resource.id)
        .where(which)
        .order_by(Resource.name, Resource.id)
    )  # fmt: skip


def of(row: Row[Any]) -> Terms:
    """The terms that stand in a row of `statement`."""
    return Terms(
        resource_id=row.id,
        name=row.name,
        type_id=row.type_id,
        location_id=row.location_id,
        timezone=row.timezone,
        state=row.state,
        state_reason=row.state_reason,
        calendar_version=row.calendar_version,
        policy=EffectivePolicy.of({name: getattr(row, name, None) for name in POLICY_FIELDS}),
        hours=_nearest(row.hours),
        units=tuple(
            sorted(
                (UnitTerms(id_, number, bool(active)) for id_, number, active in row.units),
                key=lambda unit: unit.number,
            )
        ),
        closures=tuple(
            sorted(
                (
                    ClosureTerms(UUID(id_), Window(time_of(starts), time_of(ends)), reason)
                    for id_, starts, ends, reason in row.closures
                ),
                key=lambda closure: (closure.window.starts_at, closure.id),
            )
        ),
    )


def _nearest(rows: Iterable[Sequence[int]]) -> tuple[Weekly, ...]:
    """The hours of the nearest level that says any."""
    hours = sorted((distance, Weekly(*hour)) for distance, *hour in rows)
    return tuple(hour for distance, hour in hours if distance == hours[0][0])


def _hours() -> ScalarSelect[Any]:
    distance = case(
        (OpeningHours.resource_id.is_not(None), 0), (OpeningHours.type_id.is_not(None), 1), else_=2
    )
    rows = JsonRows(distance, OpeningHours.weekday, OpeningHours.opens, OpeningHours.closes)
    of_site = and_(OpeningHours.resource_id.is_(None), OpeningHours.type_id.is_(None))
    return (
        select(rows)
        .select_from(OpeningHours)
        .where(
            or_(
                OpeningHours.resource_id == Resource.id,
                OpeningHours.type_id == Resource.type_id,
                of_site,
            )
        )
        .correlate(Resource)
        .scalar_subquery()
    )


def _units() -> ScalarSelect[Any]:
    return (
        select(JsonRows(Unit.id, Unit.number, Unit.is_active))
        .select_from(Unit)
        .where(Unit.resource_id == Resource.id)
        .correlate(Resource)
        .scalar_subquery()
    )


def _closures(around: Window) -> ScalarSelect[Any]:
    named = exists().where(
        ClosureResource.closure_id == Closure.id, ClosureResource.resource_id == Resource.id
    )
    return (
        select(JsonRows(Closure.id, Closure.starts_at, Closure.ends_at, Closure.reason))
        .select_from(Closure)
        .where(
            Closure.cancelled_at.is_(None),
            Closure.ends_at > around.starts_at,
            Closure.starts_at < around.ends_at,
            or_(Closure.is_everything, named.correlate(Closure, Resource)),
        )
        .correlate(Resource)
        .scalar_subquery()
    )


# Made once: building these costs more than running them.
_OWN, _TYPE, _SITE = aliased(Policy), aliased(Policy), aliased(Policy)
_RULES = tuple(
    func.coalesce(*(getattr(level, name) for level in (_OWN, _TYPE, _SITE))).label(name)
    for name in POLICY_FIELDS
)
_RULES_WITHOUT_SHEETS = tuple(each for each in _RULES if each.name not in SHEETS)
_HOURS, _UNITS = _hours().label("hours"), _units().label("units")
