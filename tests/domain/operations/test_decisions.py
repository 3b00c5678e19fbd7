"""Decisions: a machine with reasons, chains that end, amendments that show their words."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from src.core.actor import EVERYWHERE, Actor, Permission, team_scope
from src.core.errors import DomainError, Forbidden
from src.core.events import Event
from src.core.outbox import Message
from src.domain.accounts import RoleName
from src.domain.notifications import Notification
from src.domain.operations import decisions, discussion
from src.domain.operations.decisions import (
    Action,
    BadDecision,
    DecisionNotFound,
    DecisionStateConflict,
    DecisionView,
    Filters,
    OptionWish,
    Verdict,
    Wish,
    difference,
    states,
)
from src.domain.operations.tables import Decision, DecisionState, Stance
from tests.support.world import World

PROPOSED, ACCEPTED, REJECTED, WITHDRAWN, SUPERSEDED, DEPRECATED = (
    DecisionState.PROPOSED, DecisionState.ACCEPTED, DecisionState.REJECTED,
    DecisionState.WITHDRAWN, DecisionState.SUPERSEDED, DecisionState.DEPRECATED,
)  # fmt: skip
LEADS_TO = {
    Action.ACCEPT: ACCEPTED, Action.REJECT: REJECTED, Action.WITHDRAW: WITHDRAWN,
    Action.SUPERSEDE: SUPERSEDED, Action.DEPRECATE: DEPRECATED,
}  # fmt: skip
WISH = Wish("One buffer for all", context="Three are in use.", outcome="We take **PBS**.")


async def proposed(world: World, actor: Actor, **wish: Any) -> DecisionView:
    async with world.writing() as session:
        return await decisions.propose(session, actor, wish=replace(WISH, **wish))


async def moved(
    world: World, actor: Actor, one: UUID, to: DecisionState, **verdict: Any
) -> DecisionView:
    said = Verdict(to, **{"reason": "" if to is ACCEPTED else "So it is.", **verdict})
    async with world.writing() as session:
        return await decisions.transition(session, actor, one, verdict=said)


async def accepted(world: World, actor: Actor, **wish: Any) -> DecisionView:
    made = await proposed(world, actor, **wish)
    return await moved(world, actor, made.id, ACCEPTED)


async def read(world: World, actor: Actor, one: UUID) -> DecisionView:
    async with world.reading() as reads:
        return await decisions.get(reads, actor, one)


async def telling(world: World) -> None:
    """What the worker does about what happened."""
    async with world.writing() as session:
        rows = await session.scalars(
            select(Message).where(Message.topic == decisions.topics.HAPPENED.name)
        )
        for row in rows.all():
            await decisions.telling.tell(session, row.payload)
            await session.delete(row)


async def told(world: World, kind: str) -> list[UUID]:
    async with world.reading() as reads:
        rows = select(Notification.user_id).where(Notification.kind == kind)
        return sorted(await reads.scalars(rows))


@given(st.sampled_from(DecisionState), st.sampled_from(DecisionState), st.text(max_size=9))
def test_a_step_is_in_the_table_or_refused_with_the_allowed_targets(
    state: DecisionState, to: DecisionState, reason: str
) -> None:
    allowed = states.targets(state)
    if to not in allowed:
        with pytest.raises(DecisionStateConflict) as refused:
            states.step(state, to, reason)
        assert refused.value.members == {"state": state, "allowed": allowed}
    elif to is not ACCEPTED and not reason.strip():
        with pytest.raises(BadDecision) as bad:
            states.step(state, to, reason)
        assert bad.value.errors[0].field == ("reason",)
    else:
        assert bool(states.step(state, to, reason).asks) == (to is not ACCEPTED)


@given(st.lists(st.sampled_from(sorted(LEADS_TO)), max_size=8), st.booleans())
def test_the_ways_shown_are_the_ways_there_are(walk: list[Action], is_manager: bool) -> None:
    granted = dict.fromkeys(Permission, EVERYWHERE) if is_manager else {}
    actor, state = Actor(UUID(int=1), granted=granted), PROPOSED
    for action in walk:
        ways = decisions.policy.ways(actor, team_id=None, proposed_by=None, state=state)
        why = {way.action: way.why_not for way in ways}
        is_open = LEADS_TO[action] in states.targets(state)
        assert (not why[action]) == (is_open and is_manager)
        assert (not why[Action.CHANGE]) == (state is PROPOSED and is_manager)
        assert (not why[Action.AMEND]) == (state is ACCEPTED and is_manager)
        state = LEADS_TO[action] if is_open else state


@given(st.text("ab \n.", max_size=40), st.text("ab \n.", max_size=40))
def test_the_pieces_of_a_difference_are_both_texts_whole(before: str, after: str) -> None:
    pieces = difference.of(before, after)
    assert "".join(one.text for one in pieces if one.kind != "added") == before
    assert "".join(one.text for one in pieces if one.kind != "removed") == after
    assert all(one.text for one in pieces)


def test_a_difference_shows_words_not_letters() -> None:
    found = difference.of("We take PBS at 4 °C.", "We take HEPES at 4 °C.")
    assert [(one.kind, one.text) for one in found] == [
        ("same", "We take "), ("removed", "PBS"), ("added", "HEPES"), ("same", " at 4 °C."),
    ]  # fmt: skip


async def test_it_is_accepted_by_somebody_at_a_time_and_its_text_stands_then(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    made = await proposed(world, member, tags=("buffer",))
    async with world.writing() as session:
        done = await decisions.change(session, member, made.id, changes={"context": None})
    assert (done.context, done.tags) == ("", ("buffer",))
    done = await moved(world, manager, made.id, ACCEPTED, outcome="We take HEPES.")
    assert done.outcome == "We take HEPES."
    assert done.decided_by is not None
    assert done.decided_by.id == manager.user_id
    with pytest.raises(DecisionStateConflict, match="amend it"):
        async with world.writing() as session:
            await decisions.change(session, member, made.id, changes={"outcome": "PBS"})
    async with world.writing() as session:  # tags are no text of it
        done = await decisions.change(session, member, made.id, changes={"tags": ["hepes"]})
    assert done.tags == ("hepes",)
    with pytest.raises(DecisionStateConflict) as refused:
        await moved(world, manager, made.id, REJECTED)
    assert refused.value.members["allowed"] == ["superseded", "deprecated"]


async def test_what_is_accepted_says_what_was_decided(world: World) -> None:
    member = await world.person()
    made = await proposed(
        world, member, outcome="", options=(OptionWish("PBS"), OptionWish("HEPES"))
    )
    with pytest.raises(BadDecision) as refused:
        await moved(world, member, made.id, ACCEPTED)
    assert refused.value.errors[0].field == ("outcome",)
    async with world.writing() as session:
        await decisions.options.change(
            session, member, made.id, made.options[1].id, changes={"is_chosen": True}
        )
    assert (await moved(world, member, made.id, ACCEPTED)).state is ACCEPTED


async def test_only_the_proposer_and_who_looks_after_the_team_decide(world: World) -> None:
    member, mate, auditor = (
        await world.person(), await world.person(), await world.person(RoleName.AUDITOR)
    )  # fmt: skip
    team = await world.team()
    stranger = replace(
        mate, granted={Permission.OPERATIONS_READ: frozenset({team_scope(UUID(int=5))})}
    )
    made = await proposed(world, member, team_id=team)
    for who in (mate, auditor):
        with pytest.raises(Forbidden):
            await moved(world, who, made.id, ACCEPTED)
    with pytest.raises(DecisionNotFound):
        await moved(world, stranger, made.id, ACCEPTED)
    with pytest.raises(DecisionNotFound):
        await read(world, stranger, made.id)
    assert Action.ACCEPT not in (await read(world, mate, made.id)).allowed
    assert Action.ANSWER in (await read(world, mate, made.id)).allowed


async def test_a_chain_is_shown_both_ways_and_has_no_cycle(world: World) -> None:
    manager = await world.manager()
    first, second, third = [await accepted(world, manager, title=t) for t in "abc"]
    with pytest.raises(BadDecision) as refused:
        await moved(world, manager, first.id, SUPERSEDED)
    assert refused.value.errors[0].code == "missing"
    await moved(world, manager, first.id, SUPERSEDED, superseded_by=second.id)
    await moved(world, manager, second.id, SUPERSEDED, superseded_by=third.id)
    middle = await read(world, manager, second.id)
    assert [one.title for one in middle.supersedes] == ["a"]
    assert [one.title for one in middle.successors] == ["c"]
    start, end = await read(world, manager, first.id), await read(world, manager, third.id)
    assert [one.title for one in start.successors] == ["b", "c"]
    assert start.superseded_by is not None
    assert start.superseded_by.title == "b"
    assert [one.title for one in end.supersedes] == ["a", "b"]
    for to, code in ((third.id, "itself"), (first.id, "not-accepted"), (UUID(int=1), None)):
        with pytest.raises(BadDecision) as refused:
            await moved(world, manager, third.id, SUPERSEDED, superseded_by=to)
        assert refused.value.errors[0].code == (code or "unknown-decision")


async def test_of_two_that_supersede_each_other_at_once_one_wins(world: World) -> None:
    manager = await world.manager()
    one, two = await accepted(world, manager), await accepted(world, manager)
    answers = await asyncio.gather(
        moved(world, manager, one.id, SUPERSEDED, superseded_by=two.id),
        moved(world, manager, two.id, SUPERSEDED, superseded_by=one.id),
        return_exceptions=True,
    )
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [type(one) for one in refused] == [BadDecision]
    found = [(await read(world, manager, which.id)).state for which in (one, two)]
    assert sorted(found) == [ACCEPTED, SUPERSEDED]


async def test_an_amendment_keeps_what_was_said_and_why_it_changed(world: World) -> None:
    member = await world.person()
    day = datetime.now(UTC).date()
    made = await accepted(world, member)
    async with world.writing() as session:
        done = await decisions.amending.amend(
            session, member, made.id, reason="PBS foams",
            changes={"outcome": "We take **HEPES**.", "title": made.title, "review_on": day},
        )  # fmt: skip
    assert (done.number, done.reason) == (1, "PBS foams")
    assert [change.field for change in done.changes] == ["outcome", "review_on"]
    assert [(one.kind, one.text) for one in done.changes[0].pieces] == [
        ("same", "We take **"), ("removed", "PBS"), ("added", "HEPES"), ("same", "**."),
    ]  # fmt: skip
    now = await read(world, member, made.id)
    assert (now.outcome, now.review_on) == ("We take **HEPES**.", day)
    for changes, reason, field in (
        ({"outcome": now.outcome}, "No reason", "outcome"),
        ({"outcome": " "}, "Nothing", "outcome"),
        ({"context": "Other"}, " ", "reason"),
    ):
        with pytest.raises(BadDecision) as refused:
            async with world.writing() as session:
                await decisions.amending.amend(
                    session, member, made.id, changes=changes, reason=reason
                )
        assert refused.value.errors[0].field == (field,)
    with pytest.raises(DecisionStateConflict):
        async with world.writing() as session:
            open_ = await decisions.propose(session, member, wish=WISH)
            await decisions.amending.amend(
                session, member, open_.id, changes={"context": "x"}, reason="y"
            )
    async with world.reading() as reads:
        assert len(await decisions.amending.of(reads, member, made.id)) == 1


async def test_options_keep_their_order_and_one_is_chosen(world: World) -> None:
    member = await world.person()
    options = tuple(OptionWish(title) for title in "abc")
    made = await proposed(world, member, options=options)
    a, b, c = (one.id for one in made.options)
    async with world.writing() as session:
        await decisions.options.change(
            session, member, made.id, c, changes={"position": 1, "is_chosen": True}
        )
        await decisions.options.change(session, member, made.id, a, changes={"is_chosen": True})
        done = await decisions.options.add(
            session, member, made.id, wish=OptionWish("d", is_chosen=True)
        )
    assert [(one.position, one.title, one.is_chosen) for one in done.options] == [
        (1, "c", False), (2, "a", False), (3, "b", False), (4, "d", True),
    ]  # fmt: skip
    async with world.writing() as session:
        done = await decisions.options.remove(session, member, made.id, b)
    assert [(one.position, one.title) for one in done.options] == [(1, "c"), (2, "a"), (3, "d")]
    await moved(world, member, made.id, ACCEPTED)
    with pytest.raises(DecisionStateConflict):
        async with world.writing() as session:
            await decisions.options.remove(session, member, made.id, a)


async def test_each_speaks_for_themselves_and_who_has_answered_stays(world: World) -> None:
    member, ada, ben, auditor = (
        await world.person(), await world.person(name="Ada"), await world.person(name="Ben"),
        await world.person(RoleName.AUDITOR),
    )  # fmt: skip
    made = await proposed(world, member, participant_ids=(ada.user_id, auditor.user_id))
    answer = decisions.participants.answer
    async with world.writing() as session:
        await answer(session, ada, made.id, stance=Stance.DISAGREES, comment="It foams.")
        await answer(session, ben, made.id, stance=Stance.AGREES)  # nobody asked
        done = await answer(session, auditor, made.id, stance=Stance.ABSTAINS)  # asked, reads only
    with pytest.raises(Forbidden):  # a key that may read only
        async with world.writing() as session:
            key = replace(ada, is_narrowed=True, granted={Permission.OPERATIONS_READ: EVERYWHERE})
            await answer(session, key, made.id, stance=Stance.AGREES)
    found = {one.person.name: (one.stance, one.comment) for one in done.participants}
    assert found["Ada"] == (Stance.DISAGREES, "It foams.")
    assert found["Ben"] == (Stance.AGREES, "")
    with pytest.raises(BadDecision) as refused:
        async with world.writing() as session:
            await decisions.participants.put(session, member, made.id, people=[])
    assert refused.value.errors[0].code == "answered"
    await moved(world, member, made.id, ACCEPTED)
    with pytest.raises(DecisionStateConflict):
        async with world.writing() as session:
            await answer(session, ben, made.id, stance=Stance.DISAGREES)


async def test_those_asked_are_told_then_reminded_then_told_what_came_of_it(world: World) -> None:
    member, ada, ben = [await world.person() for _ in range(3)]
    made = await proposed(world, member, participant_ids=(ada.user_id, ben.user_id))
    await telling(world)
    both = sorted(one.user_id for one in (ada, ben) if one.user_id)
    assert await told(world, "decision.asked") == both
    async with world.writing() as session:
        await decisions.participants.answer(session, ada, made.id, stance=Stance.AGREES)
        assert await decisions.reminding.of_answers(session) == 0
        old = datetime.now(UTC) - timedelta(days=4)
        await session.execute(
            update(Decision).where(Decision.id == made.id).values(proposed_at=old)
        )
    async with world.writing() as session:
        assert await decisions.reminding.of_answers(session) == 1
        assert await decisions.reminding.of_answers(session) == 0
    assert await told(world, "decision.unanswered") == [ben.user_id]
    await moved(world, member, made.id, ACCEPTED)
    await telling(world)
    assert await told(world, "decision.accepted") == both


async def test_a_day_of_review_is_brought_up_once(world: World) -> None:
    member = await world.person()
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    made = await accepted(world, member, review_on=yesterday)
    await proposed(world, member, review_on=yesterday)
    async with world.writing() as session:
        assert await decisions.reminding.of_reviews(session) == 1
        assert await decisions.reminding.of_reviews(session) == 0
    assert await told(world, "decision.review") == [member.user_id]
    assert (await read(world, member, made.id)).version == made.version


async def test_lists_hold_the_open_first_and_are_filtered(world: World) -> None:
    member, mate = await world.person(), await world.person()
    old = await accepted(world, member, title="old")
    new = await accepted(world, member, title="new", tags=("cold",))
    await moved(world, member, old.id, SUPERSEDED, superseded_by=new.id)
    await proposed(world, member, title="one", participant_ids=(mate.user_id,))
    await proposed(world, mate, title="two")

    async def titles(**filters: Any) -> list[str]:
        async with world.reading() as reads:
            page = await decisions.list_(reads, member, filters=Filters(**filters))
            return [one.title for one in page.items]

    assert await titles() == ["two", "one", "new", "old"]
    assert await titles(states=(ACCEPTED, SUPERSEDED)) == ["new", "old"]
    assert await titles(proposed_by=mate.user_id) == ["two"]
    assert await titles(asks_id=mate.user_id) == ["one"]
    assert await titles(tag="#Cold") == ["new"]
    assert await titles(q="buffer NEW") == []
    assert await titles(q="three NEW") == ["new"]


async def test_the_record_holds_codes_and_whom_it_concerns_never_texts(world: World) -> None:
    member, team = await world.person(), await world.team()
    made = await accepted(world, member, team_id=team, context="secret words")
    async with world.writing() as session:
        await decisions.amending.amend(
            session, member, made.id, changes={"context": "other secret words"}, reason="Clearer"
        )
    async with world.reading() as reads:
        rows = await reads.scalars(select(Event).where(Event.subject_id == made.id))
        events = list(rows)
    assert {one.verb for one in events} == {
        "decision.proposed", "decision.accepted", "decision.amended"
    }  # fmt: skip
    assert all(one.changes["team_id"] == str(team) for one in events)
    assert not any("secret" in str(one.changes) for one in events)


async def test_a_decided_one_is_still_discussed_by_those_who_write(world: World) -> None:
    member, auditor = await world.person(), await world.person(RoleName.AUDITOR)
    made = await accepted(world, member)
    async with world.writing() as session:
        await discussion.comments.add(session, member, ("decision", made.id), text="And now?")
    with pytest.raises(DomainError):
        async with world.writing() as session:
            await discussion.comments.add(session, auditor, ("decision", made.id), text="Hm")
