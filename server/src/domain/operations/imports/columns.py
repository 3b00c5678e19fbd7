"""The columns of each kind, what stands in them, and an example to begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from src.core.language import mark
from src.domain import accounts
from src.domain.operations.tables import ImportFormat, ImportKind

Layout = accounts.imports.reading.Layout
export = accounts.imports.export
MOST_ROWS, LARGEST = 20_000, 20 * 1024 * 1024
_KEY = ("key", mark("What names the row where it comes from. The same key is taken over once."))
_NUMBER = ("number", mark("The number it had before: it becomes a tag, and is searched for."))
_TAGS = ("tags", mark("Words parted by |."))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A kind's columns with their meaning, the one that is always needed, and an example."""

    columns: tuple[tuple[str, str], ...]
    needed: str
    example: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(name for name, _meaning in self.columns)

    @property
    def layout(self) -> Layout:
        """How a file of it is read."""
        return Layout(self.names, self.needed, MOST_ROWS, largest=LARGEST)


SHEETS: Mapping[ImportKind, Sheet] = {
    ImportKind.STATUS_UPDATES: Sheet(
        (
            _KEY,
            ("author", mark("The e-mail address of who said it.")),
            ("posted_at", mark("When: 2026-03-01 09:30, or with a zone.")),
            ("done", mark("What was done. Markdown.")),
            ("next", mark("What comes next.")),
            ("needs", mark("What is needed.")),
            _TAGS,
        ),
        "author",
        {"key": "U-1", "author": "ada@example.org", "posted_at": "2026-03-01 09:30",
         "done": "Aligned the laser", "next": "Calibrate it", "needs": "Ethanol", "tags": "laser|optics"},
    ),
    ImportKind.INCIDENTS: Sheet(
        (
            _KEY, _NUMBER,
            ("title", mark("What it is called.")),
            ("type", mark("The code or the name of its type.")),
            ("description", mark("What happened. Markdown.")),
            ("severity", mark("undetermined, low, medium, high or critical; else its type's.")),
            ("priority", mark("The number or the name of its priority; else its type's.")),
            ("visibility", mark("open or restricted; else its type's.")),
            ("state", mark("open, in_progress, resolved or closed; open, unless said.")),
            ("occurred_at", mark("When it happened.")),
            ("reported_at", mark("When it was reported; when it happened, unless said.")),
            ("acknowledged_at", mark("When somebody took it on.")),
            ("resolved_at", mark("When it was resolved; needed for what is resolved or closed.")),
            ("closed_at", mark("When it was closed; when it was resolved, unless said.")),
            ("resolution", mark("How; needed for what is resolved or closed.")),
            ("reported_by", mark("The e-mail address of who reported it; empty: nobody knows.")),
            ("lead", mark("The e-mail address of who leads or led it.")),
            ("resources", mark("The names of resources it concerned, parted by |.")),
            _TAGS,
        ),
        "title",
        {"key": "I-7", "number": "INC-0007", "title": "Chiller leaks", "type": "equipment-failure",
         "description": "Water under the chiller", "severity": "medium", "state": "closed",
         "occurred_at": "2026-02-03 14:10", "resolved_at": "2026-02-04 11:00",
         "resolution": "A new gasket", "reported_by": "ada@example.org", "tags": "chiller"},
    ),
    ImportKind.BLOCKERS: Sheet(
        (
            _KEY, _NUMBER,
            ("title", mark("What is blocked.")),
            ("description", mark("More of it. Markdown.")),
            ("waiting_on", mark("person, vendor, ehs, funding or other.")),
            ("waiting_on_person", mark("The e-mail address of whom it waits for.")),
            ("waiting_on_name", mark("Whoever else it waits for, by name.")),
            ("impact", mark("undetermined, low, medium, high or critical.")),
            ("impact_text", mark("What it keeps from going on.")),
            ("owner", mark("The e-mail address of who looks after it.")),
            ("needed_by", mark("A day, as in 2026-03-31.")),
            ("raised_by", mark("The e-mail address of who raised it.")),
            ("raised_at", mark("When.")),
            ("resolved_at", mark("When it was resolved; empty: it is active.")),
            ("resolution", mark("How it was resolved.")),
            ("archived", mark("yes or no; only what is resolved.")),
            _TAGS,
        ),
        "title",
        {"key": "B-3", "number": "BLK-3", "title": "No ethanol", "waiting_on": "vendor",
         "waiting_on_name": "Carl Roth", "impact": "high", "owner": "ada@example.org",
         "raised_at": "2026-02-20 08:00", "tags": "stock"},
    ),
    ImportKind.DECISIONS: Sheet(
        (
            _KEY, _NUMBER,
            ("title", mark("What was decided about.")),
            ("context", mark("Why it is asked. Markdown.")),
            ("outcome", mark("What was decided. Markdown.")),
            ("state", mark("proposed, accepted, rejected, withdrawn, superseded or deprecated.")),
            ("proposed_by", mark("The e-mail address of who proposed it.")),
            ("proposed_at", mark("When.")),
            ("decided_by", mark("The e-mail address of who decided it.")),
            ("decided_at", mark("When; needed for what is decided.")),
            ("reason", mark("Why.")),
            ("superseded_by", mark("The key of the decision that took its place.")),
            ("review_on", mark("A day, as in 2026-12-01.")),
            ("options", mark("What was considered, parted by |; what was chosen begins with *.")),
            ("participants", mark("E-mail addresses, parted by |.")),
            _TAGS,
        ),
        "title",
        {"key": "D-1", "number": "ADR-1", "title": "Where samples are kept", "outcome": "In freezer 3",
         "state": "accepted", "proposed_by": "ada@example.org", "proposed_at": "2026-01-10 10:00",
         "decided_at": "2026-01-12 16:00", "options": "*Freezer 3|Freezer 4", "tags": "samples"},
    ),
}  # fmt: skip


def template(kind: ImportKind, format_: ImportFormat) -> bytes:
    """A file with one row, to begin with."""
    sheet = SHEETS[kind]
    if format_ is ImportFormat.JSON:
        return json.dumps([dict(sheet.example)], indent=2, ensure_ascii=False).encode() + b"\n"
    example = [sheet.example.get(name, "") for name in sheet.names]
    return export.MARK + export.written([sheet.names, example])
