"""What becomes of bookings that a closure or a breakdown hits: a choice for each, in one form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from src.domain.bookings import DisplacementNeeded
from src.domain.bookings.displacement import Choice, Hit
from src.models.common import Moment
from src.web.forms import Form

PREFIX = "choice-"
_moment: TypeAdapter[datetime] = TypeAdapter(Moment)


def choices_of(form: Form) -> dict[UUID, Choice]:
    """`choice-<booking>` = `keep`, `cancel` or `move|start|end|unit|resource`.

    `rest` is for those that were shown (`hit`) and have none of their own. What cannot be read is
    no choice: the service asks for it again.
    """
    found = _rest(form)
    for name, value in form.values.items():
        if name.startswith(PREFIX):
            try:
                found[UUID(name.removeprefix(PREFIX))] = _choice(value)
            except (ValueError, ValidationError):
                continue
    return found


def _rest(form: Form) -> dict[UUID, Choice]:
    action = form.values.get("rest", "")
    if action not in ("keep", "cancel"):
        return {}
    try:
        return {UUID(value): _choice(action) for value in form.lists.get("hit", ())}
    except ValueError:
        return {}


def hits_of(form: Form) -> Sequence[Hit]:
    """The bookings in the way that the form was refused for; none otherwise."""
    if not isinstance(form.refused, DisplacementNeeded):
        return ()
    hits: Sequence[Hit] = form.refused.members["hits"]
    return hits


def _choice(value: str) -> Choice:
    if value in ("keep", "cancel"):
        return Choice("keep" if value == "keep" else "cancel")
    action, starts, ends, unit, resource = value.split("|")
    if action != "move":
        raise ValueError(action)
    return Choice(
        "move",
        starts_at=_moment.validate_strings(starts),
        ends_at=_moment.validate_strings(ends),
        unit=int(unit),
        resource_id=UUID(resource),
    )
