"""When a step is decided, and until when it waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.core import ids
from src.domain.approvals import rules
from src.domain.approvals.rules import ALL, ANY, Approver, ApproverKind, OnDeadline, Step, Vote
from src.domain.approvals.tables import Verdict

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PEOPLE = [ids.new() for _ in range(6)]
WHOM = (Approver(ApproverKind.ROLE, "manager"),)


def step(needs: str | int = ANY, minutes: int | None = None, then: str = "expire") -> Step:
    return Step(WHOM, needs, minutes, OnDeadline(then), WHOM)


def said(*verdicts: str) -> list[Vote]:
    return [Vote(PEOPLE[at], PEOPLE[at], Verdict(one)) for at, one in enumerate(verdicts)]


def seats(many: int, *, escalated: int = 0) -> dict[UUID, bool]:
    return {person: at >= many for at, person in enumerate(PEOPLE[: many + escalated])}


@pytest.mark.parametrize(
    ("needs", "many", "votes", "reached"),
    [
        (ANY, 3, [], None),
        (ANY, 3, ["approve"], "approve"),
        (ANY, 3, ["reject"], "reject"),
        (ALL, 3, ["approve", "approve"], None),
        (ALL, 3, ["approve", "approve", "approve"], "approve"),
        (ALL, 3, ["approve", "reject"], "reject"),
        (2, 3, ["approve", "reject"], None),
        (2, 3, ["approve", "reject", "approve"], "approve"),
        (2, 3, ["reject", "reject"], "reject"),
        (5, 2, ["approve", "approve"], "approve"),  # never more than there are
        (1, 3, ["reject", "reject"], None),
    ],
)
def test_a_step_is_decided_by_what_it_needs(
    needs: str | int, many: int, votes: list[str], reached: str | None
) -> None:
    assert rules.verdict_of(step(needs), seats(many), said(*votes)) == reached


def test_one_word_of_those_it_was_passed_on_to_decides() -> None:
    asked = seats(2, escalated=1)
    first = Vote(PEOPLE[0], PEOPLE[0], Verdict.APPROVE)
    last = Vote(PEOPLE[2], PEOPLE[2], Verdict.REJECT)
    assert rules.verdict_of(step(ALL), asked, [first]) is None
    assert rules.verdict_of(step(ALL), asked, [first, last]) is Verdict.REJECT


def test_without_seats_the_first_word_decides() -> None:
    assert rules.verdict_of(step(ALL), {}, said("approve")) is Verdict.APPROVE


@given(
    st.integers(1, 6),
    st.one_of(st.just(ANY), st.just(ALL), st.integers(1, 8)),
    st.lists(st.sampled_from(["approve", "reject"]), max_size=6),
)
def test_k_is_reached_exactly_and_a_decision_never_turns(
    many: int, needs: str | int, verdicts: list[str]
) -> None:
    votes = said(*verdicts[:many])
    decided = None
    for count in range(len(votes) + 1):
        reached = rules.verdict_of(step(needs), seats(many), votes[:count])
        agreed = sum(vote.verdict is Verdict.APPROVE for vote in votes[:count])
        if reached is Verdict.APPROVE:
            assert agreed == rules.needed(needs, many)
        if decided is None and reached is not None:
            decided = reached
            break
        assert agreed < rules.needed(needs, many)
    if decided is None and len(votes) == many:
        raise AssertionError("everybody has spoken, and nothing was decided")


@given(
    st.integers(5, 10_000),
    st.sampled_from(list(OnDeadline)),
    st.one_of(st.none(), st.integers(1, 20_000)),
)
def test_no_step_waits_longer_than_what_is_asked_for(
    minutes: int, then: OnDeadline, latest: int | None
) -> None:
    ends = None if latest is None else NOW + timedelta(minutes=latest)
    one = step(minutes=minutes, then=then)
    lapses = rules.lapses_at(one, NOW, latest_at=ends)
    if ends is not None:
        assert lapses is not None
        assert lapses <= ends
    for is_escalated in {False, then is OnDeadline.ESCALATE}:
        looked = rules.next_look(one, NOW, is_escalated=is_escalated, latest_at=ends)
        assert looked is not None
        assert ends is None or looked <= ends
        # Somebody looks in time, so that nothing is left to lapse where it should go on.
        assert lapses is None or looked <= lapses or then is OnDeadline.APPROVE


def test_a_step_is_stored_as_it_was() -> None:
    one = Step(WHOM, 2, 90, OnDeadline.ESCALATE, (Approver(ApproverKind.RESPONSIBLE, "deputy"),))
    assert rules.step_of(rules.raw_of(one)) == one
