"""The day of a resource as a strip: where a booking would go, by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from src.core import ids
from src.domain.bookings import Calendar, CalendarResource, CalendarRules, Entry, Interval
from src.domain.resources.hours import Window
from src.web.pages.booking_strip import Asked, Strip, day_of, draw

BERLIN = ZoneInfo("Europe/Berlin")
ON, BOOKED = ids.new(), ids.new()
NIGHT = datetime(2026, 3, 28, 23, tzinfo=UTC)  # midnight in Berlin, before the clocks go forward


def at(hour: float, day: datetime = NIGHT) -> datetime:
    """An hour after that midnight."""
    return day + timedelta(hours=hour)


def strip(
    asked: Asked, *entries: tuple[float, float], hours: tuple[float, float], units: int = 1
) -> Strip:
    """The strip of a day with bookings on unit 1."""
    day = day_of(asked.window, BERLIN)
    resource = CalendarResource(
        ON, "Confocal", "Europe/Berlin", ON, ON, "available", None, tuple(range(1, units + 1)),
        (Interval(at(hours[0]), at(hours[1])),), None, 1,
        rules=CalendarRules(buffer_after_minutes=30),
    )  # fmt: skip
    taken = tuple(
        Entry("booking", ON, 1, at(first), at(last), "Slides", booking_id=BOOKED)
        for first, last in entries
    )
    calendar = Calendar(day.starts_at, day.ends_at, (resource,), taken)
    return draw(calendar, asked, zone=BERLIN, now=at(10))


def of(drawn: Strip, kind: str) -> tuple[int, float, float]:
    """Lane, left and width of the only bar of a kind."""
    (bar,) = [bar for bar in drawn.bars if bar.kind == kind]
    return bar.lane, bar.left, bar.width


def test_a_booking_stands_where_the_clock_says_also_when_the_clocks_change() -> None:
    # Seven hours after midnight it is 08:00 that day.
    drawn = strip(Asked(Window(at(8), at(9))), hours=(7, 17))
    assert drawn.ticks[0].text == "08:00"
    assert of(drawn, "new") == (0, 10.0, 10.0)
    assert of(drawn, "buffer") == (0, 20.0, 5.0)
    assert drawn.now == 30.0
    assert "shut" not in drawn.kinds


def test_what_is_taken_is_met_with_buffers_and_another_unit_is_found() -> None:
    asked = Asked(Window(at(8), at(9)))
    assert of(strip(asked, (9.25, 10), hours=(7, 17)), "clash")[0] == 0
    assert of(strip(asked, (9.25, 10), hours=(7, 17), units=2), "new")[0] == 1
    assert of(strip(asked, (9.5, 10), hours=(7, 17)), "new")[0] == 0


def test_a_booking_that_is_changed_is_not_in_its_own_way() -> None:
    moved: UUID = BOOKED
    drawn = strip(Asked(Window(at(8), at(9)), leaving=moved), (8, 10), hours=(7, 17))
    assert drawn.kinds == {"new", "buffer"}


def test_what_goes_on_into_the_night_ends_with_the_strip() -> None:
    drawn = strip(Asked(Window(at(16), at(30))), hours=(7, 17))
    _lane, left, width = of(drawn, "new")
    assert left + width == 100.0
    assert "shut" in drawn.kinds
