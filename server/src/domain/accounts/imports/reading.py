"""A file of people as rows: its letters and its separators found out, its columns known by name."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.imports.errors import TableUnreadable

COLUMNS = ("email", "name", "language", "time_zone", "roles", "teams", "leads")
MOST_ROWS = 2000
LARGEST = 1_000_000  # bytes
LIST_SEPARATOR = "|"
# A cell that begins so is a formula to a spreadsheet; it is given out behind an apostrophe.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SEPARATORS = ",;\t"
_ALIASES = {"e_mail": "email", "mail": "email", "timezone": "time_zone", "locale": "language"}
_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a table, and the one that says which thing a row is.

    Columns that begin with `prefix` are taken as well.
    """

    columns: tuple[str, ...]
    needed: str
    most: int = MOST_ROWS
    prefix: str | None = None
    largest: int = LARGEST  # bytes

    def knows(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self.columns or (self.prefix is not None and name.startswith(self.prefix))


PEOPLE = Layout(COLUMNS, "email")


@dataclass(frozen=True, slots=True)
class Row:
    """A line: where it begins in the file, and its cells by column."""

    line: int
    cells: dict[str, str]

    def list_of(self, column: str) -> list[str]:
        r"""A cell that holds several, parted by `|`; `\\|` is a letter of a name."""
        return split(self.cells.get(column, ""))


@dataclass(frozen=True, slots=True)
class Cell:
    """What is wrong, and where: the line of the file and the column's name."""

    line: int
    column: str
    code: str
    detail: str

    @property
    def as_fault(self) -> FieldError:
        """The same as a fault of the input."""
        return FieldError(("rows", self.line, self.column), self.code, self.detail)


def read(content: bytes, layout: Layout = PEOPLE) -> list[Row]:
    """The rows of a file in UTF-8 or UTF-16, with commas, semicolons or tabs.

    Raises `TableUnreadable`.
    """
    if len(content) > layout.largest:
        detail = _("It is larger than %(most)s MB. Take it in parts.", most=layout.largest // 10**6)
        raise _unreadable(1, "", "too-large", detail)
    text = decoded(content)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        return list(_rows(lines, layout))
    except csv.Error as error:
        detail = _("A quotation mark does not end, or stands in the middle of a cell.")
        raise _unreadable(lines.line_num, "", "bad-quotes", detail) from error


def split(cell: str) -> list[str]:
    """The parts of a cell that holds several, each once, in order."""
    parts: list[str] = []
    part, is_escaped = "", False
    for letter in cell:
        if is_escaped:
            part, is_escaped = part + letter, False
        elif letter == "\\":
            is_escaped = True
        elif letter == LIST_SEPARATOR:
            parts, part = [*parts, part], ""
        else:
            part += letter
    plain = (" ".join(one.split()) for one in (*parts, part))
    return list(dict.fromkeys(one for one in plain if one))


def decoded(content: bytes) -> str:
    """The file as text, without a mark. Raises `TableUnreadable`."""
    for mark, encoding in _UTF16:
        if content.startswith(mark):
            content, chosen = content[len(mark) :], encoding
            break
    else:
        content = content.removeprefix(codecs.BOM_UTF8)
        # Without a mark: plain letters in UTF-16 have a zero at every other place.
        sample = content[:200]
        odd, even = sample[1::2].count(0), sample[::2].count(0)
        many = max(1, len(sample) // 4)
        chosen = "utf-16-le" if odd >= many else "utf-16-be" if even >= many else "utf-8"
    try:
        text = content.decode(chosen)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        detail = _("Some letters cannot be read. Save it as “CSV UTF-8”.")
        raise _unreadable(line, "", "bad-letters", detail) from error
    if "\x00" in text:
        raise _unreadable(1, "", "bad-letters", _("It is not a text. Save it as “CSV UTF-8”."))
    return text


def _separator(text: str) -> str:
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(_SEPARATORS, key=head.count)


def _rows(lines: Iterator[list[str]], layout: Layout) -> Iterator[Row]:
    columns: list[str] | None = None
    count, begins = 0, 1
    for cells in lines:
        line, begins = begins, lines.line_num + 1  # type: ignore[attr-defined]  # csv.reader's own
        if not any(cell.strip() for cell in cells):
            continue
        if columns is None:
            columns = _columns(cells, line, layout)
            continue
        count += 1
        if count > layout.most:
            detail = _("At most %(most)s rows at once. Take it in parts.", most=layout.most)
            raise _unreadable(line, "", "too-many", detail)
        if any(cell.strip() for cell in cells[len(columns) :]):
            detail = _("There are more cells than columns. Put cells with a separator in quotes.")
            raise _unreadable(line, columns[-1], "too-many-cells", detail)
        yield Row(line, {name: _plain(cell) for name, cell in zip(columns, cells, strict=False)})
    if columns is None:
        raise _unreadable(1, layout.needed, "empty", _("It is empty."))


def _columns(cells: Sequence[str], line: int, layout: Layout) -> list[str]:
    found: list[str] = []
    for cell in cells:
        name = "_".join(cell.strip().casefold().replace("-", " ").replace("_", " ").split())
        name = _ALIASES.get(name, name)
        if not layout.knows(name):
            known = ", ".join(layout.columns)
            detail = _("There is no such column. The columns are %(known)s.", known=known)
            raise _unreadable(line, cell.strip(), "unknown-column", detail)
        if name in found:
            raise _unreadable(line, name, "twice", _("This column stands here twice."))
        found.append(name)
    if layout.needed not in found:
        detail = _("The column %(column)s is needed.", column=layout.needed)
        raise _unreadable(line, layout.needed, "missing", detail)
    return found


def _plain(cell: str) -> str:
    """Without what an export puts before a formula."""
    is_guarded = cell.startswith("'") and cell[1:].startswith((*FORMULA, "'"))
    return (cell[1:] if is_guarded else cell).strip()


def _unreadable(line: int, column: str, code: str, detail: str) -> TableUnreadable:
    fault = Cell(line, column, code, detail).as_fault
    return TableUnreadable(
        _("Line %(line)s: %(detail)s", line=line, detail=detail), errors=(fault,), line=line
    )
