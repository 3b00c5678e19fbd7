"""A booking in other calendars by a click: links that open their own form, filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from src.domain.bookings import BookingView, Status

_STANDS = frozenset({Status.REQUESTED, Status.CONFIRMED, Status.IN_USE})


def links(booking: BookingView, place: str, base_url: str) -> list[tuple[str, str]]:
    """Names and addresses; none for what is over or not for the reader to know.

    Who follows one tells that calendar's maker what the booking is: nothing is sent before.
    """
    if booking.is_masked or booking.status not in _STANDS:
        return []
    name = booking.resource.name
    what = f"{name}: {booking.title}" if booking.title else name
    where = f"{name}, {place}" if place else name
    about = f"{base_url}/bookings/{booking.id}"
    google = {
        "action": "TEMPLATE",
        "text": what,
        "dates": f"{_basic(booking.starts_at)}/{_basic(booking.ends_at)}",
        "location": where,
        "details": about,
    }
    outlook = {
        "rru": "addevent",
        "subject": what,
        "startdt": _extended(booking.starts_at),
        "enddt": _extended(booking.ends_at),
        "location": where,
        "body": about,
    }
    return [
        ("Google", f"https://calendar.google.com/calendar/render?{urlencode(google)}"),
        ("Outlook", f"https://outlook.office.com/calendar/deeplink/compose?{urlencode(outlook)}"),
    ]


def _basic(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _extended(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
