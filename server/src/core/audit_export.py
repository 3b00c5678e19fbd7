"""The record as a file: everything a filter finds, newest first, as CSV or JSON Lines."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import audit, events, operations, outbox
from src.core.actor import SYSTEM, Actor, Permission
from src.core.audit import EventView, Filter
from src.core.db import Database, reading
from src.core.events import Event
from src.core.language import mark
from src.core.operations import Operation

BATCH = 1000
EXPORT = outbox.topic("events.export", queue="reports", max_attempts=2, time_limit=1800.0)
# A cell that begins so is a formula to a spreadsheet, wherever it came from.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_COLUMNS = (
    "seq", "at", "actor_id", "actor", "actor_kind", "verb", "subject_type", "subject_id", "changes",
    "reason", "request_id", "personal", "ip", "id",
)  # fmt: skip

events.verb("events.exported", mark("The record was exported"), kind=events.Kind.RESTRICTED_READ)

Names = Callable[[AsyncSession, set[UUID]], Awaitable[Mapping[UUID, str]]]
Progress = Callable[[int, int], Awaitable[None]]


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSON_LINES = "jsonl"

    @property
    def content_type(self) -> str:
        """As it goes over the wire."""
        return "text/csv; charset=utf-8" if self is Format.CSV else "application/x-ndjson"


async def export(
    session: AsyncSession, actor: Actor, *, wanted: Filter, format_: Format
) -> Operation:
    """Have what the filter finds written to a file: an operation. Needs `events:read`.

    What is personal goes along for those who manage people. To have asked is an event.
    """
    actor.require(Permission.EVENTS_READ)
    told = _told(wanted)
    wish = {
        "filter": told,
        "format": format_,
        "personal": actor.may(Permission.USERS_MANAGE),
        "restricted": actor.may(Permission.INCIDENTS_READ_RESTRICTED),
    }
    operation = await operations.start(session, actor, EXPORT, wish)
    subject = ("operation", operation.id)
    events.record(session, actor, "events.exported", subject, changes=wish)
    return operation


@dataclass(slots=True)
class Writer:
    """Writes an export in short steps; `rows` counts what was written."""

    database: Database
    wanted: Filter
    format: Format
    with_personal: bool
    names: Names
    progress: Progress
    with_restricted: bool = False
    rows: int = 0

    @classmethod
    def of(
        cls, database: Database, payload: Mapping[str, Any], names: Names, progress: Progress
    ) -> Self:
        """The writer of a job."""
        wanted, format_ = _filter(payload["filter"]), Format(payload["format"])
        restricted = payload.get("restricted", False)
        return cls(database, wanted, format_, payload["personal"], names, progress, restricted)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the file."""
        if self.format is Format.CSV:
            # Spreadsheets take a file without the mark for one of another alphabet.
            yield b"\xef\xbb\xbf" + _csv([_COLUMNS])
        async with reading(self.database) as reads:
            unknown = await audit.hidden(reads, self._reader())
            counting = audit.matching(select(func.count(Event.id)), self.wanted)
            of = await reads.scalar(audit.without(counting, unknown)) or 0
        before: UUID | None = None
        while True:
            async with reading(self.database) as reads:
                found = await audit.stretch(
                    reads, self.wanted, before=before, limit=BATCH, personal=self.with_personal,
                    unknown=unknown,
                )  # fmt: skip
                names = await self.names(reads, {one.actor_id for one in found if one.actor_id})
            if not found:
                break
            yield self._written(found, names)
            before, self.rows = found[-1].id, self.rows + len(found)
            await self.progress(self.rows, max(of, self.rows))

    def _reader(self) -> Actor:
        """Whoever asked for it, as far as it matters to what may be known."""
        if self.with_restricted:
            return SYSTEM
        restricted = Permission.INCIDENTS_READ_RESTRICTED
        held = {one: scopes for one, scopes in SYSTEM.granted.items() if one is not restricted}
        return replace(SYSTEM, granted=held)

    def _written(self, found: list[EventView], names: Mapping[UUID, str]) -> bytes:
        rows = [
            {**asdict(one), "actor": names.get(one.actor_id, "") if one.actor_id else ""}
            for one in found
        ]
        if self.format is Format.JSON_LINES:
            return b"".join(
                orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z) + b"\n" for row in rows
            )
        return _csv([[cell(row[name]) for name in _COLUMNS] for row in rows])


def cell(value: object) -> str:
    """A value as a cell of CSV that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        text = orjson.dumps(value).decode()
    elif isinstance(value, datetime):
        text = value.isoformat(timespec="milliseconds")
    else:
        text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(rows: Any) -> bytes:  # noqa: ANN401 - as the csv module takes them
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _told(wanted: Filter) -> dict[str, Any]:
    """A filter as it stands in JSON, without what is not narrowed."""
    told = {name: value for name, value in asdict(wanted).items() if value}
    plain: dict[str, Any] = orjson.loads(orjson.dumps(told, default=_plain))
    return plain


def _plain(value: object) -> object:
    return list(value) if isinstance(value, frozenset | set | tuple) else str(value)


def _filter(told: Mapping[str, Any]) -> Filter:
    made = dict(told)
    for name in ("actor_id", "subject_id"):
        if name in made:
            made[name] = UUID(made[name])
    for name in ("from_", "to"):
        if name in made:
            made[name] = datetime.fromisoformat(made[name])
    return Filter(**made)
