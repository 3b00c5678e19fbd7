"""The chain of hashes over all events: its links, and going along it to find what does not fit.

No database here: the rows come from the tables (`core.seals`) or from an archive
(`core.archives`), and the same walk goes on from one to the other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from src.core import events
from src.core.events import Event, EventDetail, Seal

GENESIS = "0" * 64
# Sealed so long after events that are younger: inserted with an old id, or a clock was wrong.
LATE = timedelta(minutes=30)
ARCHIVED = "events.archived"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class FaultKind(StrEnum):
    """What is wrong with a row."""

    EDITED = "edited"
    REMOVED = "removed"
    INSERTED = "inserted"
    SEAL_EDITED = "seal-edited"
    SEAL_REMOVED = "seal-removed"
    DETAIL_EDITED = "detail-edited"
    DETAIL_INSERTED = "detail-inserted"
    ARCHIVE_MISSING = "archive-missing"
    ARCHIVE_EDITED = "archive-edited"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that does not fit. `seq` is None for what was never sealed."""

    kind: FaultKind
    seq: int | None
    event_id: UUID | None
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify` found: how many seals it read, the chain's last link, and every fault."""

    checked: int
    last_seq: int
    last_hash: str
    faults: tuple[Fault, ...]

    @property
    def is_sound(self) -> bool:
        """Whether everything fits."""
        return not self.faults


def link(previous: str, seq: int, event_id: UUID, digest: str) -> str:
    """The hash of a seal."""
    return hashlib.sha256(f"{previous}:{seq}:{event_id}:{digest}".encode()).hexdigest()


def time_of(event_id: UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)


def first_id(at: datetime) -> UUID:
    """The smallest id an event made at that time or later can have."""
    return UUID(int=max(int(at.timestamp() * 1000), 0) << 80)


@dataclass(slots=True)
class Walk:
    """Going along the chain. `expected` is what the last seal's hash should have been."""

    checked: int = 0
    seq: int = 0
    previous: str = GENESIS
    expected: str = GENESIS
    is_broken: bool = False  # seals are missing before the next one
    youngest: datetime = _LONG_AGO
    faults: list[Fault] = field(default_factory=list)
    told_archives: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    def step(self, row: Seal, event: Event | None, detail: EventDetail | None) -> None:
        """Take the next seal in order."""
        self.checked += 1
        self.is_broken = row.seq != self.seq + 1
        if self.is_broken:
            missing = f"seals {self.seq + 1} to {row.seq - 1} are missing"
            self.found(FaultKind.SEAL_REMOVED, self.seq + 1, None, missing)
        expected = row.hash
        if event is None:
            self.found(FaultKind.REMOVED, row.seq, row.event_id, "the event is gone")
        else:
            expected = self._link(row, event)
            self._look_at(row.seq, event, detail)
            if event.verb == ARCHIVED and event.subject_id is not None:
                self.told_archives[event.subject_id] = event.changes
        self.youngest = max(self.youngest, time_of(row.event_id))
        self.seq, self.previous, self.expected = row.seq, row.hash, expected

    def _link(self, row: Seal, event: Event) -> str:
        """The hash the seal should have; notes where it has another."""
        right = link(self.previous, row.seq, row.event_id, event.digest)
        if self.is_broken or right == row.hash:
            return row.hash
        if link(self.expected, row.seq, row.event_id, event.digest) == row.hash:
            # This seal was made after the right one: it is the one before that was changed.
            before = self.faults.pop()
            self.found(FaultKind.SEAL_EDITED, before.seq, before.event_id, "its hash was edited")
            return row.hash
        self.found(FaultKind.EDITED, row.seq, event.id, "its seal does not fit it")
        return right

    def _look_at(self, seq: int, event: Event, detail: EventDetail | None) -> None:
        told = self.faults[-1].seq if self.faults else None
        if events.digest(event) != event.digest and told != seq:
            self.found(FaultKind.EDITED, seq, event.id, "its digest does not fit it")
        if detail is not None and event.personal_digest is None:
            self.found(FaultKind.DETAIL_INSERTED, seq, event.id, "it had no detail")
        elif detail is not None and events.personal_digest(detail) != event.personal_digest:
            self.found(FaultKind.DETAIL_EDITED, seq, event.id, "its detail was edited")
        if self.youngest - time_of(event.id) > LATE:
            self.found(FaultKind.INSERTED, seq, event.id, _late(event, self.youngest))

    def found(self, kind: FaultKind, seq: int | None, event_id: UUID | None, said: str) -> None:
        """Note what does not fit."""
        self.faults.append(Fault(kind, seq, event_id, said))


def _late(event: Event, youngest: datetime) -> str:
    return f"made at {time_of(event.id):%F %T} but sealed after events of {youngest:%F %T} (UTC)"
