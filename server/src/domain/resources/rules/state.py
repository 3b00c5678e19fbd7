"""Rules about the resource itself: whether it can be used at all, and which of its units."""

from __future__ import annotations

from collections.abc import Iterator

from src.core.language import gettext as _
from src.domain.resources.rules.asking import Numbers, Question, Violation
from src.domain.resources.tables import ResourceState
from src.domain.resources.terms import Terms


def of_resource(terms: Terms, _question: Question | None = None) -> Iterator[Violation]:
    """`resource-down`, `resource-retired`."""
    said = {"resource": terms.name, "reason": terms.state_reason}
    numbers: Numbers = {"reason": terms.state_reason}
    if terms.state is ResourceState.DOWN:
        yield down(terms.name, terms.state_reason)
    if terms.state is ResourceState.RETIRED:
        message = _("%(resource)s is retired.", **said)
        if terms.state_reason:
            message = _("%(resource)s is retired: %(reason)s.", **said)
        yield Violation("resource-retired", message, False, numbers, "resource_id")


def down(name: str, reason: str | None) -> Violation:
    """`resource-down`, for the reason its reader may know."""
    message = _("%(resource)s is down.", resource=name)
    if reason:
        message = _("%(resource)s is down: %(reason)s.", resource=name, reason=reason)
    return Violation("resource-down", message, True, {"reason": reason}, "resource_id")


def of_units(terms: Terms, question: Question) -> Iterator[Violation]:
    """`no-units`, `unit-unknown`."""
    unit = question.unit
    active = [known.number for known in terms.units if known.is_active]
    if not active:
        message = _("%(resource)s has no unit in service.", resource=terms.name)
        yield Violation("no-units", message, False, {}, "resource_id")
    elif unit is not None and unit not in active:
        listed = ", ".join(map(str, active))
        message = _(
            "%(resource)s has no unit %(unit)s; choose one of %(units)s, or none.",
            resource=terms.name,
            unit=unit,
            units=listed,
        )
        yield Violation("unit-unknown", message, False, {"unit": unit, "units": listed}, "unit")
