"""The week as it is drawn: places by the wall clock, gaps between bookings, days of 23 hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from src.core import ids
from src.domain.bookings import BookingView, Calendar, CalendarResource, Entry, Interval, Status
from src.domain.bookings.views import Person, ResourceRef
from src.web.pages.week import Piece, Reader, Week, build, monday_of, span_of

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2027, 3, 22)  # the clocks go forward on the Sunday of this week
ME, RESOURCE = ids.new(), ids.new()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of the week on the wall in Berlin."""
    there = MONDAY + timedelta(days=day)
    return datetime(there.year, there.month, there.day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def booking(
    starts: datetime, ends: datetime, *, unit: int = 1, who: UUID = ME, masked: bool = False
) -> Entry:
    """A booking on the calendar."""
    person = None if masked else Person(who, "Somebody")
    view = BookingView(
        ids.new(), ResourceRef(RESOURCE, "Confocal", "Europe/Berlin"), unit, starts, ends,
        "Booked" if masked else "Slides", "", Status.CONFIRMED, person, person, None, 1, starts, starts,
        is_masked=masked,
    )  # fmt: skip
    return Entry("booking", RESOURCE, unit, starts, ends, view.title, view)


def block(unit: int, starts: datetime, ends: datetime, closure_id: UUID) -> Entry:
    """A closure on a unit."""
    return Entry("block", RESOURCE, unit, starts, ends, "Power is off", None, closure_id)


def week(
    entries: Iterable[Entry] = (),
    *,
    opened: tuple[int, int] | None = (8, 18),
    units: int = 1,
    now: datetime | None = None,
) -> Week:
    """The week as I see it, open every day from and to full hours."""
    span = span_of(MONDAY, BERLIN)
    hours = (
        [Interval(*span)]
        if opened is None
        else [Interval(at(day, opened[0]), at(day, opened[1])) for day in range(7)]
    )
    resource = CalendarResource(
        RESOURCE, "Confocal", "Europe/Berlin", ids.new(), ids.new(), "available", None,
        tuple(range(1, units + 1)), tuple(hours), None, 1,
    )  # fmt: skip
    now = now or at(0, 0)
    reader = Reader(ME, now, (now, now + timedelta(days=60)))
    calendar = Calendar(*span, (resource,), tuple(entries))
    return build(calendar, monday=MONDAY, zone=BERLIN, reader=reader)


def pieces(drawn: Week, day: int, kind: str) -> list[Piece]:
    """Those of one kind on one day."""
    return [piece for piece in drawn.days[day].pieces if piece.kind == kind]


def test_pieces_stand_in_quarters_below_the_first_hour() -> None:
    drawn = week([booking(at(1, 9, 30), at(1, 11, 15))])
    (own,) = pieces(drawn, 1, "own")
    assert (drawn.hours, own.row, own.span) == (range(8, 18), 6, 7)
    assert (own.starts, own.ends) == ("09:30", "11:15")


def test_what_is_free_begins_where_a_booking_ends() -> None:
    drawn = week([booking(at(1, 9, 30), at(1, 11, 15))])
    free = [(piece.starts, piece.span) for piece in pieces(drawn, 1, "free")]
    assert free[:4] == [("08:00", 4), ("09:00", 2), ("11:15", 3), ("12:00", 4)]
    link = pieces(drawn, 1, "free")[2].link or ""
    assert "starts_at=2027-03-23T10%3A15Z" in link


def test_what_is_over_or_too_far_ahead_is_not_offered() -> None:
    drawn = week(now=at(2, 10, 20))
    assert not pieces(drawn, 1, "free")
    assert pieces(drawn, 2, "free")[0].starts == "10:30"


def test_a_day_of_23_hours_keeps_to_the_wall_clock() -> None:
    drawn = week([booking(at(6, 1), at(6, 4))], opened=None)
    (own,) = pieces(drawn, 6, "own")
    assert (own.starts, own.ends, own.span) == ("01:00", "04:00", 12)
    starts = [piece.starts for piece in pieces(drawn, 6, "free")]
    assert starts[:2] == ["04:00", "05:00"]
    assert pieces(drawn, 5, "free")[-1].starts == "19:00"


def test_a_booking_over_midnight_stands_on_both_days() -> None:
    drawn = week([booking(at(1, 22), at(2, 2))], opened=None)
    assert pieces(drawn, 1, "own")[0].ends == "24:00"
    assert pieces(drawn, 2, "own")[0].starts == "00:00"


def test_with_several_units_the_lowest_that_has_most_room_is_offered() -> None:
    drawn = week([booking(at(1, 9), at(1, 12), unit=1, masked=True)], units=2)
    free = {piece.starts: piece.unit for piece in pieces(drawn, 1, "free")}
    assert (free["08:00"], free["09:00"], free["12:00"]) == (1, 2, 1)
    assert pieces(drawn, 1, "masked")[0].link is None


def test_a_closure_of_all_units_is_drawn_once() -> None:
    closure = ids.new()
    every = [block(unit, at(1, 0), at(2, 0), closure) for unit in (1, 2)]
    (drawn,) = pieces(week(every, units=2), 1, "block")
    assert drawn.unit is None
    kept = [*every[:1], block(2, at(1, 12), at(2, 0), closure)]
    assert {piece.unit for piece in pieces(week(kept, units=2), 1, "block")} == {1, 2}


@pytest.mark.parametrize(
    ("name", "monday"),
    [("2026-W53", date(2026, 12, 28)), ("2027-W01", date(2027, 1, 4)), ("2027-W53", MONDAY),
     ("2027-13", MONDAY), ("", MONDAY), (None, MONDAY), ("0000-W01", MONDAY)],
)  # fmt: skip
def test_weeks_by_name(name: str | None, monday: date) -> None:
    assert monday_of(name, MONDAY + timedelta(days=3)) == monday
