"""The cells of one row in their types; what is wrong with them is gathered, not raised at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from src.core import clock
from src.core.language import gettext as _
from src.domain.operations.imports.reading import Cell, Row

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
_FORMATS = ("%d.%m.%Y %H:%M", "%d.%m.%Y")
_FIRST = 1970
_FLAGS = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True}


class BadCells(Exception):
    """What is wrong with a row."""

    def __init__(self, *cells: Cell) -> None:
        self.cells = cells


@dataclass(slots=True)
class Cells:
    """A row as it is read: each wrong cell becomes a fault, and `done` raises them together."""

    row: Row
    zone: tzinfo
    people: Mapping[str, UUID]
    faults: list[Cell] = field(default_factory=list)

    def text(self, name: str) -> str:
        """What stands in it."""
        return self.row.cells.get(name, "")

    def parts(self, name: str) -> list[str]:
        """What stands in it, parted by `|`."""
        return self.row.list_of(name)

    def fault(self, name: str, code: str, detail: str) -> None:
        """Say that something is wrong with it."""
        self.faults.append(Cell(self.row.line, name, code, detail))

    def needed(self, *names: str, why: str = "") -> None:
        """Say where something is missing."""
        for name in names:
            if not self.text(name):
                self.fault(name, "missing", why or _("This is needed."))

    def person(self, name: str) -> UUID | None:
        """Whoever has the address."""
        found = self.people_of(name, [self.text(name)] if self.text(name) else [])
        return found[0] if found else None

    def people_of(self, name: str, emails: list[str]) -> list[UUID]:
        """Whoever has the addresses."""
        found = []
        for email in emails:
            person = self.people.get(email.strip().casefold())
            if person is None:
                detail = _("Nobody here has the address %(email)s.", email=email)
                self.fault(name, "unknown-person", detail)
            else:
                found.append(person)
        return found

    def choice(self, name: str, values: type[E], default: E | None = None) -> E | None:
        """One of a few words, in whatever case, with blanks or hyphens."""
        said = "_".join(self.text(name).casefold().replace("-", " ").split())
        if not said:
            return default
        try:
            return values(said)
        except ValueError:
            known = ", ".join(values)
            self.fault(name, "unknown-word", _("Write one of: %(known)s.", known=known))
            return default

    def flag(self, name: str) -> bool:
        """Yes or no."""
        said = self.text(name).casefold()
        if said not in _FLAGS:
            self.fault(name, "unknown-word", _("Write yes or no."))
        return _FLAGS.get(said, False)

    def day(self, name: str) -> date | None:
        """A day."""
        found = self._read(name)
        return found.date() if found else None

    def moment(self, name: str) -> datetime | None:
        """A time that is over; without a zone it is on the clock of whoever imports."""
        found = self._read(name)
        if found is None:
            return None
        found = found if found.tzinfo else found.replace(tzinfo=self.zone)
        if found > clock.now():
            self.fault(name, "in-the-future", _("This lies in the future."))
            return None
        return found

    def ordered(self, *names: str) -> dict[str, datetime | None]:
        """Times none of which comes before one that is named earlier."""
        found = {name: self.moment(name) for name in names}
        last: datetime | None = None
        for name, at in found.items():
            if at is not None and last is not None and at < last:
                detail = _("This comes before what must have happened earlier.")
                self.fault(name, "out-of-order", detail)
            last = at or last
        return found

    def named(self, name: str, known: Mapping[str, T], none: str) -> T | None:
        """What is called so."""
        said = self.text(name).casefold()
        if said and said not in known:
            self.fault(name, "unknown-name", none)
        return known.get(said) if said else None

    def done(self) -> None:
        """Raise `BadCells` where something is wrong."""
        if self.faults:
            raise BadCells(*self.faults)

    def _read(self, name: str) -> datetime | None:
        said = self.text(name)
        if not said:
            return None
        found = None
        try:
            found = datetime.fromisoformat(said)
        except ValueError:
            for pattern in _FORMATS:
                try:
                    found = datetime.strptime(said, pattern)  # noqa: DTZ007 - a zone follows
                except ValueError:
                    continue
                break
        if found is None or found.year < _FIRST:
            self.fault(name, "not-a-time", _("Write it as in 2026-03-01 09:30."))
            return None
        return found
