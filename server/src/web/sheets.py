"""Sheets (`core.sheets`) in forms: their fields carry a prefix, their faults stand at the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from src.core import sheets
from src.web.forms import Form


def fill(
    form: Form, schema: sheets.Schema | None, answers: Mapping[str, Any] | None, *, prefix: str
) -> None:
    """Write stored answers into a form that is about to be shown."""
    for name, typed in sheets.as_typed(schema, answers).items():
        form.values[prefix + name] = typed
        form.lists[prefix + name] = [typed]


def read(form: Form, schema: sheets.Schema | None, *, prefix: str) -> dict[str, Any]:
    """The answers that were typed; what cannot be read stays text."""
    typed = {
        name.removeprefix(prefix): value
        for name, value in form.values.items()
        if name.startswith(prefix)
    }
    return sheets.parse_form(schema, typed)


def check(
    form: Form, schema: sheets.Schema | None, answers: Mapping[str, Any], *, prefix: str
) -> bool:
    """Whether nothing is wrong with the answers; what is stands at its field."""
    faults = sheets.check(schema, answers)
    for fault in faults:
        form.add(prefix + fault.name, f"answer-{fault.code}", fault.message)
    return not faults
