"""Editing a sheet in a form: a row for each field, a few empty ones for what is added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from src.core import sheet_rows, sheets
from src.core.language import gettext as _
from src.core.language import mark
from src.core.sheet_rows import Row
from src.core.sheet_schemas import MAX_FIELDS
from src.core.sheets import Kind
from src.web.forms import Form

EMPTY = 2
MOST = MAX_FIELDS
KINDS: Mapping[Kind, str] = {
    "text": mark("A line of text"),
    "long": mark("Several lines of text"),
    "choice": mark("One of a list"),
    "boolean": mark("Yes or no"),
    "confirm": mark("To be confirmed"),
    "number": mark("A number"),
    "integer": mark("A whole number"),
    "date": mark("A date"),
}
_NUMBERS = ("minimum", "maximum", "low", "high")


def fill(schema: sheets.Schema | None) -> Form:
    """The form with what a sheet asks now."""
    values: dict[str, object] = {}
    for place, row in enumerate(sheet_rows.rows_of(schema)):
        values |= {
            f"row{place}.{name}": value
            for name, value in (
                ("name", row.name),
                ("label", row.label),
                ("kind", row.kind),
                ("help", row.help),
                ("required", "on" if row.is_required else ""),
                ("choices", "\n".join(row.choices)),
                ("unit", row.unit),
                *((name, _number(getattr(row, name))) for name in _NUMBERS),
            )
        }
    return Form.of(values)


def places(form: Form, *, more: int = EMPTY) -> list[int]:
    """The rows to show: those that are there, and some that are empty."""
    filled = _filled(form)
    last = max(filled, default=-1)
    return list(range(min(last + 1 + more, MOST)))


def read(form: Form, before: sheets.Schema | None) -> dict[str, Any] | None:
    """The sheet that was put together; what is wrong with it stands at its fields."""
    known = {field.name for field in sheets.fields(before)}
    rows: list[tuple[int, Row]] = []
    for place in _filled(form):
        row = _row(form, place, known)
        order = form.values.get(f"row{place}.order", "").strip()
        rows.append((int(order) if order.isdecimal() and len(order) < 9 else place + 1, row))
    rows.sort(key=lambda pair: pair[0])
    schema = sheet_rows.schema_of([row for _order, row in rows], before=before)
    if schema is None or form.is_faulty:
        return schema
    try:
        sheets.require_schema(schema)
    except sheets.SheetInvalid as refusal:
        form.refuse(refusal)
    return schema


def _filled(form: Form) -> list[int]:
    """Rows without a label are taken away."""
    return [place for place in range(MOST) if form.values.get(f"row{place}.label", "").strip()]


def _row(form: Form, place: int, known: set[str]) -> Row:
    def said(name: str) -> str:
        return form.values.get(f"row{place}.{name}", "").strip()

    kind = cast("Kind", said("kind") if said("kind") in KINDS else "text")
    choices = tuple(dict.fromkeys(one.strip() for one in said("choices").splitlines()))
    choices = tuple(one for one in choices if one)
    if kind == "choice" and not choices:
        form.add(f"row{place}.choices", "missing", _("Write each choice on a line of its own."))
    numbers = {name: _bound(form, place, name) for name in _NUMBERS}
    for low, high in (("minimum", "maximum"), ("low", "high")):
        below, above = numbers[low], numbers[high]
        if below is not None and above is not None and below > above:
            text = _("The highest cannot be lower than the lowest.")
            form.add(f"row{place}.{high}", "contradiction", text)
    return Row(
        said("label")[:200],
        kind,
        said("name") if said("name") in known else "",
        said("help"),
        said("required") == "on",
        choices,
        unit=said("unit")[:40],
        **numbers,
    )


def _bound(form: Form, place: int, name: str) -> float | None:
    text = form.values.get(f"row{place}.{name}", "").strip()
    if not text:
        return None
    asked = {"properties": {"n": {"type": "number"}}}
    found = sheets.parse_form(asked, {"n": text})
    if sheets.check(asked, found):
        form.add(f"row{place}.{name}", "number", _("Enter a number."))
        return None
    number: float = found["n"]
    return number


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
