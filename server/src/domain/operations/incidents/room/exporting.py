"""A timeline as a file: Markdown to be read, CSV to be counted. Times are the reader's."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from src.core import language
from src.core.audit_export import cell
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.operations.incidents.room import wording
from src.domain.operations.incidents.room.views import EntryView

UPDATE = (
    ("conditions", mark("Conditions")),
    ("actions", mark("Actions")),
    ("needs", mark("Needs")),
)
COLUMNS = (
    "at", "written_at", "is_backdated", "is_pinned", "kind", "author", "what", "text",
    "conditions", "actions", "needs", "id",
)  # fmt: skip


def as_markdown(heading: str, found: Sequence[EntryView]) -> str:
    """A heading, and a part for each line, the first first. Times in the reader's zone."""
    zone = language.reader().zone
    lead = _("Timeline with %(count)s lines, times in %(zone)s.", count=len(found), zone=str(zone))
    parts = [f"# {_on_one_line(heading)}", lead]
    parts += [_part(one) for one in found]
    return "\n\n".join(parts) + "\n"


def as_csv(found: Sequence[EntryView]) -> str:
    """A row for each line, times in UTC; no cell is taken for a formula by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in found:
        writer.writerow(
            [
                cell(each)
                for each in (
                    _utc(one.at), _utc(one.written_at), _yes(is_so=one.is_backdated),
                    _yes(is_so=one.is_pinned), one.kind.value,
                    one.author.name if one.author else "", one.words, one.text,
                    one.conditions, one.actions, one.needs, one.id,
                )
            ]
        )  # fmt: skip
    return out.getvalue()


def _part(one: EntryView) -> str:
    marks = [language.format_moment(one.at), _(wording.KINDS[one.kind])]
    if one.author:
        marks.append(_on_one_line(one.author.name))
    if one.is_pinned:
        marks.append(_("pinned"))
    lines = [f"## {' · '.join(marks)}"]
    if one.is_backdated:
        when = language.format_moment(one.written_at)
        lines.append("*" + _("Written down later: %(when)s", when=when) + "*")
    if one.words:
        lines.append(_on_one_line(one.words))
    if one.text:
        lines.append(_quoted(one.text))
    for name, label in UPDATE:
        if said := getattr(one, name):
            lines += [f"**{_(label)}**", _quoted(said)]
    return "\n\n".join(lines)


def _quoted(text: str) -> str:
    """What people wrote stays theirs: no heading of theirs becomes one of the file's."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _yes(*, is_so: bool) -> str:
    return "yes" if is_so else "no"
