"""Sheets: what an institute asks about a thing, in fields it defines itself.

Custom fields of resources, questions at booking and checklists are all sheets: a JSON schema
(draft 2020-12) says what is asked, an object holds the answers. Only a part of JSON schema is
taken, so that every sheet can be shown as a form:

    {"type": "object", "required": ["sample"], "properties": {
        "sample":  {"type": "string", "title": "Sample", "maxLength": 80, "x-order": 1},
        "dye":     {"type": "string", "title": "Dye", "enum": ["none", "DAPI"], "x-order": 2},
        "made_on": {"type": "string", "title": "Made on", "format": "date", "x-order": 3},
        "power":   {"type": "number", "title": "Laser power", "minimum": 0, "maximum": 100,
                    "x-unit": "mW", "x-limits": {"low": 5, "high": 80}, "x-order": 4},
        "clean":   {"type": "boolean", "title": "The stage is clean", "const": true, "x-order": 5}}}

`x-order` says where a field stands (databases do not keep the order of an object), `x-unit` what
its number counts. Beyond `minimum` and `maximum` an answer is refused; beyond `x-limits` it is
kept and flagged (`out_of_limits`). A boolean with `const: true` has to be confirmed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from src.core.errors import FieldError, Invalid
from src.core.language import format_list, format_number
from src.core.language import gettext as _
from src.core.sheet_schemas import (
    LARGEST,
    LONGEST_TEXT,
    MAX_FIELDS,
    is_number,
    is_unstorable,
)
from src.core.sheet_schemas import Schema as Schema  # noqa: PLC0414 - part of this module
from src.core.sheet_schemas import faults as schema_faults

Kind = Literal["text", "long", "choice", "date", "number", "integer", "boolean", "confirm"]
# From here on a text is written in an area of several lines.
_LONG = 300
_TRUE = frozenset({"true", "on", "yes", "1"})
_FALSE = frozenset({"false", "off", "no", "0"})


class SheetInvalid(Invalid):
    """The sheet asks for something that no form can show. `errors` names every place in it."""

    code, title = "sheet-invalid", "The fields are not valid"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one answer. `code`: missing, invalid or unknown."""

    name: str
    code: Literal["missing", "invalid", "unknown"]
    message: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a sheet, as a form shows it. `low` and `high` flag an answer."""

    name: str
    kind: Kind
    label: str
    help: str = ""
    is_required: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    shortest: int = 0
    longest: int = LONGEST_TEXT

    @property
    def hint(self) -> str:
        """What stands below the label: what to know, and the numbers that are taken."""
        low, high = self.minimum, self.maximum
        bounds = ""
        if low is not None and high is not None:
            said = {"low": format_number(low), "high": format_number(high)}
            bounds = _("From %(low)s to %(high)s.", **said)
        elif low is not None:
            bounds = _("At least %(low)s.", low=format_number(low))
        elif high is not None:
            bounds = _("At most %(high)s.", high=format_number(high))
        return " ".join(part for part in (self.help, bounds) if part)


def require_schema(schema: Schema) -> None:
    """Raise `SheetInvalid` with every fault at its place. An empty object asks nothing."""
    found = schema_faults(schema)
    if found:
        errors = tuple(FieldError(place, "invalid-sheet", detail) for place, detail in found)
        raise SheetInvalid(found[0][1], errors=errors)


def fields(schema: Schema | None) -> list[Field]:
    """What a sheet asks, in its order."""
    if not schema:
        return []
    required = set(schema.get("required", ()))
    properties = list(schema.get("properties", {}).items())
    properties.sort(key=lambda pair: pair[1].get("x-order", MAX_FIELDS))
    return [_field(name, asked, is_required=name in required) for name, asked in properties]


def check(schema: Schema | None, answers: Mapping[str, Any] | None) -> list[Fault]:
    """What is wrong with the answers, in the order of the fields; unknown ones last."""
    given = dict(answers or {})
    faults = []
    for field in fields(schema):
        answer = given.pop(field.name, None)
        if answer is None or answer == "":
            if field.is_required or field.kind == "confirm":
                faults.append(Fault(field.name, "missing", _missing(field)))
        elif (message := _fault(field, answer)) is not None:
            faults.append(Fault(field.name, "invalid", message))
    asked = _("Nothing is asked under this name.")
    return [*faults, *(Fault(str(name), "unknown", asked) for name in given)]


def out_of_limits(schema: Schema | None, answers: Mapping[str, Any] | None) -> list[str]:
    """The names of numbers that are kept, but beyond what is normal."""
    given = answers or {}
    numbers = ((field, given.get(field.name)) for field in fields(schema))
    return [
        field.name
        for field, answer in numbers
        if answer is not None and is_number(answer) and not _between(answer, field.low, field.high)
    ]


def tidy(schema: Schema | None, answers: Mapping[str, Any] | None) -> dict[str, Any]:
    """Sound answers as they are stored: in the order of the fields, without those left empty."""
    given = answers or {}
    names = [field.name for field in fields(schema)]
    return {
        name: given[name] for name in names if given.get(name) is not None and given[name] != ""
    }


def parse_form(schema: Schema | None, typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed as answers; what cannot be read stays text, for `check` to refuse."""
    answers: dict[str, Any] = {}
    for field in fields(schema):
        text = typed.get(field.name, "").strip()
        if text:
            answers[field.name] = _parsed(field, text)
    return answers


