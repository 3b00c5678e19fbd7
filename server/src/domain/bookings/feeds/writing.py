"""Calendars as text: RFC 5545, as other programs take them.

Every booking is an event of its own, those of a series too: each has its own state, and a program
that knows no more than one of them shows it all the same (decision 0033).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from src.core.language import zone_of
from src.domain.bookings.feeds.views import CalendarEvent, Party

if TYPE_CHECKING:
    import icalendar

MEDIA_TYPE = "text/calendar"
REFRESH = timedelta(minutes=15)
_PRODUCT = "-//Aliquot//Aliquot//EN"
_DAY = timedelta(days=1)


def written(events: Sequence[CalendarEvent], *, name: str = "", method: str = "PUBLISH") -> bytes:
    """A calendar of these events, with the time zones they are told in."""
    import icalendar  # noqa: PLC0415 - 13 MB, where calendars are written

    made = icalendar.Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", method)
    if name:
        made.add("name", name)
        made.add("x-wr-calname", name)
        made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        made.add("x-published-ttl", REFRESH)
    for zone in _zones(events):
        made.add_component(zone)
    for event in events:
        made.add_component(_event(event))
    return bytes(made.to_ical())


@dataclass(frozen=True, slots=True)
class Guest:
    """To whom an invitation goes, and from which address; `status` is what they said (PARTSTAT)."""

    sender: str
    address: str
    status: str


def single(event: CalendarEvent, *, method: str = "PUBLISH", guest: Guest | None = None) -> bytes:
    """One event: a file to be opened, or with `guest` an invitation by mail.

    An invitation comes from the institute's address, and names whoever gets it: mail programs put
    it on their calendar only then. No answer is asked for, since nobody would read it.
    """
    import icalendar  # noqa: PLC0415

    made = icalendar.Calendar.from_ical(written([event], method=method))
    if guest is not None:
        entry = made.walk("VEVENT")[0]
        for name in ("organizer", "attendee"):
            entry.pop(name, None)
        invited = icalendar.vCalAddress(f"mailto:{guest.address}")
        invited.params.update(
            {"PARTSTAT": guest.status, "RSVP": "FALSE", "ROLE": "REQ-PARTICIPANT"}
        )
        entry.add("organizer", icalendar.vCalAddress(f"mailto:{guest.sender}"))
        entry.add("attendee", invited)
    return bytes(made.to_ical())


def _event(event: CalendarEvent) -> icalendar.Event:
    import icalendar  # noqa: PLC0415

    made = icalendar.Event()
    made.add("uid", event.uid)
    made.add("sequence", event.sequence)
    made.add("dtstamp", _whole(event.changed_at))
    made.add("created", _whole(event.created_at))
    made.add("last-modified", _whole(event.changed_at))
    starts_at, ends_at = _local(event)
    made.add("dtstart", starts_at)
    made.add("dtend", ends_at)
    made.add("summary", event.summary)
    made.add("status", event.status)
    made.add("transp", "TRANSPARENT" if event.status == "CANCELLED" else "OPAQUE")
    for name, value in (
        ("description", event.description),
        ("location", event.location),
        ("url", event.url),
        ("related-to", event.related),
    ):
        if value:
            made.add(name, value)
    if event.organizer:
        made.add("organizer", _address(event.organizer, with_status=False))
    for party in event.attendees:
        made.add("attendee", _address(party))
    return made


def _address(party: Party, *, with_status: bool = True) -> icalendar.vCalAddress:
    """Somebody by name; whose mail address it is, a calendar does not tell."""
    import icalendar  # noqa: PLC0415

    made = icalendar.vCalAddress(f"urn:uuid:{party.id}")
    made.params["CN"] = party.name
    if with_status:
        made.params["PARTSTAT"] = party.status
    return made


def _local(event: CalendarEvent) -> tuple[datetime, datetime]:
    """Start and end on the event's wall.

    In the hour that comes twice RFC 5545 means the first one: what is in the second is told in
    UTC.
    """
    zone = zone_of(event.timezone)
    starts_at, ends_at = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    if starts_at.fold or ends_at.fold:
        return event.starts_at.astimezone(UTC), event.ends_at.astimezone(UTC)
    return starts_at, ends_at


def _whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _zones(events: Iterable[CalendarEvent]) -> list[Any]:
    """The rules of each zone for the years its events lie in."""
    years: dict[str, tuple[int, int]] = {}
    for event in events:
        first, last = years.get(event.timezone, (event.starts_at.year, event.ends_at.year))
        years[event.timezone] = (min(first, event.starts_at.year), max(last, event.ends_at.year))
    return [
        _zone(name, *span)
        for name, span in sorted(years.items())
        if getattr(zone_of(name), "key", "UTC") != "UTC"
    ]


@lru_cache(maxsize=200)
def _zone(name: str, first: int, last: int) -> Any:  # noqa: ANN401 - a component of the library
    import icalendar  # noqa: PLC0415

    # A day more on either side: the year of UTC is not everywhere that of the wall.
    begins, ends = datetime(first, 1, 1, tzinfo=UTC) - _DAY, datetime(last + 1, 1, 1, tzinfo=UTC)
    made = icalendar.Timezone.from_tzid(
        name, first_date=begins.date(), last_date=(ends + _DAY).date()
    )
    made.pop("comment", None)
    return made


def uid(booking_id: UUID) -> str:
    """What names a booking in calendars for ever, wherever it is told."""
    return f"{booking_id}@aliquot"


def booking_of(uid_: str) -> UUID | None:
    """The booking that a UID of ours names; None for those of others."""
    own, _at, host = uid_.partition("@")
    if host != "aliquot":
        return None
    try:
        return UUID(own)
    except ValueError:
        return None
