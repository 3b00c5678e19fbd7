"""A file as rows: CSV by its columns, JSON as a list of objects with the same names."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from src.core.errors import DomainError, FieldError
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.operations.imports.columns import MOST_ROWS, SHEETS, Sheet
from src.domain.operations.imports.errors import TeamImportUnreadable
from src.domain.operations.tables import ImportFormat, ImportKind

reading, export = accounts.imports.reading, accounts.imports.export
Row = reading.Row
Cell = reading.Cell
LONGEST_KEY = 200


def decoded(content: bytes) -> str:
    """The file as text. Raises `TeamImportUnreadable`."""
    try:
        return reading.decoded(content)
    except accounts.imports.TableUnreadable as refusal:
        raise _from(refusal) from refusal


def read(kind: ImportKind, format_: ImportFormat, content: str) -> list[Row]:
    """The rows, each with the line it begins in (of JSON: its number). Raises
    `TeamImportUnreadable`."""  # noqa: D205, D209 - one sentence
    sheet = SHEETS[kind]
    if format_ is ImportFormat.JSON:
        return _of_json(sheet, content)
    try:
        return reading.read(content.encode(), sheet.layout)
    except accounts.imports.TableUnreadable as refusal:
        raise _from(refusal) from refusal


def key_of(row: Row) -> str:
    """What names the row: its key, else its number, else all that stands in it."""
    said = row.cells.get("key") or row.cells.get("number")
    if said:
        return said
    cells = sorted((name, cell) for name, cell in row.cells.items() if cell)
    return "sha256:" + hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _of_json(sheet: Sheet, content: str) -> list[Row]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise _unreadable(line, "", "bad-json", _("It is not written as JSON is.")) from error
    items = found.get("items") if isinstance(found, dict) else found
    if not isinstance(items, list):
        raise _unreadable(1, "", "bad-json", _("It must be a list of objects."))
    if len(items) > MOST_ROWS:
        detail = _("At most %(most)s rows at once. Take it in parts.", most=MOST_ROWS)
        raise _unreadable(1, "", "too-many", detail)
    return [_row(sheet, number, item) for number, item in enumerate(items, 1)]


def _row(sheet: Sheet, number: int, item: Any) -> Row:  # noqa: ANN401 - whatever JSON can say
    if not isinstance(item, dict):
        raise _unreadable(number, "", "bad-json", _("Each row must be an object."))
    if unknown := item.keys() - set(sheet.names):
        known = ", ".join(sheet.names)
        detail = _("There is no such column. The columns are %(known)s.", known=known)
        raise _unreadable(number, min(unknown), "unknown-column", detail)
    return Row(number, {name: _cell(number, name, value) for name, value in item.items()})


def _cell(number: int, name: str, value: Any) -> str:  # noqa: ANN401 - whatever JSON can say
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return export.joined(value).replace("\x00", "")
    if isinstance(value, str | int | float):
        return str(value).replace("\x00", "").strip()
    raise _unreadable(number, name, "bad-json", _("Write a text, or a list of texts."))


def _from(refusal: DomainError) -> TeamImportUnreadable:
    return TeamImportUnreadable(refusal.detail, errors=refusal.errors, **refusal.members)


def _unreadable(line: int, column: str, code: str, detail: str) -> TeamImportUnreadable:
    said = _("Line %(line)s: %(detail)s", line=line, detail=detail)
    fault = FieldError(("rows", line, column), code, detail)
    return TeamImportUnreadable(said, errors=(fault,), line=line)
