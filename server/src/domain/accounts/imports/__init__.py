"""People and memberships as a table: read from a file, previewed, taken over whole, and given out.

One row is one person, known by e-mail address, so the same file twice changes nothing. A filled
cell is set, an empty one leaves what is so; roles and teams are added, never taken away. Everything
happens in one transaction: either all rows, or, where that was chosen, all that are right.
"""

from __future__ import annotations

from src.domain.accounts.imports import export, inviting, reading
from src.domain.accounts.imports.applying import Done, take_over
from src.domain.accounts.imports.errors import ImportRefused, TableUnreadable
from src.domain.accounts.imports.export import chunks, template
from src.domain.accounts.imports.planning import Outcome, Plan, RowPlan, preview
from src.domain.accounts.imports.reading import COLUMNS, LARGEST, MOST_ROWS, Cell, read

__all__ = [
    "COLUMNS",
    "LARGEST",
    "MOST_ROWS",
    "Cell",
    "Done",
    "ImportRefused",
    "Outcome",
    "Plan",
    "RowPlan",
    "TableUnreadable",
    "chunks",
    "export",
    "inviting",
    "preview",
    "read",
    "reading",
    "take_over",
    "template",
]
