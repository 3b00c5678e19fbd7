"""Moving in: send a file, see what would come of it, take it over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from src.core import clock, events, ids, operations
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.operations import OPEN, Operation, OperationState
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import Team
from src.domain.operations import parties
from src.domain.operations.imports import policy, topics
from src.domain.operations.imports.columns import LARGEST
from src.domain.operations.imports.errors import (
    TeamImportHasFaults,
    TeamImportNotFound,
    TeamImportNotReady,
    TeamImportUnreadable,
)
from src.domain.operations.imports.reading import Cell, decoded, export, read
from src.domain.operations.tables import ImportFormat, ImportKind, OperationsImport

KEPT = timedelta(days=7)
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows; `unchanged` were here already."""

    rows: int = 0
    created: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class ImportView:
    """A file and what came, or would come (`is_preview`), of it. `faults` are the first 2,000.

    `may_take`: nothing stands against taking all of it; `may_take_good`: the good rows alone.
    """

    id: UUID
    kind: ImportKind
    format: ImportFormat
    name: str
    team: parties.Named | None
    is_preview: bool
    state: OperationState
    operation: Operation
    counts: Counts | None
    faults: tuple[Cell, ...] = field(default=())
    may_take: bool = False
    may_take_good: bool = False
    created_at: datetime = field(default_factory=clock.now)
    finished_at: datetime | None = None

    @property
    def operation_id(self) -> UUID:
        """The work that goes on, or went on last."""
        return self.operation.id


async def upload(
    session: AsyncSession,
    actor: Actor,
    *,
    kind: ImportKind,
    format_: ImportFormat,
    content: bytes,
    name: str = "",
    team_id: UUID | None = None,
) -> ImportView:
    """Keep a file and have it looked through: an operation. Nothing of it is taken over yet.

    Needs `operations:manage` for the team, of incidents `incidents:manage` too. Raises `Forbidden`,
    `TeamImportUnreadable`.
    """
    user_id = policy.require(actor, kind, team_id)
    if faults := await parties.faults_of_team(session, team_id):
        raise TeamImportUnreadable(faults[0].detail, errors=tuple(faults))
    if len(content) > LARGEST:
        most = LARGEST // 1024**2
        raise TeamImportUnreadable(_("At most %(most)s MB. Take it in parts.", most=most))
    text = decoded(content)
    head = text[:20_000]
    if format_ is ImportFormat.CSV and len(text) <= len(head):
        read(kind, format_, text)  # what is short is told at once
    row = OperationsImport(
        id=ids.new(),
        kind=kind,
        format=format_,
        name=" ".join(name.replace("\x00", " ").split())[:LONGEST_NAME],
        content=text,
        team_id=team_id,
        is_preview=True,
        created_by=user_id,
        created_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    changes = {"kind": kind, "team_id": team_id}
    events.record(session, actor, "team_import.uploaded", ("import", row.id), changes=changes)
    return await _begin(session, actor, row)


async def take(
    session: AsyncSession, actor: Actor, import_id: UUID, *, only_good: bool = False
) -> ImportView:
    """Take over what was looked through: an operation. All of it, or the good rows alone.

    What is here already by its key stays as it is. Raises `TeamImportNotFound`, `Forbidden`,
    `TeamImportNotReady`, `TeamImportHasFaults`.
    """
    row, operation = await _found(session, actor, import_id, lock=True)
    policy.require(actor, row.kind, row.team_id)
    if operation.state in OPEN:
        raise TeamImportNotReady(_("Wait until it was looked through."))
    if not row.content:
        raise TeamImportNotReady(_("The file was deleted after a week. Send it again."))
    if row.is_preview and (operation.state is not OperationState.DONE or row.result is None):
        raise TeamImportNotReady(_("It could not be looked through. Send it again."))
    if not row.is_preview and operation.state is OperationState.DONE:
        raise TeamImportNotReady(_("It was taken over already."))
    counts = _counts(row)
    if row.is_preview and counts and counts.refused and not only_good:
        detail = _("Nothing was taken over. Correct the file, or take the good rows alone.")
        raise TeamImportHasFaults(detail, refused=counts.refused)
    row.is_preview = False
    changes = {"kind": row.kind, "team_id": row.team_id, "only_good": only_good}
    events.record(session, actor, "team_import.taken", ("import", row.id), changes=changes)
    return await _begin(session, actor, row)


async def get(session: AsyncSession, actor: Actor, import_id: UUID) -> ImportView:
    """One's own import. Raises `TeamImportNotFound`."""
    row, operation = await _found(session, actor, import_id)
    team = await session.get(Team, row.team_id) if row.team_id else None
    is_kept = bool(await session.scalar(_kept(row.id)))
    return _view(row, operation, team.name if team else None, is_kept=is_kept)


async def list_(
    session: AsyncSession, actor: Actor, *, paging: Paging | None = None
) -> Page[ImportView]:
    """One's own imports, the newest first. One statement."""
    wanted = _mine(actor).add_columns(Team.name, func.length(OperationsImport.content) > 0)
    wanted = wanted.outerjoin(Team, Team.id == OperationsImport.team_id)
    keys = [Key(OperationsImport.id, descending=True, name="id")]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _view(row[0], row[1], row[2], is_kept=bool(row[3])))


