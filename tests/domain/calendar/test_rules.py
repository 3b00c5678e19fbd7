"""The rules of a resource as pure functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from src.core import ids
from src.domain import resources
from src.domain.bookings import suggestions
from src.domain.bookings.facts import Facts
from src.domain.resources.calendar import Placed, UnitHolds
from src.domain.resources.hours import Weekly, Window
from src.domain.resources.policy import EffectivePolicy
from src.domain.resources.rules import Question, hold_window, violations
from src.domain.resources.tables import HoldKind, Policy, ResourceState
from src.domain.resources.terms import ClosureTerms, Terms, UnitTerms
from tests.support.world import World, tomorrow

NOW = datetime(2026, 3, 27, 10, 0, tzinfo=UTC)  # the Friday before the clocks go forward
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
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
    units=(UnitTerms(1, 1, is_active=True), UnitTerms(2, 2, is_active=False)),
    closures=(),
)


def codes(terms: Terms, start: datetime, end: datetime, **more: Any) -> list[str]:
    question = Question(Window(start, end), NOW, **more)
    return [violation.code for violation in violations(terms, question)]


def under(**policy: Any) -> Terms:
    return replace(TERMS, policy=EffectivePolicy(**policy))


def test_without_rules_nothing_is_refused() -> None:
    assert codes(TERMS, NOW + HOUR, NOW + 3 * HOUR) == []


def test_the_length_of_a_booking_is_told_to_the_second() -> None:
    start = NOW + HOUR
    for length, told in ((57, "57 seconds"), (61, "1 minute and 1 second"), (120, "2 minutes")):
        question = Question(Window(start, start + timedelta(seconds=length)), NOW)
        (found,) = violations(under(min_minutes=15), question)
        assert found.message == f"The shortest booking is 15 minutes; this one is {told}."
        assert found.numbers["seconds"] == length


@pytest.mark.parametrize(
    ("policy", "start", "minutes", "expected"),
    [
        ({"slot_minutes": 30}, HOUR, 60, []),
        ({"slot_minutes": 30}, HOUR + 10 * MINUTE, 50, ["off-grid"]),
        ({"slot_minutes": 30}, HOUR + 10 * MINUTE, 60, ["off-grid", "off-grid"]),
        ({"min_minutes": 60}, HOUR, 59, ["too-short"]),
        ({"min_minutes": 60}, HOUR, 60, []),
        ({"max_minutes": 60}, HOUR, 61, ["too-long"]),
        ({"max_minutes": 60}, HOUR, 60, []),
        ({"earliest_minutes": 60}, HOUR, 60, []),
        ({"earliest_minutes": 60}, HOUR + MINUTE, 60, ["too-early"]),
        ({"latest_minutes": 60}, HOUR, 60, []),
        ({"latest_minutes": 60}, HOUR - MINUTE, 60, ["too-late"]),
        ({"slot_minutes": 60}, -HOUR, 120, ["in-the-past"]),
        ({}, -2 * MINUTE, 60, ["in-the-past"]),
        ({}, -3 * HOUR, 60, ["in-the-past"]),
    ],
)
def test_each_rule_at_its_edge(
    policy: dict[str, int], start: timedelta, minutes: int, expected: list[str]
) -> None:
    begins = NOW + start
    assert codes(under(**policy), begins, begins + minutes * MINUTE) == expected


def test_the_grid_is_the_local_clocks() -> None:
    india = replace(under(slot_minutes=60), timezone="Asia/Kolkata")
    start = datetime(2026, 3, 28, 10, 0, tzinfo=UTC)  # 15:30 in Kolkata
    assert codes(india, start, start + HOUR) == ["off-grid", "off-grid"]
    assert codes(india, start + 30 * MINUTE, start + 90 * MINUTE) == []


def test_a_length_is_true_time_when_the_clocks_change() -> None:
    start = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)  # 01:00 to 04:00 by the clock: two hours
    assert codes(under(max_minutes=120), start, start + 2 * HOUR) == []


def test_what_is_under_way_is_not_judged_by_its_start_any_more() -> None:
    terms = under(slot_minutes=30, earliest_minutes=60, latest_minutes=60)
    start = NOW - 50 * MINUTE
    assert codes(terms, start, NOW + HOUR, is_started=True) == []
    assert codes(terms, start, NOW + HOUR + MINUTE, is_started=True) == ["off-grid"]
    assert codes(TERMS, start, NOW - MINUTE, is_started=True) == ["in-the-past"]


def test_a_closure_refuses_what_it_touches_buffers_included() -> None:
    closure = ClosureTerms(ids.new(), Window(NOW + 2 * HOUR, NOW + 3 * HOUR), "Service")
    terms = replace(under(buffer_after_minutes=15), closures=(closure,))
    assert codes(terms, NOW + HOUR, NOW + 2 * HOUR - 15 * MINUTE) == []
    assert codes(terms, NOW + HOUR, NOW + 2 * HOUR - 14 * MINUTE) == ["closed"]
    assert codes(terms, NOW + 3 * HOUR, NOW + 4 * HOUR) == []


@pytest.mark.parametrize(
    ("state", "unit", "expected"),
    [
        (ResourceState.DEGRADED, 1, []),
        (ResourceState.DOWN, 1, ["resource-down"]),
        (ResourceState.RETIRED, 3, ["resource-retired", "unit-unknown"]),
        (ResourceState.AVAILABLE, 2, ["unit-unknown"]),
    ],
)
def test_state_and_unit(state: ResourceState, unit: int, expected: list[str]) -> None:
    terms = replace(TERMS, state=state)
    assert codes(terms, NOW + HOUR, NOW + 2 * HOUR, unit=unit) == expected


def test_a_message_tells_the_numbers_it_is_about() -> None:
    question = Question(Window(NOW + HOUR, NOW + 6 * HOUR), NOW, upcoming=3)
    found = {v.code: v for v in violations(under(max_minutes=240, max_upcoming=3), question)}
    assert found["too-long"].numbers == {
        "max_minutes": 240,
        "minutes": 300,
        "seconds": 18_000,
    }
    assert "240" in found["too-long"].message
    assert "300" in found["too-long"].message
    assert found["too-many-upcoming"].numbers == {"max_upcoming": 3, "upcoming": 3}


@settings(max_examples=200)
@given(st.integers(-5000, 100_000), st.integers(-500, 600_000))
def test_any_window_is_judged_without_failing(start: int, minutes: int) -> None:
    terms = replace(
        under(slot_minutes=7, min_minutes=9, max_minutes=90, earliest_minutes=100,
              latest_minutes=5, buffer_before_minutes=3),
        hours=(Weekly(0, 480, 1080), Weekly(6, 0, 1440)),
    )  # fmt: skip
    begins = NOW + start * MINUTE
    found = codes(terms, begins, begins + minutes * MINUTE)
    assert ("ends-before-start" in found) is (minutes <= 0)


busy = st.lists(
    st.tuples(st.integers(0, 600), st.integers(1, 200)).map(lambda t: (t[0], t[0] + t[1])),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(busy, st.integers(0, 300), st.integers(15, 240), st.sampled_from([None, 10, 15, 30]),
       st.integers(0, 20), st.integers(0, 20))  # fmt: skip
def test_every_suggestion_is_free_and_fits(
    holds: list[tuple[int, int]],
    start: int,
    minutes: int,
    slot: int | None,
    before: int,
    after: int,
) -> None:
    terms = replace(
        under(slot_minutes=slot, max_minutes=180, buffer_before_minutes=before,
              buffer_after_minutes=after),
        hours=tuple(Weekly(day, 420, 1260) for day in range(7)),
    )  # fmt: skip
    placed = [
        Placed(1, 1, terms.resource_id, NOW + begin * MINUTE, NOW + end * MINUTE,
               HoldKind.BOOKING, ids.new())
        for begin, end in holds
    ]  # fmt: skip
    unit = UnitHolds(1, 1, terms.resource_id, is_active=True, holds=placed)
    candidate = suggestions.Candidate(terms, Facts(), (unit,))
    wish = Window(NOW + start * MINUTE, NOW + (start + minutes) * MINUTE)
    found = suggestions.suggest(
        suggestions.Asked(terms.resource_id, wish, ids.new()), [candidate], now=NOW
    )
    for suggestion in found:
        window = Window(suggestion.starts_at, suggestion.ends_at)
        assert window != wish
        assert unit.is_free(hold_window(terms, window))
        assert violations(terms, Question(window, NOW, suggestion.unit)) == []
    assert {"later", "earlier", "shorter"} >= {suggestion.kind for suggestion in found}
    assert any(suggestion.kind == "later" for suggestion in found)


@given(st.lists(st.fixed_dictionaries({"slot_minutes": st.none() | st.integers(1, 60),
                                       "max_upcoming": st.none() | st.integers(0, 9)}),
                min_size=3, max_size=3))  # fmt: skip
def test_the_nearest_level_that_says_something_counts(levels: list[dict[str, int | None]]) -> None:
    merged = EffectivePolicy.of(*levels)
    for name in ("slot_minutes", "max_upcoming"):
        said = [level[name] for level in levels if level[name] is not None]
        assert getattr(merged, name) == (said[0] if said else getattr(EffectivePolicy(), name))


async def test_levels_merge_field_by_field_in_one_statement(world: World) -> None:
    plain, own = await world.resource(), await world.resource(slot_minutes=10, max_minutes=60)
    elsewhere = await world.resource(type_id=await world.type())
    site = {"level": "site", "slot_minutes": 30, "min_minutes": 30, "is_approval_required": True}
    of_type = {
        "level": f"type:{world.type_id}",
        "type_id": world.type_id,
        "slot_minutes": 20,
        "is_approval_required": False,
    }
    async with world.writing() as session:
        for level in (site, of_type):
            await session.execute(insert(Policy).values(id=ids.new(), version=1, **level))
    async with world.reading() as reads:
        terms = await resources.terms.load(
            reads, [plain, own, elsewhere], around=Window(tomorrow(0), tomorrow(1))
        )

    def seen(resource: UUID) -> tuple[int | None, int | None, int | None, bool]:
        policy = terms[resource].policy
        return (
            policy.slot_minutes, policy.min_minutes, policy.max_minutes, policy.is_approval_required
        )  # fmt: skip

    assert seen(plain) == (20, 30, None, False)
    assert seen(own) == (10, 30, 60, False)
    assert seen(elsewhere) == (30, 30, None, True)
