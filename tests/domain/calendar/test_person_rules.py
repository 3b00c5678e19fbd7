"""Rules about a person, as pure functions: days and weeks of the resource's own clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.core import ids
from src.domain.resources.hours import Window, day_shares
from src.domain.resources.policy import EffectivePolicy
from src.domain.resources.rules import Held, Question, Taken, Violation, findings
from src.domain.resources.tables import ResourceState
from src.domain.resources.terms import Terms, UnitTerms

NOW = datetime(2026, 3, 27, 10, 0, tzinfo=UTC)  # the Friday before the clocks go forward
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
TERMS = Terms(
    resource_id=ids.new(),
    name="Confocal 1",
    type_id=ids.new(),
    location_id=ids.new(),
    timezone="Europe/Berlin",
    state=ResourceState.AVAILABLE,
    state_reason=None,
    calendar_version=1,
    policy=EffectivePolicy(),
    hours=(),
    units=(UnitTerms(1, 1, is_active=True),),
    closures=(),
)
ELSEWHERE = ids.new()


def local(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def found(
    window: Window, *taken: Taken, asked: dict[str, Any] | None = None, **policy: Any
) -> list[Violation]:
    terms = replace(TERMS, policy=EffectivePolicy(**policy))
    return findings(terms, Question(window, NOW, taken=taken, **(asked or {})))


def here(starts: datetime, ends: datetime) -> Taken:
    return Taken(Window(starts, ends), TERMS.resource_id, "Confocal 1")


def codes(violations: list[Violation]) -> list[str]:
    return [each.code for each in violations]


zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata"]
)
moments = st.integers(0, 366 * 24 * 60).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * MINUTE)


@settings(deadline=None)
@given(zones, moments, st.integers(1, 5 * 1440))
def test_the_shares_of_days_are_the_whole_and_lie_in_their_days(
    zone: str, starts: datetime, minutes: int
) -> None:
    window, there = Window(starts, starts + minutes * MINUTE), ZoneInfo(zone)
    shares = day_shares(window, there)
    assert sum(shares.values(), timedelta()) == minutes * MINUTE
    days = list(shares)
    assert days == [days[0] + n * timedelta(days=1) for n in range(len(days))]
    assert days[0] == starts.astimezone(there).date()
    assert days[-1] == (window.ends_at - MINUTE).astimezone(there).date()
    assert all(timedelta() < share <= 25 * HOUR for share in shares.values())
    # Instants, not local times: two of one zone are compared and subtracted by the wall's clock.
    for day, share in list(shares.items())[1:-1]:
        first = datetime.combine(day, datetime.min.time(), there).astimezone(UTC)
        after = datetime.combine(day + timedelta(days=1), datetime.min.time(), there)
        assert share == after.astimezone(UTC) - first


@pytest.mark.parametrize(
    ("day", "month", "hours"), [(29, 3, 23), (25, 10, 25), (28, 3, 24)], ids=str
)
def test_a_day_is_as_long_as_its_clock_makes_it(day: int, month: int, hours: int) -> None:
    whole = Window(local(day, 0, month=month), local(day, 0, month=month) + hours * HOUR)
    assert day_shares(whole, BERLIN) == {date(2026, month, day): hours * HOUR}


def test_a_night_counts_in_both_days_share() -> None:
    night = here(local(30, 20), local(31, 4))
    policy: dict[str, Any] = {"max_minutes_per_day": 5 * 60}
    assert codes(found(Window(local(30, 8), local(30, 9)), night, **policy)) == []
    assert codes(found(Window(local(30, 8), local(30, 9, 1)), night, **policy)) == [
        "too-long-on-day"
    ]
    assert codes(found(Window(local(31, 8), local(31, 9)), night, **policy)) == []
    (violation,) = found(Window(local(31, 8), local(31, 10)), night, **policy)
    assert violation.numbers == {
        "max_minutes_per_day": 300, "taken": 240, "adding": 120, "day": "2026-03-31",
    }  # fmt: skip


def test_the_night_the_clocks_go_forward_is_an_hour_shorter() -> None:
    night = Window(local(29, 0), local(29, 8))
    assert codes(found(night, max_minutes_per_day=7 * 60)) == []
    assert codes(found(night, max_minutes_per_day=7 * 60 - 1)) == ["too-long-on-day"]


def test_bookings_of_a_day_are_counted_on_each_day_they_touch() -> None:
    night = here(local(30, 20), local(31, 4))
    for day, refused in ((30, ["too-many-on-day"]), (31, ["too-many-on-day"]), (29, [])):
        window = Window(local(day, 10), local(day, 11))
        assert codes(found(window, night, max_per_day=1)) == refused
    until_midnight = here(local(30, 20), local(31, 0))
    assert codes(found(Window(local(31, 10), local(31, 11)), until_midnight, max_per_day=1)) == []


def test_a_week_begins_on_monday_of_the_resources_clock() -> None:
    # 29 March is a Sunday.
    taken = here(local(28, 8), local(28, 12))
    policy: dict[str, Any] = {"max_minutes_per_week": 300}
    assert codes(found(Window(local(29, 22), local(30, 1)), taken, **policy)) == [
        "too-long-in-week"
    ]
    assert codes(found(Window(local(29, 23), local(30, 4)), taken, **policy)) == []
    assert codes(found(Window(local(30, 0), local(30, 5)), taken, **policy)) == []


def test_limits_are_those_of_one_resource() -> None:
    other = replace(here(local(30, 8), local(30, 12)), resource_id=ELSEWHERE)
    window = Window(local(30, 13), local(30, 15))
    assert codes(found(window, other, max_per_day=1, max_minutes_per_day=120)) == []


def test_two_places_at_once_are_refused_or_warned_of() -> None:
    other = replace(here(local(30, 8), local(30, 12)), resource_id=ELSEWHERE, resource="Cytometer")
    window = Window(local(30, 11), local(30, 13))
    (warning,) = found(window, other)
    assert (warning.code, warning.is_warning) == ("own-clash", True)
    assert "Cytometer" in warning.message
    assert codes(found(window, other, is_parallel_refused=True)) == ["parallel-booking"]
    after = Window(local(30, 12), local(30, 13))
    assert found(after, other, is_parallel_refused=True) == []


def test_what_is_booked_together_is_in_one_place() -> None:
    group = ids.new()
    other = replace(here(local(30, 8), local(30, 12)), resource_id=ELSEWHERE, group_id=group)
    window = Window(local(30, 8), local(30, 12))
    together: dict[str, Any] = {"group_id": group}
    assert found(window, other, asked=together, is_parallel_refused=True) == []


def test_a_qualification_has_to_hold_when_the_booking_starts() -> None:
    wanted, since = ids.new(), NOW - HOUR
    policy: dict[str, Any] = {"required_qualifications": (str(wanted),)}
    window = Window(local(30, 8), local(30, 12))

    def asked(*held: Held) -> dict[str, Any]:
        return {"held": {wanted: held} if held else {}, "names": {wanted: "Lasers"}}

    assert found(window, asked=asked(Held(since)), **policy) == []
    assert found(window, asked=asked(Held(since, window.ends_at)), **policy) == []
    (missing,) = found(window, asked=asked(), **policy)
    assert (missing.code, missing.overridable) == ("qualification-missing", True)
    assert "Lasers" in missing.message
    (lapsed,) = found(window, asked=asked(Held(since, window.starts_at)), **policy)
    assert lapsed.numbers["expires_at"] == "2026-03-30T06:00:00Z"
    assert found(window, **policy) == []  # nobody asks


def test_questions_are_answered_in_their_types() -> None:
    sheet = {
        "type": "object",
        "required": ["dye"],
        "properties": {"dye": {"type": "string"}, "slides": {"type": "integer", "maximum": 9}},
    }
    window = Window(local(30, 8), local(30, 12))

    def told(answers: dict[str, Any] | None) -> list[tuple[str, str | None, bool]]:
        violations = found(window, asked={"answers": answers}, questions=sheet)
        return [(each.code, each.field, each.overridable) for each in violations]

    assert told({"dye": "DAPI", "slides": 9}) == []
    assert told({"slides": 10}) == [
        ("answer-missing", "answers.dye", True),
        ("answer-invalid", "answers.slides", False),
    ]
    assert told(None) == []
