"""Bookings given out as CSV: those one may read, with the filters of the list, in short reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.audit_export import cell
from src.core.db import Database, reading
from src.core.paging import MAX_LIMIT, Paging
from src.domain import accounts
from src.domain.bookings import reading as lists
from src.domain.bookings.tables import Project, Status
from src.domain.bookings.views import BookingView

# Spreadsheets take a file without the mark for one of another alphabet.
MARK = b"\xef\xbb\xbf"
COLUMNS = (
    "id", "resource", "unit", "starts_at", "ends_at", "minutes", "status", "title", "booked_for",
    "booked_by", "team", "project", "checked_in_at", "checked_out_at", "used_minutes",
    "is_cancelled_late", "answers",
)  # fmt: skip
_USED = (Status.IN_USE, Status.COMPLETED)


async def chunks(
    database: Database, actor: Actor, *, which: lists.Filter, sort: str | None = None
) -> AsyncIterator[bytes]:
    """The bytes of the file; times in UTC. What one may not read is left out."""
    yield MARK + _written([COLUMNS])
    cursor: str | None = None
    while True:
        async with reading(database) as reads:
            page = await lists.list_(
                reads, actor, which=which, sort=sort, paging=Paging(MAX_LIMIT, cursor)
            )
            found = [view for view in page.items if not view.is_masked]
            teams, projects = await _names(reads, found)
        if found:
            yield _written(_row(view, teams, projects) for view in found)
        cursor = page.next
        if cursor is None:
            return


async def _names(
    reads: AsyncSession, found: Sequence[BookingView]
) -> tuple[Mapping[UUID, str], Mapping[UUID, str]]:
    team_ids = {view.team_id for view in found if view.team_id}
    project_ids = {view.project_id for view in found if view.project_id}
    teams = await accounts.team_names(reads, list(team_ids)) if team_ids else {}
    if not project_ids:
        return teams, {}
    rows = await reads.execute(select(Project.id, Project.code).where(Project.id.in_(project_ids)))
    return teams, {row.id: row.code for row in rows}


def _row(
    view: BookingView, teams: Mapping[UUID, str], projects: Mapping[UUID, str]
) -> list[object]:
    return [
        view.id,
        view.resource.name,
        view.unit,
        _time(view.starts_at),
        _time(view.ends_at),
        _minutes(view.starts_at, view.ends_at),
        view.status.value,
        view.title,
        view.booked_for.name if view.booked_for else "",
        view.booked_by.name if view.booked_by else "",
        teams.get(view.team_id, "") if view.team_id else "",
        projects.get(view.project_id, "") if view.project_id else "",
        _time(view.checked_in_at),
        _time(view.checked_out_at),
        _minutes(view.starts_at, view.ends_at) if view.status in _USED else "",
        "yes" if view.is_cancelled_late else "no",
        json.dumps(dict(view.answers), ensure_ascii=False) if view.answers else "",
    ]


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else ""


def _minutes(starts_at: datetime, ends_at: datetime) -> int:
    return round((ends_at - starts_at) / timedelta(minutes=1))


def _written(rows: Iterable[Sequence[object]]) -> bytes:
    """Lines of CSV that no spreadsheet takes for a formula."""
    out = io.StringIO()
    csv.writer(out).writerows([[cell(each) for each in row] for row in rows])
    return out.getvalue().encode()
