"""Tables of people on the wire."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from src.domain.accounts.imports import Outcome, Plan, RowPlan
from src.models.common import Wire


class CellFault(Wire):
    """What is wrong with a cell."""

    column: str
    code: str
    detail: str


class ImportRow(Wire):
    """A line of the file, and what becomes of it."""

    line: int
    email: str
    name: str
    outcome: Outcome
    changes: list[str] = Field(description="The columns that would change something.")
    faults: list[CellFault]

    @classmethod
    def of(cls, row: RowPlan) -> Self:
        """The row as it goes over the wire."""
        faults = [
            CellFault(column=one.column, code=one.code, detail=one.detail) for one in row.faults
        ]
        return cls(
            line=row.line,
            email=row.email,
            name=row.name,
            outcome=row.outcome,
            changes=row.changed_columns,
            faults=faults,
        )


class ImportRead(Wire):
    """What a table does, or would do with `dry_run`."""

    is_done: bool
    created: int
    changed: int
    unchanged: int
    refused: int
    invited: int
    rows: list[ImportRow]

    @classmethod
    def of(cls, plan: Plan, *, is_done: bool, invited: int = 0) -> Self:
        """The plan as it goes over the wire."""
        return cls(
            is_done=is_done,
            created=plan.count(Outcome.CREATED),
            changed=plan.count(Outcome.CHANGED),
            unchanged=plan.count(Outcome.UNCHANGED),
            refused=plan.count(Outcome.REFUSED),
            invited=invited,
            rows=[ImportRow.of(row) for row in plan.rows],
        )
