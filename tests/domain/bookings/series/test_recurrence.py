"""Recurrence: the hour is kept, what is counted, and the days a month does not have."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.domain.bookings.series import planning
from src.domain.bookings.series.recurrence import MOST, BadRecurrence, moved, parse, slots

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")]
)
STARTS = st.builds(
    datetime.combine,
    st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)
FREQUENCIES = st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"])


def at(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - local


@settings(max_examples=150, deadline=None)
@given(STARTS, FREQUENCIES, st.integers(1, 5), st.integers(1, 40), st.integers(5, 1500), ZONES)
def test_the_hour_and_the_length_are_those_of_the_wall_and_the_count_is_what_is_there(
    starts: datetime, frequency: str, interval: int, count: int, minutes: int, zone: ZoneInfo
) -> None:
    rule = parse(f"FREQ={frequency};INTERVAL={interval};COUNT={count}", zone)
    try:
        found = slots(rule, starts, minutes, zone)
    except BadRecurrence as refusal:
        assert frequency == "MONTHLY", refusal.detail  # noqa: PT017 - too far ahead
        return
    there = [slot.window for slot in found if slot.window]
    assert len(there) == count
    for slot in found:
        assert slot.local.time() == starts.time()
        if slot.window is None:  # the clocks skip it
            again = slot.local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
            assert again.replace(tzinfo=None) != slot.local
            continue
        assert slot.window.starts_at.astimezone(zone).time() == starts.time()
        assert slot.window.ends_at > slot.window.starts_at
    assert sorted(there, key=lambda one: one.starts_at) == there


@settings(max_examples=100, deadline=None)
@given(STARTS, FREQUENCIES, st.integers(1, 20), st.integers(-6, 6), st.integers(-600, 600), ZONES)
def test_what_is_moved_keeps_its_order_and_its_new_rule_gives_the_same_times(
    starts: datetime, frequency: str, count: int, days: int, minutes: int, zone: ZoneInfo
) -> None:
    by_day = ";BYDAY=MO,TH" if frequency == "WEEKLY" else ""
    rule = parse(f"FREQ={frequency}{by_day};COUNT={count}", zone)
    try:
        before = slots(rule, starts, 60, zone)
    except BadRecurrence:
        return
    by = timedelta(days=days, minutes=minutes)
    try:
        new, after = moved(rule, before, by, 60, zone)
    except BadRecurrence:
        assert frequency == "MONTHLY" or count == 1  # the one there is may be skipped
        return
    assert [two.local - one.local for one, two in zip(before, after, strict=True)] == [by] * len(
        before
    )
    if any(slot.window for slot in after):
        told = slots(new, after[0].local, 60, zone)
        assert [one.local for one in told if one.window] == [
            one.local for one in after if one.window
        ]


def test_a_month_without_the_day_is_left_out_and_not_counted() -> None:
    found = slots(parse("FREQ=MONTHLY;COUNT=4", BERLIN), at(2027, 1, 31), 60, BERLIN)
    assert [(one.local.month, one.local.day) for one in found] == [
        (1, 31), (3, 31), (5, 31), (7, 31),
    ]  # fmt: skip
    last = slots(parse("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", BERLIN), at(2027, 1, 1), 60, BERLIN)
    assert [one.local.day for one in last] == [31, 28, 31]


def test_days_of_23_and_25_hours() -> None:
    nights = slots(parse("FREQ=DAILY;COUNT=2", BERLIN), at(2027, 3, 27, 22), 600, BERLIN)
    assert [one.window.minutes for one in nights if one.window] == [540, 600]
    nights = slots(parse("FREQ=DAILY;COUNT=2", BERLIN), at(2027, 10, 30, 22), 600, BERLIN)
    assert [one.window.minutes for one in nights if one.window] == [660, 600]
    skipped = slots(parse("FREQ=DAILY;COUNT=3", BERLIN), at(2027, 3, 27, 2, 30), 60, BERLIN)
    assert [(one.local.day, one.window is not None) for one in skipped] == [
        (27, True), (28, False), (29, True), (30, True),
    ]  # fmt: skip


def test_until_takes_its_day_with_it_and_utc_is_read_in_the_zone() -> None:
    for until, last in (("20270108", 8), ("20270107T075959Z", 6), ("20270107T080000Z", 7)):
        rule = parse(f"RRULE:FREQ=DAILY;UNTIL={until}", BERLIN)
        found = slots(rule, datetime.combine(date(2027, 1, 5), time(9)), 60, BERLIN)
        assert found[-1].local.day == last


@pytest.mark.parametrize(
    "text",
    [
        "", "FREQ=YEARLY;COUNT=2", "FREQ=SECONDLY;COUNT=2", "FREQ=DAILY", "FREQ=DAILY;COUNT=201",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101", "FREQ=DAILY;COUNT=2;BYSETPOS=1", "COUNT=2",
        "FREQ=WEEKLY;BYDAY=2MO;COUNT=2", "FREQ=WEEKLY;BYMONTHDAY=3;COUNT=2", "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;INTERVAL=0;COUNT=2", "FREQ=DAILY;UNTIL=20271301", "FREQ=DAILY;COUNT=²",
        "FREQ=DAILY;FREQ=DAILY;COUNT=2", "FREQ=MONTHLY;BYMONTHDAY=32;COUNT=1", "FREQ=DAILY;UNTIL=99991231",
        "FREQ=WEEKLY;BYDAY=MO;COUNT=2;WKST=SU", "FREQ=DAILY;COUNT=2" + ";" * 600,
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadRecurrence) as caught:
        parse(text + (";X" * 300 if text.endswith(";" * 9) else ""), BERLIN)
    assert caught.value.errors[0].field == ("rule",)


@pytest.mark.parametrize("year", [1, 1970, 2200, 9999])
def test_times_no_calendar_has_are_refused(year: int) -> None:
    at = datetime(year, 1, 1, tzinfo=UTC)
    with pytest.raises(BadRecurrence):
        planning.wall(at, BERLIN)
    with pytest.raises(BadRecurrence):
        planning.length(datetime(2027, 1, 1, tzinfo=UTC), at, BERLIN)


def test_no_more_than_two_hundred_and_no_rule_that_never_comes() -> None:
    daily = parse("FREQ=DAILY;UNTIL=20280101", BERLIN)
    for rule, starts in (
        (daily, at(2027, 1, 1)),
        (parse("FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=1MO;COUNT=1", BERLIN), at(2027, 1, 1)),
        (parse("FREQ=MONTHLY;INTERVAL=12;COUNT=20", BERLIN), at(2027, 1, 1)),
        (parse("FREQ=DAILY;UNTIL=20260101", BERLIN), at(2027, 1, 1)),
    ):
        with pytest.raises(BadRecurrence):
            slots(rule, starts, 60, BERLIN)
    assert len(slots(parse(f"FREQ=DAILY;COUNT={MOST}", BERLIN), at(2027, 1, 1), 60, BERLIN)) == 200
