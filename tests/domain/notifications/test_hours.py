"""Minutes of a day as instants: through both changes of the clocks, in any zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from src.domain.notifications import hours

ZONES = st.sampled_from(
    [
        "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
        "America/Havana", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Casablanca",
    ]
).map(ZoneInfo)  # fmt: skip
MINUTES = st.integers(0, hours.MINUTES - 1)
INSTANTS = st.datetimes(
    datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip
LONGEST_DAY = timedelta(hours=26)


@given(INSTANTS, MINUTES, ZONES)
def test_the_latest_minute_is_past_and_less_than_a_long_day_ago(
    now: datetime, minute: int, zone: ZoneInfo
) -> None:
    found = hours.latest(now, minute, zone)
    skipped = timedelta(days=1) if zone.key == "Pacific/Apia" else timedelta(0)
    assert found <= now < found + LONGEST_DAY + skipped
    local = found.astimezone(zone)
    if local.hour * 60 + local.minute != minute:  # skipped by the clocks: the same stretch later
        before = (found - timedelta(hours=25)).astimezone(zone)
        assert before.utcoffset() != local.utcoffset()


@given(INSTANTS, MINUTES, MINUTES, ZONES)
def test_quiet_hours_end_later_and_within_a_day_and_it_is_not_quiet_then(
    now: datetime, begins: int, ends: int, zone: ZoneInfo
) -> None:
    assume(begins != ends)
    until = hours.quiet_until(now, begins, ends, zone)
    if until is None:
        return
    assert now < until <= now + LONGEST_DAY + timedelta(days=1)
    length = (ends - begins) % hours.MINUTES
    if length < 20 * 60:
        again = hours.quiet_until(until, begins, ends, zone)
        assert again is None


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-03-07", "2026-03-07T13:00Z"),  # New York, winter
        ("2026-03-08", "2026-03-08T12:00Z"),  # the day the clocks go forward
        ("2026-11-01", "2026-11-01T13:00Z"),  # and back
    ],
)
def test_eight_in_new_york_is_eight_there_all_year(day: str, expected: str) -> None:
    now = datetime.fromisoformat(f"{day}T23:00Z")
    found = hours.latest(now, 8 * 60, ZoneInfo("America/New_York"))
    assert found == datetime.fromisoformat(expected)


def test_a_minute_the_clocks_skip_comes_later_and_one_that_comes_twice_comes_once() -> None:
    berlin, half_past_two = ZoneInfo("Europe/Berlin"), 150
    spring = datetime.fromisoformat("2026-03-29T12:00Z")
    assert hours.latest(spring, half_past_two, berlin).isoformat() == "2026-03-29T01:30:00+00:00"
    autumn = datetime.fromisoformat("2026-10-25T00:30Z")  # 02:30, the first of two
    assert hours.latest(autumn, half_past_two, berlin) == autumn
    assert hours.latest(autumn + timedelta(hours=2), half_past_two, berlin) == autumn


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-23T20:59Z", None),
        ("2026-11-23T21:00Z", "2026-11-24T06:00Z"),
        ("2026-11-24T05:59Z", "2026-11-24T06:00Z"),
        ("2026-11-24T06:00Z", None),
        ("2026-03-28T23:00Z", "2026-03-29T05:00Z"),  # the night is an hour shorter
        ("2026-10-25T00:30Z", "2026-10-25T06:00Z"),  # and an hour longer
    ],
)
def test_the_night_in_berlin_lasts_from_ten_to_seven(at: str, until: str | None) -> None:
    found = hours.quiet_until(
        datetime.fromisoformat(at), 22 * 60, 7 * 60, ZoneInfo("Europe/Berlin")
    )
    assert found == (until and datetime.fromisoformat(until))
