"""A team moves in: its updates, incidents, blockers and decisions from a file.

A file is sent, looked through, then taken over, by operations one can watch and stop. Invariants:
looking it through does everything and takes it back; every row goes through the service of its
noun, with the same checks; a row is taken over once, known by its key (else by its number, else by
all that stands in it) within its team, and what is here already stays as it is; whoever wrote
something is named, back then; the record says that it was imported, so no summary takes it for
today's; the file is deleted after a week.
"""

from __future__ import annotations

from src.domain.operations.imports import columns, leaving, running, topics, verbs
from src.domain.operations.imports.columns import LARGEST, MOST_ROWS, SHEETS, template
from src.domain.operations.imports.errors import (
    TeamImportHasFaults,
    TeamImportNotFound,
    TeamImportNotReady,
    TeamImportUnreadable,
)
from src.domain.operations.imports.policy import may
from src.domain.operations.imports.running import run
from src.domain.operations.imports.service import (
    Counts,
    ImportView,
    faults_as_csv,
    finish,
    forget_old,
    get,
    list_,
    take,
    upload,
)

__all__ = [
    "LARGEST",
    "MOST_ROWS",
    "SHEETS",
    "Counts",
    "ImportView",
    "TeamImportHasFaults",
    "TeamImportNotFound",
    "TeamImportNotReady",
    "TeamImportUnreadable",
    "columns",
    "faults_as_csv",
    "finish",
    "forget_old",
    "get",
    "leaving",
    "list_",
    "may",
    "run",
    "running",
    "take",
    "template",
    "topics",
    "upload",
    "verbs",
]
