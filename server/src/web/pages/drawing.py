"""What a calendar drawn in the browser is given: the interface's answer, and how to show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from src.domain import bookings
from src.models.calendars import Calendar, Entry
from src.web.pages.calendar_address import Span

# All of an entry but the whole booking, which a dialog asks for when it is opened.
FIELDS = tuple(name for name in Entry.model_fields if name != "booking")


def data(
    calendar: bookings.Calendar, view: str, span: Span, question: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """For `js/calendar`: the days, the zone, the data, and how to ask for it again."""
    return {
        "view": view,
        "date": span.first.isoformat(),
        "zone": str(span.zone),
        "question": [*question, ("fields", ",".join(FIELDS))],
        "calendar": orjson.Fragment(Calendar.of(calendar, fields=FIELDS).written(FIELDS)),
    }
