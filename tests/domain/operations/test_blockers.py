"""Blockers: two states, an archive that takes no change, and reminders of what nobody moves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import EVERYWHERE, Actor, Permission, team_scope
from src.core.db import ReadSession
from src.core.errors import Forbidden, PreconditionFailed
from src.core.events import Event
from src.core.outbox import Message
from src.domain.accounts import RoleName
from src.domain.notifications import Notification, follows
from src.domain.operations import blockers, discussion, subjects
from src.domain.operations.blockers import (
    Action,
    BadBlocker,
    BlockerArchived,
    BlockerNotFound,
    BlockerStateConflict,
    BlockerView,
    Filters,
    Wish,
    states,
)
from src.domain.operations.tables import Blocker, BlockerState, Severity, WaitingOn
from tests.support.world import World

WISH = Wish("No liquid nitrogen", WaitingOn.VENDOR, waiting_on_name="Linde")
ACTIVE, RESOLVED = BlockerState.ACTIVE, BlockerState.RESOLVED


async def raised(world: World, actor: Actor, **wish: Any) -> BlockerView:
    async with world.writing() as session:
        return await blockers.raise_(session, actor, wish=replace(WISH, **wish))


async def moved(world: World, actor: Actor, one: UUID, to: BlockerState) -> BlockerView:
    async with world.writing() as session:
        return await blockers.transition(session, actor, one, to=to, note="It came.")


async def archived(world: World, actor: Actor) -> BlockerView:
    made = await raised(world, actor)
    await moved(world, actor, made.id, RESOLVED)
    async with world.writing() as session:
        return await blockers.archive(session, actor, made.id)


async def happened(world: World, topic: str) -> list[dict[str, Any]]:
    """What the worker would be given, and has not been yet."""
    async with world.writing() as session:
        rows = await session.scalars(select(Message).where(Message.topic == topic))
        found = [row.payload for row in rows]
        for payload in found:
            await blockers.telling.tell(session, payload)
    return found


async def told(world: World, kind: str) -> set[UUID]:
    async with world.reading() as reads:
        rows = select(Notification.user_id).where(Notification.kind == kind)
        return set(await reads.scalars(rows))


@given(st.sampled_from(BlockerState), st.sampled_from(BlockerState), st.text(max_size=20))
def test_a_step_is_taken_with_a_word_or_refused_with_the_allowed_targets(
    state: BlockerState, to: BlockerState, note: str
) -> None:
    allowed = states.targets(state)
    if to not in allowed:
        with pytest.raises(BlockerStateConflict) as refused:
            states.step(state, to, note)
        assert refused.value.members == {"state": state, "allowed": allowed}
    elif not note.strip():
        with pytest.raises(BadBlocker):
            states.step(state, to, note)
    else:
        assert states.step(state, to, note).asks


@given(st.lists(st.sampled_from(["resolve", "reopen", "archive", "unarchive"]), max_size=12))
def test_no_walk_archives_what_is_active_or_moves_what_is_archived(walk: list[str]) -> None:
    """The ways shown to a manager are the ways there are, wherever one has come to."""
    manager = Actor(UUID(int=1), granted=dict.fromkeys(Permission, EVERYWHERE))
    state, is_archived = ACTIVE, False
    for step in walk:
        ways = blockers.policy.ways(manager, team_id=None, state=state, is_archived=is_archived)
        open_ = {way.action.value for way in ways if not way.why_not} - {"change", "comment"}
        expected = {"unarchive"} if is_archived else (
            {"resolve"} if state is ACTIVE else {"reopen", "archive"}
        )  # fmt: skip
        assert open_ == expected
        assert all(way.why_not for way in ways if way.action.value not in open_ | {
            "change", "comment"
        })  # fmt: skip
        if step in open_:
            state = {"resolve": RESOLVED, "reopen": ACTIVE}.get(step, state)
            is_archived = {"archive": True, "unarchive": False}.get(step, is_archived)
        assert state is RESOLVED or not is_archived


async def test_it_is_resolved_with_a_word_and_comes_back_with_another(world: World) -> None:
    member = await world.person()
    made = await raised(world, member, impact=Severity.HIGH)
    assert (made.name, made.state, made.impact_rank) == (f"BLK-{made.number}", ACTIVE, 3)
    done = await moved(world, member, made.id, RESOLVED)
    assert (done.resolution, done.resolved_by and done.resolved_by.id) == (
        "It came.", member.user_id
    )  # fmt: skip
    with pytest.raises(BlockerStateConflict) as refused:
        await moved(world, member, made.id, RESOLVED)
    assert refused.value.members["allowed"] == ["active"]
    back = await moved(world, member, made.id, ACTIVE)
    assert (back.resolution, back.resolved_at, back.resolved_by) == ("", None, None)
    async with world.reading() as reads:
        rows = select(Event).where(Event.subject_id == made.id).order_by(Event.id)
        events = list(await reads.scalars(rows))
    assert [one.verb for one in events] == [
        "blocker.raised", "blocker.resolved", "blocker.reopened"
    ]  # fmt: skip
    assert all("team_id" in one.changes for one in events)


async def _to_change(session: AsyncSession, actor: Actor, one: UUID) -> None:
    await blockers.change(session, actor, one, changes={"title": "Other"})


async def _to_unassign(session: AsyncSession, actor: Actor, one: UUID) -> None:
    await blockers.change(session, actor, one, changes={"owner_id": None})


async def _to_tag(session: AsyncSession, actor: Actor, one: UUID) -> None:
    await blockers.change(session, actor, one, changes={"tags": ["cold"]})


async def _to_link(session: AsyncSession, actor: Actor, one: UUID) -> None:
    await blockers.change(session, actor, one, changes={"links": []})


async def _to_reopen(session: AsyncSession, actor: Actor, one: UUID) -> None:
    await blockers.transition(session, actor, one, to=ACTIVE, note="Back")


async def _to_resolve(session: AsyncSession, actor: Actor, one: UUID) -> None:
    await blockers.transition(session, actor, one, to=RESOLVED, note="Again")


async def _to_archive(session: AsyncSession, actor: Actor, one: UUID) -> None:
    await blockers.archive(session, actor, one)


async def _to_comment(session: AsyncSession, actor: Actor, one: UUID) -> None:
    await discussion.comments.add(session, actor, ("blocker", one), text="Really?")


async def _to_discuss(session: AsyncSession, actor: Actor, one: UUID) -> None:
    await subjects.require_discussed(session, actor, ("blocker", one))


async def _to_acknowledge(session: AsyncSession, actor: Actor, one: UUID) -> None:
    await discussion.acknowledgements.put(session, actor, ("blocker", one))


@pytest.mark.parametrize(
    "attempt",
    [
        _to_change, _to_unassign, _to_tag, _to_link, _to_reopen, _to_resolve, _to_archive,
        _to_comment, _to_discuss, _to_acknowledge,
    ],
)  # fmt: skip
async def test_what_is_archived_is_read_only_by_every_way(
    world: World, attempt: Callable[[AsyncSession, Actor, UUID], Awaitable[None]]
) -> None:
    manager = await world.manager()
    one = await archived(world, manager)
    assert one.allowed == (Action.UNARCHIVE,)
    with pytest.raises(BlockerArchived):
        async with world.writing() as session:
            await attempt(session, manager, one.id)
    async with world.reading() as reads:
        assert await blockers.get(reads, manager, one.id) == one
        page = await discussion.comments.of(reads, manager, ("blocker", one.id))
        assert page.items == []


async def test_only_the_resolved_is_archived_and_only_a_manager_takes_it_out(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    made = await raised(world, member)
    with pytest.raises(BlockerStateConflict) as refused:
        async with world.writing() as session:
            await blockers.archive(session, member, made.id)
    assert refused.value.members["allowed"] == ["resolved"]
    await moved(world, member, made.id, RESOLVED)
    async with world.writing() as session:
        await blockers.archive(session, member, made.id)
    with pytest.raises(Forbidden):
        async with world.writing() as session:
            await blockers.unarchive(session, member, made.id)
    async with world.writing() as session:
        out = await blockers.unarchive(session, manager, made.id)
    assert (out.state, out.archived_at) == (RESOLVED, None)
    with pytest.raises(BlockerStateConflict):
        async with world.writing() as session:
            await blockers.unarchive(session, manager, made.id)


async def test_null_clears_and_the_rest_stays(world: World) -> None:
    member, mate = await world.person(), await world.person()
    made = await raised(
        world, member, owner_id=mate.user_id, waiting_on=WaitingOn.PERSON,
        waiting_on_id=mate.user_id, waiting_on_name="", needed_by=datetime.now(UTC).date(),
        description="**Dewar** is empty", tags=("#Cold", "gas"),
    )  # fmt: skip
    assert made.tags == ("cold", "gas")
    assert made.waiting_on_person is not None
    changes = dict.fromkeys(["owner_id", "needed_by", "description", "tags"])
    async with world.writing() as session:
        done = await blockers.change(session, member, made.id, changes=changes)
    assert (done.owner, done.needed_by, done.description, done.tags) == (None, None, "", ())
    assert done.waiting_on_person == made.waiting_on_person
    # Who waits for a vendor waits for no person.
    async with world.writing() as session:
        vendor = {"waiting_on": WaitingOn.VENDOR}
        done = await blockers.change(session, member, made.id, changes=vendor)
    assert done.waiting_on_person is None
    with pytest.raises(PreconditionFailed):
        async with world.writing() as session:
            await blockers.change(
                session, member, made.id, changes={"title": "X"}, expected_version=1
            )


async def test_every_fault_is_named_at_its_field(world: World) -> None:
    member = await world.person()
    suspended = await world.person(state="suspended")
    with pytest.raises(BadBlocker) as refused:
        await raised(
            world, member, title=" ", owner_id=suspended.user_id, team_id=UUID(int=7),
            waiting_on=WaitingOn.PERSON, waiting_on_name="",
        )  # fmt: skip
    faults = {(one.field[0], one.code) for one in refused.value.errors}
    assert faults == {
        ("title", "missing"), ("owner_id", "unknown-person"), ("team_id", "unknown-team"),
        ("waiting_on_id", "missing"),
    }  # fmt: skip


async def test_active_come_first_then_the_critical_then_the_oldest(world: World) -> None:
    member = await world.person()
    over = await raised(world, member, title="over", impact=Severity.CRITICAL)
    await moved(world, member, over.id, RESOLVED)
    for title, impact in (
        ("low", Severity.LOW), ("first", Severity.CRITICAL), ("unknown", Severity.UNDETERMINED),
        ("second", Severity.CRITICAL), ("high", Severity.HIGH),
    ):  # fmt: skip
        await raised(world, member, title=title, impact=impact)
    await archived(world, member)
    async with world.reading() as reads:
        page = await blockers.list_(reads, member, filters=Filters())
        critical = Filters(impacts=(Severity.CRITICAL,), states=(ACTIVE,))
        few = await blockers.list_(reads, member, filters=critical)
        put_away = await blockers.list_(reads, member, filters=Filters(archived=True))
        found = await blockers.list_(reads, member, filters=Filters(q="SEC", tag=None))
    titles = [one.title for one in page.items]
    assert titles == ["first", "second", "high", "low", "unknown", "over"]
    assert [one.title for one in few.items] == ["first", "second"]
    assert [one.title for one in put_away.items] == [WISH.title]
    assert [one.title for one in found.items] == ["second"]


async def test_another_team_knows_nothing_of_it(world: World) -> None:
    mine, theirs = await world.team(), await world.team()
    member = await world.person(team_ids=[mine])
    stranger = replace(
        await world.person(),
        granted={
            permission: frozenset({team_scope(theirs)})
            for permission in (Permission.OPERATIONS_READ, Permission.OPERATIONS_POST)
        },
    )
    made = await raised(world, member, team_id=mine)
    async with world.reading() as reads:
        assert (await blockers.list_(reads, stranger, filters=Filters())).items == []
        assert await subjects.things(reads, stranger, [("blocker", made.id)]) == {}
        with pytest.raises(BlockerNotFound):
            await blockers.get(reads, stranger, made.id)
    with pytest.raises(BlockerNotFound):
        await moved(world, stranger, made.id, RESOLVED)
    auditor = await world.person(RoleName.AUDITOR)
    with pytest.raises(Forbidden):
        await moved(world, auditor, made.id, RESOLVED)


async def test_owner_and_the_person_waited_on_are_told_and_followers_that_it_is_over(
    world: World,
) -> None:
    member, owner, waited, follower, muter = [await world.person() for _ in range(5)]
    made = await raised(
        world, member, owner_id=owner.user_id, waiting_on=WaitingOn.PERSON,
        waiting_on_id=waited.user_id,
    )  # fmt: skip
    await happened(world, blockers.topics.HAPPENED.name)
    assert await told(world, "blocker.owned") == {owner.user_id}
    assert await told(world, "blocker.waiting") == {waited.user_id}
    async with world.writing() as session:
        subject = ("blocker", made.id)
        for who, does_follow in ((follower, True), (waited, False)):
            assert who.user_id is not None
            await follows.put(session, who.user_id, subject, follows=does_follow)
    await moved(world, owner, made.id, RESOLVED)
    await happened(world, blockers.topics.HAPPENED.name)
    assert await told(world, "blocker.resolved") == {member.user_id, follower.user_id}
    assert muter.user_id not in await told(world, "blocker.owned")


async def _aged(world: World, one: UUID, days: float) -> None:
    async with world.writing() as session:
        at = datetime.now(UTC) - timedelta(days=days)
        await session.execute(update(Blocker).where(Blocker.id == one).values(updated_at=at))


async def _nudged(world: World) -> int:
    async with world.writing() as session:
        return await blockers.nudging.run(session)


async def _nudged_ago(world: World, one: UUID, days: float) -> None:
    async with world.writing() as session:
        at = datetime.now(UTC) - timedelta(days=days)
        values = {"nudged_at": at, "updated_at": Blocker.updated_at}
        await session.execute(update(Blocker).where(Blocker.id == one).values(values))


async def test_what_nobody_moved_for_a_week_is_brought_up_once_a_week(world: World) -> None:
    member, owner = await world.person(), await world.person()
    made = await raised(world, member, owner_id=owner.user_id)
    assert await _nudged(world) == 0
    await _aged(world, made.id, 7.1)
    assert [await _nudged(world), await _nudged(world)] == [1, 0]
    assert await told(world, "blocker.quiet") == {owner.user_id}
    async with world.reading() as reads:
        assert (await blockers.get(reads, member, made.id)).version == made.version
    await _nudged_ago(world, made.id, 7.1)
    async with world.writing() as session:
        await discussion.comments.add(session, member, ("blocker", made.id), text="On Monday")
    assert await _nudged(world) == 0, "a comment is a sign of life"


async def test_what_is_late_is_brought_up_sooner_and_the_resolved_never(world: World) -> None:
    member = await world.person()
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    late = await raised(world, member, needed_by=yesterday)
    over = await raised(world, member, needed_by=yesterday)
    await moved(world, member, over.id, RESOLVED)
    assert [await _nudged(world), await _nudged(world)] == [1, 0]
    assert await told(world, "blocker.late") == {member.user_id}, "nobody owns it: who raised it"
    await _nudged_ago(world, late.id, 2.1)
    assert await _nudged(world) == 1


async def test_a_page_may_ask_whether_one_could_comment_without_locking(world: World) -> None:
    member = await world.person()
    made = await raised(world, member)
    async with world.reading() as reads:
        assert isinstance(reads, ReadSession)
        await subjects.require_discussed(reads, member, ("blocker", made.id))
