"""What a summary covers: the team's hour through both changes of the clocks, without a gap."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.operations.summaries import windows
from src.domain.operations.summaries.windows import Told, Window

NINE = 9 * 60
NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
ZONES = (
    "America/New_York", "Europe/Berlin", "UTC", "Pacific/Apia", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Honolulu", "Pacific/Kiritimati", "America/Havana",
)  # fmt: skip


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("zone", "on_date", "at"),
    [
        (NEW_YORK, date(2026, 3, 7), utc(2026, 3, 7, 14)),
        (NEW_YORK, date(2026, 3, 8), utc(2026, 3, 8, 13)),
        (NEW_YORK, date(2026, 10, 31), utc(2026, 10, 31, 13)),
        (NEW_YORK, date(2026, 11, 1), utc(2026, 11, 1, 14)),
        (BERLIN, date(2026, 3, 28), utc(2026, 3, 28, 8)),
        (BERLIN, date(2026, 3, 29), utc(2026, 3, 29, 7)),
        (BERLIN, date(2026, 10, 24), utc(2026, 10, 24, 7)),
        (BERLIN, date(2026, 10, 25), utc(2026, 10, 25, 8)),
    ],
)
def test_nine_o_clock_is_nine_o_clock_on_both_sides_of_a_change(
    zone: ZoneInfo, on_date: date, at: datetime
) -> None:
    assert windows.boundary(on_date, NINE, zone) == at


def test_a_skipped_hour_is_later_and_of_a_repeated_one_the_first_counts() -> None:
    half_past_two = 2 * 60 + 30
    # 02:30 does not exist: the clocks go from 02:00 to 03:00, and it reads 03:30 then.
    assert windows.boundary(date(2026, 3, 29), half_past_two, BERLIN) == utc(2026, 3, 29, 1, 30)
    assert windows.boundary(date(2026, 3, 8), half_past_two, NEW_YORK) == utc(2026, 3, 8, 7, 30)
    # 02:30 comes twice in Berlin, 01:30 twice in New York.
    assert windows.boundary(date(2026, 10, 25), half_past_two, BERLIN) == utc(2026, 10, 25, 0, 30)
    assert windows.boundary(date(2026, 11, 1), 90, NEW_YORK) == utc(2026, 11, 1, 5, 30)


def test_the_days_of_a_change_have_23_and_25_hours() -> None:
    told = Told(date(2026, 3, 28), windows.boundary(date(2026, 3, 28), NINE, BERLIN))
    spring = windows.due(told, now=utc(2026, 3, 29, 7, 2), minute=NINE, zone=BERLIN)
    assert spring is not None
    assert spring.ends_at - spring.starts_at == timedelta(hours=23)
    told = Told(date(2026, 10, 24), windows.boundary(date(2026, 10, 24), NINE, BERLIN))
    autumn = windows.due(told, now=utc(2026, 10, 25, 8, 2), minute=NINE, zone=BERLIN)
    assert autumn is not None
    assert autumn.ends_at - autumn.starts_at == timedelta(hours=25)


def test_it_is_due_two_minutes_after_its_hour_and_no_sooner() -> None:
    told = Told(date(2026, 11, 22), utc(2026, 11, 22, 9))
    at = utc(2026, 11, 23, 9)
    just_before = at + windows.MARGIN - timedelta(microseconds=1)
    assert windows.due(told, now=just_before, minute=NINE, zone=UTC) is None
    due = windows.due(told, now=at + windows.MARGIN, minute=NINE, zone=UTC)
    assert due == Window(date(2026, 11, 23), utc(2026, 11, 22, 9), at)


def test_a_missed_week_is_seven_windows_and_the_first_ever_is_the_last_day() -> None:
    told = Told(date(2026, 11, 15), utc(2026, 11, 15, 9))
    found = []
    while window := windows.due(told, now=utc(2026, 11, 22, 12), minute=NINE, zone=UTC):
        found.append(window)
        told = Told(window.on_date, window.ends_at)
    assert [one.on_date.day for one in found] == list(range(16, 23))
    first = windows.due(None, now=utc(2026, 11, 22, 8), minute=NINE, zone=UTC)
    assert first == Window(date(2026, 11, 21), utc(2026, 11, 20, 9), utc(2026, 11, 21, 9))


def test_a_team_that_moves_across_the_date_line_has_no_empty_window() -> None:
    told = Told(date(2026, 6, 1), utc(2026, 6, 1, 19))  # 09:00 in Honolulu
    zone = ZoneInfo("Pacific/Kiritimati")  # 24 hours ahead: 09:00 of the second is the same moment
    due = windows.due(told, now=utc(2026, 6, 2, 20), minute=NINE, zone=zone)
    assert due == Window(date(2026, 6, 3), utc(2026, 6, 1, 19), utc(2026, 6, 2, 19))


@given(
    start=st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - in UTC below
    steps=st.lists(
        st.tuples(
            st.floats(0.01, 200.0), st.sampled_from(ZONES), st.integers(0, 24 * 60 - 1)
        ),
        min_size=1,
        max_size=25,
    ),
)  # fmt: skip
def test_windows_touch_each_other_whatever_clocks_and_settings_do(
    start: datetime, steps: list[tuple[float, str, int]]
) -> None:
    """No gap, no overlap, each date once, none before it is over; hours, zones, outages as drawn."""
    now = start.replace(tzinfo=UTC)
    told: Told | None = None
    made: list[Window] = []
    for hours, name, minute in steps:
        now += timedelta(hours=hours)
        zone = ZoneInfo(name)
        while (window := windows.due(told, now=now, minute=minute, zone=zone)) is not None:
            assert window.ends_at + windows.MARGIN <= now
            assert window.ends_at == windows.boundary(window.on_date, minute, zone)
            made.append(window)
            told = Told(window.on_date, window.ends_at)
        coming = windows.coming(told, now=now, minute=minute, zone=zone)
        assert coming.starts_at < coming.ends_at
        assert coming.ends_at + windows.MARGIN > now
        if told is not None:
            assert coming.starts_at == told.ends_at
            assert coming.on_date > told.on_date
    for before, after in pairwise(made):
        assert before.ends_at == after.starts_at
        assert before.on_date < after.on_date
    assert all(one.starts_at < one.ends_at for one in made)
