"""What every change of the catalogue has in common: versions, unique names, what changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, live
from src.core.db import Table, savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.domain.resources.errors import NameTaken
from src.domain.resources.tables import Resource


class Counted(Protocol):
    """A row that counts its versions."""

    version: Any


def require_version(row: Counted, expected: int | None) -> None:
    """Raise `PreconditionFailed` unless the row is as the caller read it; None does not ask."""
    if expected is not None and row.version != expected:
        raise PreconditionFailed(
            _("Read it again, then repeat the change."), current_version=row.version
        )


async def store_named(
    session: AsyncSession, row: Table, values: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """Put the values into a row whose name is unique, and write it; what changed, as `assign`.

    Raises `NameTaken`; the session stays usable.
    """
    try:
        # Before a savepoint the session writes what it has: the change must happen inside.
        async with savepoint(session):
            changed = assign(row, values)
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        detail = _(
            "There is already one named %(name)s. Choose another name.", name=values.get("name")
        )
        faults = (FieldError(("name",), "name-taken", detail),)
        raise NameTaken(detail, errors=faults) from error
    return changed


def assign(row: Table, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Put the values into the row; which of them changed, as `{field: [old, new]}`."""
    changes: dict[str, list[Any]] = {}
    for field, value in values.items():
        old = getattr(row, field)
        if old != value:
            setattr(row, field, value)
            changes[field] = [old, value]
    return changes


def touch(session: AsyncSession, resource: Resource) -> None:
    """Something that belongs to the resource changed: count its version and its calendar's."""
    resource.updated_at = clock.now()
    resource.calendar_version += 1
    live.tell(session, live.Notice(live.Kind.CALENDAR, resource.id))
