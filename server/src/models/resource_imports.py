"""Tables of resources on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from src.domain.resources.importing import Outcome, RowResult
from src.models.common import Wire
from src.models.imports import CellFault


class ResourceImportRow(Wire):
    """A line of the file, and what becomes of it."""

    line: int
    name: str
    outcome: Outcome
    faults: list[CellFault]


class ResourceImportRead(Wire):
    """What a table does, or would do with `dry_run`."""

    is_done: bool
    created: int
    changed: int
    unchanged: int
    refused: int
    rows: list[ResourceImportRow]

    @classmethod
    def of(cls, results: Sequence[RowResult], *, is_done: bool) -> Self:
        """The results as they go over the wire."""
        outcomes = [result.outcome for result in results]
        return cls(
            is_done=is_done,
            created=outcomes.count(Outcome.CREATED),
            changed=outcomes.count(Outcome.CHANGED),
            unchanged=outcomes.count(Outcome.UNCHANGED),
            refused=outcomes.count(Outcome.REFUSED),
            rows=[ResourceImportRow.model_validate(result) for result in results],
        )