def as_typed(schema: Schema | None, answers: Mapping[str, Any] | None) -> dict[str, str]:
    """Answers as somebody would have typed them: what `parse_form` reads."""
    given = answers or {}
    return {
        field.name: _typed(given[field.name])
        for field in fields(schema)
        if given.get(field.name) is not None
    }


def as_read(schema: Schema | None, answers: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Labels and answers for a reader, in order; what nothing asks any more by its name."""
    given = dict(answers or {})
    told = [
        (field.label, _readable(field, given.pop(field.name)))
        for field in fields(schema)
        if given.get(field.name) is not None
    ]
    left = ((name, value) for name, value in given.items() if value is not None)
    return [*told, *((name, _typed(value)) for name, value in left)]


def _field(name: str, asked: Schema, *, is_required: bool) -> Field:
    limits = asked.get("x-limits", {})
    return Field(
        name,
        _kind(asked),
        asked.get("title") or name.replace("_", " ").capitalize(),
        asked.get("description", ""),
        is_required,
        tuple(asked.get("enum", ())),
        asked.get("minimum"),
        asked.get("maximum"),
        asked.get("x-unit", ""),
        limits.get("low"),
        limits.get("high"),
        asked.get("minLength", 0),
        min(asked.get("maxLength", LONGEST_TEXT), LONGEST_TEXT),
    )


def _kind(asked: Schema) -> Kind:
    match asked.get("type"):
        case "boolean":
            return "confirm" if asked.get("const") is True else "boolean"
        case "number":
            return "number"
        case "integer":
            return "integer"
    if "enum" in asked:
        return "choice"
    if asked.get("format") == "date":
        return "date"
    return "long" if asked.get("maxLength", 0) >= _LONG else "text"


def _missing(field: Field) -> str:
    if field.kind == "confirm":
        return _("Confirm this.")
    return _("This needs an answer.")


def _fault(field: Field, answer: object) -> str | None:
    match field.kind:
        case "number" | "integer":
            return _number_fault(field, answer)
        case "boolean":
            return None if isinstance(answer, bool) else _("Answer yes or no.")
        case "confirm":
            return None if answer is True else _("Confirm this.")
    if not isinstance(answer, str):
        return _("Answer with text.")
    if field.kind == "choice" and answer not in field.choices:
        return _("Choose one of: %(choices)s.", choices=format_list(field.choices, "or"))
    if field.kind == "date":
        return None if _is_date(answer) else _("Enter a date, as in 2026-11-23.")
    if len(answer) > field.longest:
        return _("At most %(limit)s characters.", limit=field.longest)
    if len(answer) < field.shortest:
        return _("At least %(limit)s characters.", limit=field.shortest)
    return _("A character in it cannot be stored.") if is_unstorable(answer) else None


def _number_fault(field: Field, answer: Any) -> str | None:  # noqa: ANN401
    if not is_number(answer) or abs(answer) > LARGEST:
        return _("Enter a number.")
    if field.kind == "integer" and answer != int(answer):
        return _("Enter a whole number.")
    if _between(answer, field.minimum, field.maximum):
        return None
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        said = {"low": format_number(low), "high": format_number(high)}
        return _("Enter a number from %(low)s to %(high)s.", **said)
    if low is not None:
        return _("Enter %(ge)s or more.", ge=format_number(low))
    return _("Enter %(le)s or less.", le=format_number(high or 0))


def _between(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _parsed(field: Field, text: str) -> Any:  # noqa: ANN401 - an answer of its kind
    if field.kind in {"boolean", "confirm"}:
        word = text.casefold()
        return True if word in _TRUE else False if word in _FALSE else text
    if field.kind in {"number", "integer"}:
        try:
            number = float(text.replace(",", ".").replace("\N{MINUS SIGN}", "-"))
        except ValueError:
            return text
        if not math.isfinite(number):
            return text
        return int(number) if number == int(number) else number
    return text


def _typed(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) and value == int(value) else str(value)


def _readable(field: Field, answer: object) -> str:
    if isinstance(answer, bool):
        return _("Yes") if answer else _("No")
    if isinstance(answer, int | float):
        number = format_number(answer)
        return f"{number} {field.unit}" if field.unit else number
    return str(answer)
