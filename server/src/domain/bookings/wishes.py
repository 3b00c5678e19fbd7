"""What somebody wishes for: the words of it, and what a change makes of a booking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from src.core.errors import FieldError, Invalid
from src.core.language import gettext as _
from src.domain.bookings.repository import Whole
from src.domain.bookings.views import Change, Wish

FIELDS = frozenset(
    {
        "starts_at",
        "ends_at",
        "title",
        "notes",
        "unit",
        "resource_id",
        "team_id",
        "project_id",
        "answers",
        "override_reason",
    }
)


def texts(wish: Wish) -> tuple[tuple[str, str], ...]:
    """The texts of a wish by their fields."""
    return (
        ("title", wish.title),
        ("notes", wish.notes),
        ("override_reason", wish.override_reason or ""),
    )


def after(found: Whole, fields: Mapping[str, Any]) -> Wish:
    """What a booking shall be once these fields of it have changed; what is absent stays."""
    booking = found.booking
    return Wish(
        resource_id=fields.get("resource_id") or booking.resource_id,
        starts_at=fields.get("starts_at") or booking.starts_at,
        ends_at=fields.get("ends_at") or booking.ends_at,
        title=_text(fields, "title", booking.title),
        notes=_text(fields, "notes", booking.notes),
        unit=fields.get("unit"),
        team_id=fields.get("team_id", booking.team_id),
        booked_for=booking.booked_for,
        override_reason=fields.get("override_reason"),
        answers=_answers(fields.get("answers"), booking.answers),
        project_id=fields.get("project_id", booking.project_id),
    )


def _answers(changed: Mapping[str, Any] | None, now: Mapping[str, Any]) -> dict[str, Any]:
    """Answers one by one: null takes one back, what is absent stays."""
    after_ = {**now, **(changed or {})}
    return {name: answer for name, answer in after_.items() if answer is not None}


def _text(fields: Mapping[str, Any], name: str, now: str) -> str:
    """A text of the change; null clears it."""
    return (fields[name] or "") if name in fields else now


def require_known_fields(change: Change, place: tuple[str | int, ...]) -> None:
    """Raise `Invalid` for fields that cannot be changed; `place` is where the change stands."""
    if unknown := change.fields.keys() - FIELDS:
        raise Invalid(
            _("These fields cannot be changed."),
            errors=tuple(
                FieldError((*place, name), "unknown-field", _("It cannot be changed."))
                for name in sorted(unknown)
            ),
        )
