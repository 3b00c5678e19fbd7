"""What is said in sheets: questions, checklists, settings of rules, fields of types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from src.core import sheet_schemas, sheets
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.resources import rules
from src.domain.resources.errors import NotInCatalogue
from src.domain.resources.policy import SHEETS


def check(values: Mapping[str, Any]) -> None:
    """Raise `NotInCatalogue` with every fault of the sheets among the values."""
    faults = [
        FieldError((name, *place), "invalid-sheet", detail)
        for name in (*SHEETS, "custom_schema")
        if values.get(name) is not None
        for place, detail in sheet_schemas.faults(values[name])
    ]
    faults += _own(values.get("own_rules"))
    if faults:
        raise NotInCatalogue(faults[0].detail, errors=tuple(faults))


def check_custom(schema: sheets.Schema, custom: Mapping[str, Any]) -> None:
    """Raise `NotInCatalogue` with what is wrong with a resource's own fields."""
    faults = [
        FieldError(("custom", fault.name), f"answer-{fault.code}", fault.message)
        for fault in sheets.check(schema, custom)
    ]
    if faults:
        raise NotInCatalogue(faults[0].detail, errors=tuple(faults))


def _own(said: object) -> list[FieldError]:
    if said is None:
        return []
    if not isinstance(said, Mapping):
        detail = _("An object by the codes of rules.")
        return [FieldError(("own_rules",), "invalid", detail)]
    known = {rule.code: rule for rule in rules.own()}
    faults: list[FieldError] = []
    for code, settings in said.items():
        place = ("own_rules", str(code))
        rule = known.get(code)
        if rule is None or rule.settings is None or not isinstance(settings, Mapping):
            detail = _("There is no rule of this code that takes settings.")
            faults.append(FieldError(place, "unknown", detail))
            continue
        faults += [
            FieldError((*place, fault.name), f"answer-{fault.code}", fault.message)
            for fault in sheets.check(rule.settings, settings)
        ]
    return faults
