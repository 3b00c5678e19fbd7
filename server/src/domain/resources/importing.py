"""Resources by a table: what is new is added, what is here is known by its name.

A preview does everything an import does and takes it back, so that it cannot say anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import sheets
from src.core.actor import Actor
from src.core.db import savepoint
from src.core.errors import DomainError, FieldError, Invalid, Kind
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts.tables import User
from src.domain.resources import access, repository, service
from src.domain.resources.tables import Resource, ResourceType, Unit
from src.domain.resources.views import ResourceWish

export, reading = accounts.imports.export, accounts.imports.reading
Cell = reading.Cell
Row = reading.Row

COLUMNS = (
    "name",
    "type",
    "location",
    "description",
    "time_zone",
    "tags",
    "units",
    "contact",
)
CUSTOM = "custom."
MOST_ROWS = 200
LARGEST = reading.LARGEST
LAYOUT = reading.Layout(COLUMNS, "name", MOST_ROWS, CUSTOM)
_ABOUT_A_ROW = frozenset({Kind.INVALID, Kind.CONFLICT, Kind.NOT_FOUND})
# The services' names of what stands in the columns.
_FIELDS = {
    "type_id": "type",
    "location_id": "location",
    "timezone": "time_zone",
    "contact_id": "contact",
}


class ResourcesNotImported(Invalid):
    """Rows of the table cannot be taken over, so none was; `errors` names line and column."""

    code, title = "resources-not-imported", "The table was not taken over"


class Outcome(StrEnum):
    """What becomes of a row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowResult:
    """A row, and what became of it."""

    line: int
    name: str
    outcome: Outcome
    faults: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows refer to, by the names people give it."""

    resources: dict[str, tuple[UUID, int]]
    types: dict[str, UUID]
    schemas: dict[UUID, dict[str, Any]]
    places: dict[str, UUID]
    people: dict[str, UUID]


class _Undone(Exception):
    """Takes a preview back."""


class _BadCells(Exception):
    """What is wrong with a row."""

    def __init__(self, *cells: Cell) -> None:
        self.cells = cells


def read(content: bytes) -> list[Row]:
    """The rows of a file. Raises `TableUnreadable`."""
    return reading.read(content, LAYOUT)


async def take_over(
    session: AsyncSession, actor: Actor, rows: Sequence[Row], *, only_good: bool = False
) -> list[RowResult]:
    """Add and change what the rows say; cells left empty leave what is so.

    All rows or none, unless `only_good`. Raises `Forbidden`, `ResourcesNotImported`.
    """
    results = await _attempt(session, actor, rows)
    faults = [fault for result in results for fault in result.faults]
    if faults and not only_good:
        detail = _("Some rows are not right: nothing was taken over.")
        raise ResourcesNotImported(detail, errors=tuple(fault.as_fault for fault in faults))
    return results


async def preview(session: AsyncSession, actor: Actor, rows: Sequence[Row]) -> list[RowResult]:
    """What `take_over` would do: it is done, and taken back. Raises `Forbidden`."""
    results: list[RowResult] = []
    with suppress(_Undone):
        async with savepoint(session):
            results = await _attempt(session, actor, rows)
            raise _Undone
    return results


async def _attempt(session: AsyncSession, actor: Actor, rows: Sequence[Row]) -> list[RowResult]:
    """Every row in a savepoint of its own."""
    access.require_manage_all(actor)
    known = await _known(session)
    results = []
    seen: set[str] = set()
    for row in rows:
        name = row.cells.get("name", "")
        if name in seen:
            twice = _cell(row, "name", _("This name stands here twice."))
            results.append(RowResult(row.line, name, Outcome.REFUSED, (twice,)))
            continue
        seen.add(name)
        try:
            async with savepoint(session):
                outcome = await _take(session, actor, row, known)
        except _BadCells as bad:
            results.append(RowResult(row.line, name, Outcome.REFUSED, bad.cells))
        except DomainError as refusal:
            if refusal.kind not in _ABOUT_A_ROW:
                raise
            cells = tuple(_told(row, fault) for fault in refusal.errors)
            cells = cells or (_cell(row, "name", refusal.detail),)
            results.append(RowResult(row.line, name, Outcome.REFUSED, cells))
        else:
            results.append(RowResult(row.line, name, outcome))
    return results


async def _take(session: AsyncSession, actor: Actor, row: Row, known: _Known) -> Outcome:
    values = _values(row, known)
    here = known.resources.get(row.cells.get("name", ""))
    if here is None:
        missing = [column for column in ("name", "type", "location") if not row.cells.get(column)]
        if missing:
            detail = _("A new resource needs this.")
            raise _BadCells(*(_cell(row, column, detail) for column in missing))
        units = int(row.cells.get("units") or 1)
        custom = _custom(row, known.schemas[values["type_id"]])
        wish = ResourceWish(**values, units=units, custom=custom)
        await service.create(session, actor, wish=wish)
        return Outcome.CREATED
    resource_id, before = here
    type_id = values.get("type_id")
    if type_id is None:
        wanted = select(Resource.type_id).where(Resource.id == resource_id)
        type_id = await session.scalar(wanted)
    if custom := _custom(row, known.schemas.get(type_id or resource_id, {})):
        values["custom"] = custom
    view = await service.update(session, actor, resource_id, changes=values)
    return Outcome.UNCHANGED if view.version == before else Outcome.CHANGED


def _values(row: Row, known: _Known) -> dict[str, Any]:
    """What the filled cells say, as the services take it."""
    cells = row.cells
    plain = {"name": "name", "description": "description", "time_zone": "timezone"}
    values: dict[str, Any] = {
        field: cells[column] for column, field in plain.items() if cells.get(column)
    }
    if cells.get("tags"):
        values["tags"] = tuple(row.list_of("tags"))
    faults = []
    if cells.get("units") and not (cells["units"].isascii() and cells["units"].isdecimal()):
        faults.append(_cell(row, "units", _("Enter a whole number.")))
    for column, field, by_name, none in (
        ("type", "type_id", known.types, _("There is no type of this name.")),
        ("location", "location_id", known.places, _("There is no place of this name.")),
        ("contact", "contact_id", known.people, _("Nobody has this address.")),
    ):
        if cells.get(column):
            name = reading.LIST_SEPARATOR.join(row.list_of(column)).casefold()
            if name in by_name:
                values[field] = by_name[name]
            else:
                faults.append(_cell(row, column, none))
    if faults:
        raise _BadCells(*faults)
    return values


def _custom(row: Row, schema: dict[str, Any]) -> dict[str, Any]:
    typed = {
        column.removeprefix(CUSTOM): cell
        for column, cell in row.cells.items()
        if column.startswith(CUSTOM) and cell
    }
    asked = {field.name for field in sheets.fields(schema)}
    if unknown := typed.keys() - asked:
        detail = _("Its type asks for no such field.")
        raise _BadCells(*(_cell(row, CUSTOM + name, detail) for name in sorted(unknown)))
    return sheets.parse_form(schema, typed)


async def _known(session: AsyncSession) -> _Known:
    resources = await session.execute(select(Resource.name, Resource.id, Resource.version))
    types = (await session.execute(select(ResourceType))).scalars().all()
    paths = repository.PATHS
    places = (await session.execute(select(paths.c.path, paths.c.id))).all()
    by_path = {
        reading.LIST_SEPARATOR.join(path.split(repository.SEPARATOR)).casefold(): id_
        for path, id_ in places
    }
    people = await session.execute(select(User.email, User.id).where(User.erased_at.is_(None)))
    return _Known(
        {row.name: (row.id, row.version) for row in resources},
        {type_.name.casefold(): type_.id for type_ in types},
        {type_.id: dict(type_.custom_schema or {}) for type_ in types},
        by_path,
        {email.casefold(): id_ for email, id_ in people},
    )


def _told(row: Row, fault: FieldError) -> Cell:
    """A service's fault by the column it stands in."""
    field = str(fault.field[0]) if fault.field else "name"
    column = ".".join(map(str, fault.field)) if field == "custom" else _FIELDS.get(field, field)
    return Cell(row.line, column, fault.code, fault.detail)