async def faults_as_csv(session: AsyncSession, actor: Actor, import_id: UUID) -> bytes:
    """What is wrong, line by line, safe for spreadsheets. Raises `TeamImportNotFound`."""
    view = await get(session, actor, import_id)
    lines = [(str(one.line), one.column, one.code, one.detail) for one in view.faults]
    return export.MARK + export.written([("line", "column", "code", "detail"), *lines])


async def finish(session: AsyncSession, import_id: UUID, result: dict[str, Any]) -> None:
    """Keep what came of it."""
    row = await session.get(OperationsImport, import_id)
    if row is not None:
        row.result, row.finished_at = result, clock.now()


async def forget_old(session: AsyncSession) -> int:
    """Delete what was sent more than a week ago, with what was wrong with it; how many."""
    old = OperationsImport.created_at < clock.now() - KEPT
    emptied = await session.execute(
        update(OperationsImport)
        .where(old, or_(OperationsImport.content != "", OperationsImport.name != ""))
        .values(content="", name="")
        .returning(OperationsImport.id)
        .execution_options(synchronize_session=False)
    )
    gone = list(emptied.scalars())
    rows = select(OperationsImport).where(OperationsImport.id.in_(gone))
    for row in await session.scalars(rows.options(defer(OperationsImport.content))):
        if row.result:
            row.result = {**row.result, "faults": []}
    return len(gone)


async def _begin(session: AsyncSession, actor: Actor, row: OperationsImport) -> ImportView:
    payload = {"import_id": str(row.id)}
    operation = await operations.start(session, actor, topics.RUN, payload)
    row.operation_id = operation.id
    await session.flush()
    team = await session.get(Team, row.team_id) if row.team_id else None
    return _view(row, operation, team.name if team else None, is_kept=True)


def _mine(actor: Actor) -> Select[OperationsImport, Operation]:
    return (
        select(OperationsImport, Operation)
        .join(Operation, Operation.id == OperationsImport.operation_id)
        .where(OperationsImport.created_by == actor.user_id)
        .options(defer(OperationsImport.content))
    )


async def _found(
    session: AsyncSession, actor: Actor, import_id: UUID, *, lock: bool = False
) -> tuple[OperationsImport, Operation]:
    wanted = _mine(actor).where(OperationsImport.id == import_id)
    if lock:
        wanted = (
            select(OperationsImport, Operation)
            .join(Operation, Operation.id == OperationsImport.operation_id)
            .where(OperationsImport.created_by == actor.user_id, OperationsImport.id == import_id)
            .with_for_update(of=OperationsImport)
        )
    found = (await session.execute(wanted)).first()
    if actor.user_id is None or found is None:
        raise TeamImportNotFound(_("Choose one from the list of yours."))
    return found[0], found[1]


def _kept(import_id: UUID) -> Select[Any]:
    return select(func.length(OperationsImport.content) > 0).where(OperationsImport.id == import_id)


def _counts(row: OperationsImport) -> Counts | None:
    if row.result is None:
        return None
    return Counts(
        **{name: row.result[name] for name in ("rows", "created", "unchanged", "refused")}
    )


def _view(
    row: OperationsImport, operation: Operation, team: str | None, *, is_kept: bool
) -> ImportView:
    counts = _counts(row)
    is_looked_through = row.is_preview and operation.state is OperationState.DONE
    was_stopped = not row.is_preview and operation.state in {
        OperationState.CANCELLED,
        OperationState.FAILED,
    }
    is_ready = is_kept and counts is not None and (is_looked_through or was_stopped)
    may_good = is_ready and bool(counts and counts.created)
    return ImportView(
        id=row.id,
        kind=row.kind,
        format=row.format,
        name=row.name,
        team=parties.named(row.team_id, team),
        is_preview=row.is_preview,
        state=operation.state,
        operation=operation,
        counts=counts,
        faults=tuple(Cell(**one) for one in (row.result or {}).get("faults", ())),
        may_take=may_good and not (counts and counts.refused),
        may_take_good=may_good and bool(counts and counts.refused),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
