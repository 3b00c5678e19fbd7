"""Going through a file: in short transactions, so that others can write meanwhile.

Looking it through does everything and takes it back, so that it can say nothing else than what
taking it over would. A row that is here already, by its key, stays as it is: the same file twice
makes nothing twice, and one that was stopped goes on where it ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import language
from src.core.actor import Actor
from src.core.db import Database, reading, savepoint, transaction
from src.core.errors import DomainError, Kind
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.operations.imports import known as lookup
from src.domain.operations.imports import policy
from src.domain.operations.imports.cells import BadCells, Cells
from src.domain.operations.imports.errors import TeamImportNotFound
from src.domain.operations.imports.reading import LONGEST_KEY, Cell, Row, key_of, read
from src.domain.operations.imports.taking import TAKE, Known
from src.domain.operations.tables import ImportedRow, OperationsImport

BATCH = 50
MOST_FAULTS = 2000  # that are kept; the others are counted
_ABOUT_A_ROW = frozenset({Kind.INVALID, Kind.CONFLICT, Kind.NOT_FOUND, Kind.FORBIDDEN})
# The services' names of what stands in the columns.
_COLUMNS = {
    "type_id": "type", "priority_id": "priority", "author_id": "author", "owner_id": "owner",
    "waiting_on_id": "waiting_on_person", "participant_ids": "participants",
}  # fmt: skip
Progress = Callable[[int, int], Awaitable[None]]


@dataclass(slots=True)
class Result:
    """What came, or would come, of the rows."""

    rows: int = 0
    created: int = 0
    unchanged: int = 0
    refused: int = 0
    faults: list[Cell] = field(default_factory=list)

    def refuse(self, cells: Sequence[Cell]) -> None:
        """Count a row that is not right."""
        self.refused += 1
        self.faults += cells[: max(0, MOST_FAULTS - len(self.faults))]

    @property
    def as_stored(self) -> dict[str, Any]:
        """The same as JSON, the faults in the order of the file."""
        return asdict(self) | {
            "faults": [asdict(one) for one in sorted(self.faults, key=lambda one: one.line)]
        }


class _Undone(Exception):
    """Takes a stretch back."""


async def run(database: Database, import_id: UUID, progress: Progress) -> dict[str, Any]:
    """Look the file through, or take it over. What came of it, as JSON.

    Raises `TeamImportUnreadable`, `Forbidden`, and `OperationCancelled` between two stretches.
    """
    async with reading(database) as reads:
        wanted = await reads.get(OperationsImport, import_id)
        if wanted is None:
            raise TeamImportNotFound(_("It is gone."))
        actor = await accounts.sessions.actor_of_user(reads, wanted.created_by)
        reads.expunge_all()
    if actor is None:
        raise TeamImportNotFound(_("Whoever asked for it is no longer here."))
    policy.require(actor, wanted.kind, wanted.team_id)
    with language.reading_as(actor.locale, actor.timezone):
        rows = await asyncio.to_thread(read, wanted.kind, wanted.format, wanted.content)
        run_ = _Run(database, actor, wanted, progress, Result(len(rows)))
        await run_.all(_in_order(rows))
        return run_.result.as_stored


@dataclass(slots=True)
class _Run:
    database: Database
    actor: Actor
    wanted: OperationsImport
    progress: Progress
    result: Result
    seen: dict[str, int] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)

    async def all(self, rows: Sequence[Row]) -> None:
        """Every row, stretch by stretch."""
        await self.progress(0, len(rows))
        for begin in range(0, len(rows), BATCH):
            batch = rows[begin : begin + BATCH]
            with suppress(_Undone):
                async with transaction(self.database) as session:
                    await self._batch(session, batch)
                    if self.wanted.is_preview:
                        raise _Undone
            await self.progress(begin + len(batch), len(rows))

    async def _batch(self, session: AsyncSession, rows: Sequence[Row]) -> None:
        known = await lookup.look_up(session, self.actor, self.wanted, rows)
        known.tried = self.tried
        for row in rows:
            try:
                self._require_once(row)
                async with savepoint(session):
                    is_new = await self._take(session, row, known)
            except BadCells as bad:
                self.result.refuse(bad.cells)
            except DomainError as refusal:
                if refusal.kind not in _ABOUT_A_ROW:
                    raise
                self.result.refuse(_told(row, refusal))
            else:
                self.result.created += is_new
                self.result.unchanged += not is_new
                self.tried.add(key_of(row))

    def _require_once(self, row: Row) -> None:
        key = key_of(row)
        if len(key) > LONGEST_KEY:
            detail = _("At most %(most)s characters.", most=LONGEST_KEY)
            raise BadCells(Cell(row.line, "key", "too-long", detail))
        first = self.seen.setdefault(key, row.line)
        if first != row.line:
            detail = _("This row stands in line %(line)s already.", line=first)
            raise BadCells(Cell(row.line, "key", "twice", detail))

    async def _take(self, session: AsyncSession, row: Row, known: Known) -> bool:
        key = key_of(row)
        if key in known.taken:
            return False
        cells = Cells(row, known.zone, known.people)
        subject_id = await TAKE[self.wanted.kind](session, self.actor, cells, known)
        session.add(
            ImportedRow(
                kind=self.wanted.kind,
                scope=lookup.scope_of(self.wanted.team_id),
                key=key,
                subject_id=subject_id,
                import_id=self.wanted.id,
            )
        )
        await session.flush()
        known.taken[key] = subject_id
        return True


def _in_order(rows: Sequence[Row]) -> list[Row]:
    """What takes the place of something comes before it; else the order of the file."""
    by_key = {key_of(row): row for row in rows}
    depths: dict[str, int] = {}
    for row in rows:
        chain: list[str] = []
        key: str | None = key_of(row)
        while key in by_key and key not in depths and key not in chain:
            chain.append(key)
            key = by_key[key].cells.get("superseded_by") or None
        depth = depths.get(key, -1) if key is not None else -1
        for one in reversed(chain):
            depth += 1
            depths[one] = depth
    return sorted(rows, key=lambda row: depths[key_of(row)])


def _told(row: Row, refusal: DomainError) -> list[Cell]:
    """A service's refusal by the columns it is about."""
    told = []
    for fault in refusal.errors:
        name = str(fault.field[0]) if fault.field else ""
        column = _COLUMNS.get(name, name)
        told.append(Cell(row.line, column, fault.code, fault.detail))
    return told or [Cell(row.line, "", refusal.code, refusal.detail)]