def _cell(row: Row, column: str, detail: str) -> Cell:
    return Cell(row.line, column, "invalid", detail)


def template() -> bytes:
    """The line of column names, and one resource as an example."""
    example = ("Confocal 1", "Confocal microscope", "North|Room 12", "", "Europe/Berlin",
               "live cell|63x", "1", "ada@example.org")  # fmt: skip
    return export.MARK + export.written([COLUMNS, example])


async def exported(session: AsyncSession, actor: Actor) -> bytes:
    """All resources the actor may see, in the columns of the import. Two statements."""
    access.require_read(actor)
    units = (
        select(func.count())
        .select_from(Unit)
        .where(Unit.resource_id == Resource.id, Unit.is_active)
        .correlate(Resource)
        .scalar_subquery()
    )
    paths = repository.PATHS
    rows = await session.execute(
        select(Resource, ResourceType, paths.c.path, units, User.email)
        .join(ResourceType, ResourceType.id == Resource.type_id)
        .join(paths, paths.c.id == Resource.location_id)
        .outerjoin(User, User.id == Resource.contact_id)
        .where(access.visible(actor))
        .order_by(Resource.name)
    )
    found = rows.all()
    custom = sorted({name for row in found for name in row[0].custom or {}})
    lines = [
        (
            resource.name,
            type_.name,
            export.joined(path.split(repository.SEPARATOR)),
            resource.description,
            resource.timezone,
            export.joined(resource.tags),
            str(many),
            email or "",
            *_cells(type_, resource, custom),
        )
        for resource, type_, path, many, email in found
    ]
    return export.MARK + export.written([(*COLUMNS, *(CUSTOM + name for name in custom)), *lines])


def _cells(type_: ResourceType, resource: Resource, names: Sequence[str]) -> list[str]:
    typed = sheets.as_typed(type_.custom_schema, resource.custom)
    return [typed.get(name, "") for name in names]
