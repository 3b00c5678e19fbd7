"""Sheets (`core.sheets`) as rows of a simple editor: one row a field, in the order people see.

`schema_of(rows_of(schema))` asks the same as `schema`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

from src.core import sheets
from src.core.sheets import Kind, Schema

KINDS: tuple[Kind, ...] = get_args(Kind)
_LONG = 2000
_TYPES = {"number": "number", "integer": "integer", "boolean": "boolean", "confirm": "boolean"}
_NUMBERS = frozenset({"number", "integer"})


@dataclass(frozen=True, slots=True)
class Row:
    """A field as it is edited. Without a name it is new, and gets one from its label.

    `minimum` and `maximum` bound what is taken, `low` and `high` what is normal.
    """

    label: str
    kind: Kind = "text"
    name: str = ""
    help: str = ""
    is_required: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None


def rows_of(schema: Schema | None) -> list[Row]:
    """The rows of a sheet."""
    return [
        Row(
            field.label,
            field.kind,
            field.name,
            field.help,
            field.is_required,
            field.choices,
            field.minimum,
            field.maximum,
            field.unit,
            field.low,
            field.high,
        )
        for field in sheets.fields(schema)
    ]


def schema_of(rows: Iterable[Row], *, before: Schema | None = None) -> dict[str, Any] | None:
    """The sheet of the rows; None when there is none. What `before` says of lengths stays."""
    known = dict((before or {}).get("properties", {}))
    properties: dict[str, Any] = {}
    required = []
    for place, row in enumerate(rows, start=1):
        name = row.name or _name(row.label, properties.keys() | known.keys())
        properties[name] = _asked(row, place, known.get(name, {}))
        if row.is_required and row.kind != "confirm":
            required.append(name)
    if not properties:
        return None
    return {"type": "object", "properties": properties, "required": required}


def _asked(row: Row, place: int, before: Schema) -> dict[str, Any]:
    asked: dict[str, Any] = {"type": _TYPES.get(row.kind, "string"), "title": row.label}
    if row.help:
        asked["description"] = row.help
    if row.kind == "choice":
        asked["enum"] = list(row.choices)
    if row.kind == "date":
        asked["format"] = "date"
    if row.kind == "confirm":
        asked["const"] = True
    if row.kind == "long":
        asked["maxLength"] = _LONG
    if row.kind == "text":
        lengths = ("minLength", "maxLength")
        kept = {name: before[name] for name in lengths if name in before}
        asked |= (
            kept if sheets.fields({"properties": {"a": kept | asked}})[0].kind == "text" else {}
        )
    if row.kind in _NUMBERS:
        bounds = {"minimum": row.minimum, "maximum": row.maximum}
        asked |= {name: bound for name, bound in bounds.items() if bound is not None}
        limits = {"low": row.low, "high": row.high}
        if said := {name: limit for name, limit in limits.items() if limit is not None}:
            asked["x-limits"] = said
        if row.unit:
            asked["x-unit"] = row.unit
    return {**asked, "x-order": place}


def _name(label: str, taken: Iterable[str]) -> str:
    """A name from a label, that no other field has."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:34].strip("_")
    if not stem[:1].isalpha():
        stem = f"field_{stem}".strip("_")
    names = set(taken)
    found, number = stem, 1
    while found in names:
        number += 1
        found = f"{stem}_{number}"
    return found
