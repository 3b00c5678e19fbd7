"""Opening hours: what the clock on the wall shows decides, on days of 23 and 25 hours too."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from src.domain.resources.hours import Weekly, Window, is_open, joined, open_windows, without

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [BERLIN, ZoneInfo("America/St_Johns"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")]
SPRING, AUTUMN = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NIGHT = (Weekly(5, 1320, 1440), Weekly(6, 0, 360))  # Saturday 22:00 to Sunday 06:00


def weekly() -> st.SearchStrategy[tuple[Weekly, ...]]:
    one = st.builds(
        lambda weekday, opens, length: Weekly(weekday, opens, min(1440, opens + length)),
        st.integers(0, 6),
        st.integers(0, 1439),
        st.integers(1, 1440),
    )
    return st.lists(one, min_size=1, max_size=8).map(tuple)


def shown_open(hours: tuple[Weekly, ...], zone: ZoneInfo, at: datetime) -> bool:
    """The definition itself: the wall clock's minute lies in an interval of its weekday."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return any(h.weekday == local.weekday() and h.opens <= minute < h.closes for h in hours)


near_changes = st.builds(
    lambda base, minutes: base + minutes * MINUTE,
    st.sampled_from([SPRING, AUTUMN, datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)]),
    st.integers(-2000, 3000),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(weekly(), st.sampled_from(ZONES), near_changes, st.integers(1, 4000), st.data())
def test_open_windows_are_the_instants_at_which_the_wall_clock_says_so(
    hours: tuple[Weekly, ...], zone: ZoneInfo, start: datetime, minutes: int, data: st.DataObject
) -> None:
    within = Window(start, start + minutes * MINUTE)
    parts = open_windows(hours, zone, within)
    assert all(one.ends_at < other.starts_at for one, other in itertools.pairwise(parts))
    assert all(within.contains(part) for part in parts)
    at = start + data.draw(st.integers(0, minutes - 1)) * MINUTE
    inside = any(part.starts_at <= at < part.ends_at for part in parts)
    assert inside is shown_open(hours, zone, at)


@pytest.mark.parametrize(
    ("day", "length"), [(SPRING, 23), (AUTUMN, 25), (SPRING + timedelta(7), 24)]
)
def test_a_whole_day_is_as_long_as_it_is(day: datetime, length: int) -> None:
    midnight = day.replace(tzinfo=BERLIN)
    following = (midnight + timedelta(days=1)).replace(tzinfo=BERLIN)
    within = Window(midnight.astimezone(UTC), following.astimezone(UTC))
    (part,) = open_windows([Weekly(6, 0, 1440)], BERLIN, within)
    assert part.ends_at - part.starts_at == timedelta(hours=length)


@pytest.mark.parametrize(("day", "length"), [(SPRING, 7), (AUTUMN, 9), (SPRING + timedelta(7), 8)])
def test_a_night_over_midnight_is_one_window(day: datetime, length: int) -> None:
    around = Window(day - timedelta(days=1), day + timedelta(days=1))
    (part,) = open_windows(NIGHT, BERLIN, around)
    assert part.ends_at - part.starts_at == timedelta(hours=length)
    assert is_open(NIGHT, BERLIN, part)
    assert not is_open(NIGHT, BERLIN, Window(part.starts_at, part.ends_at + MINUTE))


def test_an_hour_that_does_not_exist_is_not_open() -> None:
    skipped = [Weekly(6, 120, 180)]  # 02:00 to 03:00 on the Sunday the clocks go forward
    around = Window(SPRING - timedelta(hours=6), SPRING + timedelta(hours=12))
    assert open_windows(skipped, BERLIN, around) == []


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    repeated = [Weekly(6, 120, 150)]
    around = Window(AUTUMN - timedelta(hours=6), AUTUMN + timedelta(hours=12))
    parts = open_windows(repeated, BERLIN, around)
    assert [part.minutes for part in parts] == [30, 30]


def test_without_hours_it_is_always_open() -> None:
    window = Window(SPRING, AUTUMN)
    assert open_windows((), BERLIN, window) == [window]


instants = st.integers(0, 60).map(lambda minutes: SPRING + minutes * MINUTE)
windows = (
    st.tuples(instants, instants).filter(lambda pair: pair[0] < pair[1]).map(lambda p: Window(*p))
)


@given(windows, st.lists(windows, max_size=6))
@example(Window(SPRING, SPRING + MINUTE), [])
def test_what_is_left_and_what_is_taken_make_up_the_whole(
    window: Window, taken: list[Window]
) -> None:
    left = without(window, taken)
    for part in left:
        assert window.contains(part)
        assert not any(part.overlaps(hole) for hole in taken)
    minutes = range(int(window.minutes))
    for at in (window.starts_at + minute * MINUTE for minute in minutes):
        instant = Window(at, at + MINUTE)
        assert any(part.contains(instant) for part in left) is not any(
            hole.overlaps(instant) for hole in taken
        )


@given(st.lists(windows, max_size=8))
def test_joined_windows_neither_touch_nor_overlap(parts: list[Window]) -> None:
    whole = joined(parts)
    assert all(one.ends_at < other.starts_at for one, other in itertools.pairwise(whole))
    assert all(any(each.contains(part) for each in whole) for part in parts)
