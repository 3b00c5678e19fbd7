"""Files of teams that move in, on the wire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from src.core.operations import OperationState
from src.domain.operations.tables import ImportFormat, ImportKind
from src.models.common import Wire


class NamedTeam(Wire):
    """A team by its name."""

    id: UUID
    name: str = Field(examples=["Optics"])


class ImportCounts(Wire):
    """How many rows: new ones, those that are here already, and those that are not right."""

    rows: int
    created: int
    unchanged: int
    refused: int


class ImportFault(Wire):
    """What is wrong with a row: where it begins in the file (of JSON: its number), and the column."""

    line: int
    column: str = Field(examples=["author"])
    code: str = Field(examples=["unknown-person"])
    detail: str


class TeamImportRead(Wire):
    """A file, and what would come (`is_preview`) or came of it. At most 2,000 faults are listed."""

    id: UUID
    kind: ImportKind
    format: ImportFormat
    name: str = Field(examples=["updates-2025.csv"])
    team: NamedTeam | None
    is_preview: bool
    state: OperationState = Field(description="Of the work that goes on, or went on last.")
    operation_id: UUID
    counts: ImportCounts | None = Field(description="Null until it was looked through.")
    faults: list[ImportFault]
    may_take: bool
    may_take_good: bool
    created_at: datetime
    finished_at: datetime | None


class TeamImportTake(Wire):
    """What to take over."""

    only_good: bool = Field(False, description="The rows that are right, though others are not.")
