"""What is free between the holds of many units, found by the database.

A busy month of hundreds of resources is a hundred thousand holds, but few gaps between them that
are long enough: only those leave the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Float, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from src.domain import resources
from src.domain.bookings import rooms
from src.domain.resources.tables import Hold

Terms = resources.terms.Terms
Window = resources.hours.Window


class _Seconds(FunctionElement[float]):
    """The seconds from one time to another."""

    type = Float()
    inherit_cache = True
    name = "seconds_between"


@compiles(_Seconds, "postgresql")
def _postgresql_seconds(element: _Seconds, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    first, last = (compiler.process(each, **kw) for each in element.clauses)
    return f"extract(epoch from {last} - {first})"


@compiles(_Seconds, "sqlite")
def _sqlite_seconds(element: _Seconds, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    first, last = (compiler.process(each, **kw) for each in element.clauses)
    # Rounded: a day as a fraction is not exact.
    return f"round((julianday({last}) - julianday({first})) * 86400.0)"


async def read(
    session: AsyncSession,
    places: Sequence[Terms],
    span: Window,
    *,
    least: int,
    now: datetime,
) -> dict[UUID, dict[int, list[Window]]]:
    """The gaps of at least so many minutes, by resource and unit number; in one statement.

    Of a unit that nothing holds nothing is told: all of its time is free.
    """
    wides = {terms.resource_id: rooms.widened(terms, span) for terms in places}
    found: dict[UUID, dict[int, list[Window]]] = {id_: {} for id_ in wides}
    if not places:
        return found
    units = {
        unit.id: (terms.resource_id, unit.number)
        for terms in places
        for unit in terms.units
        if unit.is_active
    }
    around = Window(
        min(wide.starts_at for wide in wides.values()), max(wide.ends_at for wide in wides.values())
    )
    for unit_id, starts, until, covered, follows in await session.execute(
        _statement(list(units), around, least, now)
    ):
        resource_id, number = units[unit_id]
        wide = wides[resource_id]
        own = found[resource_id].setdefault(number, [])
        _add(own, until or wide.starts_at, starts, wide)
        if follows is None:
            _add(own, covered, wide.ends_at, wide)
    return found


def _add(own: list[Window], starts: datetime, ends: datetime, wide: Window) -> None:
    starts, ends = max(starts, wide.starts_at), min(ends, wide.ends_at)
    if starts < ends:
        own.append(Window(starts, ends))


def _statement(unit_ids: Sequence[int], around: Window, least: int, now: datetime) -> Any:  # noqa: ANN401
    """Holds before which a gap lies, and the last of each unit.

    Blocks may overlap one another: a gap begins where all before have ended.
    """
    on, order, latest = Hold.unit_id, (Hold.starts_at, Hold.id), func.max(Hold.ends_at)
    until = latest.over(partition_by=on, order_by=order, rows=(None, -1))
    covered = latest.over(partition_by=on, order_by=order, rows=(None, 0))
    follows = func.lead(Hold.id).over(partition_by=on, order_by=order)
    held = (
        select(
            Hold.unit_id,
            Hold.starts_at,
            until.label("until"),
            covered.label("covered"),
            follows.label("follows"),
        )
        .where(
            Hold.unit_id.in_(unit_ids),
            Hold.starts_at < around.ends_at,
            Hold.ends_at > around.starts_at,
            resources.calendar.is_live(now),
        )
        .subquery()
    )
    columns = held.c
    is_gap = _Seconds(columns.until, columns.starts_at) >= least * 60
    return (
        select(columns.unit_id, columns.starts_at, columns.until, columns.covered, columns.follows)
        .where(or_(columns.until.is_(None), columns.follows.is_(None), is_gap))
        .order_by(columns.unit_id, columns.starts_at)
    )
