"""What may stand in the schema of a sheet (`core.sheets`): every fault of it, at its place."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from src.core.language import gettext as _

MAX_FIELDS = 50
MAX_CHOICES = 100
LONGEST_TEXT = 2000
LARGEST = 10**15
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TYPES = ("string", "number", "integer", "boolean")
_ALWAYS = frozenset({"type", "title", "description", "x-order"})
_OF_TYPE = {
    "string": frozenset({"enum", "format", "minLength", "maxLength"}),
    "number": frozenset({"minimum", "maximum", "x-unit", "x-limits"}),
    "integer": frozenset({"minimum", "maximum", "x-unit", "x-limits"}),
    "boolean": frozenset({"const"}),
}
_OF_SHEET = frozenset(
    {
        "$schema",
        "type",
        "title",
        "description",
        "properties",
        "required",
        "additionalProperties",
    }
)

Place = tuple[str | int, ...]
Schema = Mapping[str, Any]
Faults = list[tuple[Place, str]]


def faults(schema: Any) -> Faults:  # noqa: ANN401 - whatever came
    """Every fault of a sheet with its place."""
    if not schema:
        return []
    if not isinstance(schema, Mapping) or schema.get("type", "object") != "object":
        return [(("type",), _("A sheet is an object with properties."))]
    properties = schema.get("properties", {})
    if not isinstance(properties, Mapping) or len(properties) > MAX_FIELDS:
        return [(("properties",), _("At most %(most)s fields.", most=MAX_FIELDS))]
    unknown = _("This is no part of a sheet.")
    found: Faults = [((name,), unknown) for name in schema if name not in _OF_SHEET]
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(
        isinstance(name, str) and name in properties for name in required
    ):
        found.append((("required",), _("It names fields that are not there.")))
    for name, asked in properties.items():
        place = ("properties", str(name))
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            detail = _("Name a field by small letters, digits and _, up to 40.")
            found.append((place, detail))
        found += [((*place, *inner), detail) for inner, detail in _faults_of_field(asked)]
    return found


def _faults_of_field(asked: Any) -> Faults:  # noqa: ANN401 - whatever came
    if not isinstance(asked, Mapping) or asked.get("type") not in _TYPES:
        return [(("type",), _("Choose one of: %(choices)s.", choices=", ".join(_TYPES)))]
    known = _ALWAYS | _OF_TYPE[asked["type"]]
    unknown = _("This is no part of a field of this type.")
    found: Faults = [((name,), unknown) for name in asked if name not in known]
    found += [
        ((name,), detail)
        for name, (is_sound, detail) in _sound().items()
        if name in asked and name in known and not is_sound(asked[name])
    ]
    if not found:
        found += _contradictions(asked)
    return found


def _contradictions(asked: Schema) -> Faults:
    limits = asked.get("x-limits", {})
    pairs = (
        ("maximum", asked.get("minimum"), asked.get("maximum")),
        ("maxLength", asked.get("minLength"), asked.get("maxLength")),
        ("x-limits", limits.get("low"), limits.get("high")),
    )
    detail = _("The highest cannot be lower than the lowest.")
    return [
        ((name,), detail)
        for name, low, high in pairs
        if low is not None and high is not None and low > high
    ]


def is_number(value: Any) -> bool:  # noqa: ANN401 - whatever came
    """Whether it is a number that a database and a reader can take."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_unstorable(text: str) -> bool:
    """Whether no database would keep it: a NUL, half a letter."""
    return "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def _is_line(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 200 and not is_unstorable(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and not is_unstorable(value)


def _is_bound(value: Any) -> bool:  # noqa: ANN401 - whatever came
    return is_number(value) and abs(value) <= LARGEST


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LONGEST_TEXT


def _is_choices(value: object) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= MAX_CHOICES
        and all(_is_line(each) and each.strip() for each in value)
        and len(set(value)) == len(value)
    )


def _is_limits(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and value.keys() <= {"low", "high"}
        and all(_is_bound(bound) for bound in value.values())
    )


def _sound() -> dict[str, tuple[Callable[[Any], bool], str]]:
    number, count = _("Enter a number."), _("A whole number from 0 to 2000.")
    return {
        "title": (_is_line, _("At most 200 characters.")),
        "description": (_is_text, _("At most 2000 characters.")),
        "x-unit": (_is_line, _("At most 200 characters.")),
        "x-order": (_is_count, count),
        "enum": (_is_choices, _("A list of different texts, at most 100.")),
        "format": (lambda value: value == "date", _("The only format is date.")),
        "minLength": (_is_count, count),
        "maxLength": (_is_count, count),
        "minimum": (_is_bound, number),
        "maximum": (_is_bound, number),
        "x-limits": (_is_limits, _("An object with low, high or both.")),
        "const": (lambda value: value is True, _("Only true can be asked for.")),
    }
