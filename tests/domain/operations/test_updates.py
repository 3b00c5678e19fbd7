"""Status updates: who reads, changes and deletes them, who is told, and who has said nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from src.core import fulltext, ids
from src.core.actor import Actor, Permission, team_scope
from src.core.errors import Forbidden, PreconditionFailed
from src.core.events import Event
from src.core.fulltext import SearchDocument
from src.core.outbox import Message, State
from src.core.paging import Paging
from src.domain import accounts, notifications, operations
from src.domain.accounts import RoleName
from src.domain.accounts.tables import Team
from src.domain.notifications import Notification
from src.domain.operations import discussion, updates
from src.domain.operations.discussion import BadLink, BadTag
from src.domain.operations.tables import ObjectLink, StatusUpdate, Tagged
from src.domain.operations.updates import BadUpdate, Draft, Filters, UpdateNotFound, UpdateView
from tests.support.statements import counted
from tests.support.world import World


async def posted(world: World, actor: Actor, **draft: Any) -> UpdateView:
    async with world.writing() as session:
        return await updates.post(session, actor, draft=Draft(**{"done": "Aligned", **draft}))


async def read(world: World, actor: Actor, **filters: Any) -> list[UUID]:
    async with world.reading() as reads:
        page = await updates.list_(reads, actor, filters=Filters(**filters))
        return [one.id for one in page.items]


async def worked(world: World) -> None:
    """What the worker does about what was posted and said."""
    async with world.writing() as session:
        waiting = await session.scalars(
            select(Message).where(Message.state == State.QUEUED).order_by(Message.id)
        )
        for message in waiting.all():
            if message.topic == updates.topics.POSTED.name:
                await updates.telling.tell_posted(session, UUID(message.payload["update_id"]))
            elif message.topic == discussion.topics.SAID.name:
                await discussion.telling.tell_said(session, message.payload)
            else:
                continue
            message.state = State.DONE


async def told(world: World) -> list[tuple[str, UUID]]:
    async with world.reading() as reads:
        rows = await reads.execute(
            select(Notification.kind, Notification.user_id).order_by(Notification.id)
        )
        return [(kind, user_id) for kind, user_id in rows]


def only_of(actor: Actor, team_id: UUID) -> Actor:
    """The same person, who may read and write for one team alone."""
    here = frozenset({team_scope(team_id)})
    permissions = (Permission.OPERATIONS_READ, Permission.OPERATIONS_POST)
    return replace(actor, granted=dict.fromkeys(permissions, here))


async def test_what_is_said_to_a_team_is_read_by_those_who_read_that_team(world: World) -> None:
    ours, theirs = await world.team(), await world.team()
    author = await world.person(team_ids=[ours])
    stranger = only_of(await world.person(), theirs)
    one = await posted(world, author, team_id=ours)
    assert await read(world, author) == [one.id]
    assert await read(world, stranger) == []
    async with world.reading() as reads:
        with pytest.raises(UpdateNotFound):
            await updates.get(reads, stranger, one.id)
        assert await operations.subjects.things(reads, stranger, [("update", one.id)]) == {}


async def test_an_update_says_something_with_tags_that_are_tags_and_links_one_may_see(
    world: World,
) -> None:
    author, resource = await world.person(), await world.resource()
    for draft, refusal in (
        ({"done": " ", "needs": "\n"}, BadUpdate),
        ({"done": "x" * 10_001}, BadUpdate),
        ({"team_id": ids.new()}, BadUpdate),
        ({"tags": ["a b!"]}, BadTag),
        ({"links": [("resource", ids.new())]}, BadLink),
        ({"links": [("nothing", resource)]}, BadLink),
    ):
        with pytest.raises(refusal):
            await posted(world, author, **draft)
    one = await posted(world, author, tags=["#Laser", "laser", "weekly"],
                       links=[("resource", resource)])  # fmt: skip
    assert one.tags == ("laser", "weekly")
    async with world.reading() as reads:
        whole = await updates.get_whole(reads, author, one.id)
        assert [(thing.kind, thing.id) for thing in whole.to] == [("resource", resource)]
        document = (await reads.scalars(select(SearchDocument))).one()
        assert (document.kind, document.body) == ("update", "Aligned")


async def test_only_its_author_changes_it_and_every_version_is_kept(world: World) -> None:
    author, manager = await world.person(), await world.manager()
    one = await posted(world, author, tags=["laser"])
    for actor, refusal, version in ((manager, Forbidden, 1), (author, PreconditionFailed, 7)):
        async with world.writing() as session:
            with pytest.raises(refusal):
                await updates.change(
                    session, actor, one.id, changes={"done": "No"}, expected_version=version
                )
    async with world.writing() as session:
        changed = await updates.change(
            session, author, one.id, changes={"done": "Cleaned", "tags": []}
        )
        assert (changed.done, changed.tags, changed.edited_at is None) == ("Cleaned", (), False)
        assert changed.version > one.version
    async with world.writing() as session:
        same = await updates.change(session, author, one.id, changes={"done": " Cleaned "})
        assert same.version == changed.version
    async with world.reading() as reads:
        versions = await updates.versions(reads, manager, one.id)
        assert [(each.number, each.content["done"]) for each in versions] == [(1, "Aligned")]
        assert versions[0].content["tags"] == ["laser"]
        assert (await reads.scalars(select(SearchDocument.body))).one() == "Cleaned"


async def test_a_deletion_takes_everything_along_and_leaves_its_events(world: World) -> None:
    author, other = await world.person(), await world.person()
    lead = await world.person(RoleName.MANAGER)
    resource = await world.resource()
    one = await posted(world, author, done=f"With [@Other](/people/{other.user_id})",
                       tags=["laser"], links=[("resource", resource)])  # fmt: skip
    await worked(world)
    async with world.writing() as session:
        await discussion.comments.add(session, other, ("update", one.id), text="Thanks")
        with pytest.raises(Forbidden):
            await updates.remove(session, other, one.id)
        await updates.remove(session, lead, one.id)
    async with world.reading() as reads:
        for table in (StatusUpdate, Tagged, ObjectLink, SearchDocument, Notification):
            assert (await reads.scalars(select(table))).all() == [], table
        verbs = await reads.scalars(
            select(Event.verb).where(Event.subject_id == one.id).order_by(Event.id)
        )
        assert list(verbs) == ["update.posted", "comment.added", "update.deleted"]


async def test_whom_it_mentions_is_told_once_if_they_may_read_it(world: World) -> None:
    team = await world.team()
    author = await world.person(team_ids=[team])
    named, member, follower = (
        await world.person(),
        await world.person(team_ids=[team]),
        await world.person(),
    )
    outsider = await world.person()
    async with world.writing() as session:
        await session.execute(
            update(accounts.User)
            .where(accounts.User.id == outsider.user_id)
            .values(state=accounts.UserState.SUSPENDED)
        )
        for person in (follower, named):
            assert person.user_id
            assert author.user_id
            about = ("person", author.user_id)
            await notifications.follows.put(session, person.user_id, about, follows=True)
    text = (
        f"[@A](/people/{named.user_id}) [@B](/people/{outsider.user_id}) [@T](/teams/{team})"
        f" [@me](/people/{author.user_id})"
    )
    one = await posted(world, author, done=text, team_id=team)
    await worked(world)
    assert sorted(await told(world)) == sorted(
        [
            ("discussion.mentioned", named.user_id),
            ("discussion.mentioned", member.user_id),
            ("update.posted", follower.user_id),
        ]
    )
    late = await world.person()
    async with world.writing() as session:
        changes = {"needs": f"{text} [@C](/people/{late.user_id})"}
        await updates.change(session, author, one.id, changes=changes)
    await worked(world)
    assert (await told(world))[3:] == [("discussion.mentioned", late.user_id)]


async def test_the_list_is_narrowed_by_author_team_tag_words_and_time(world: World) -> None:
    team = await world.team()
    ada, ben = await world.person(name="Ada"), await world.person(name="Ben")
    first = await posted(world, ada, team_id=team, done="Laser aligned", tags=["laser"])
    second = await posted(world, ben, done="Ordered 100% ethanol")
    assert await read(world, ada) == [second.id, first.id]
    assert await read(world, ada, author_ids=[ben.user_id]) == [second.id]
    assert await read(world, ada, team_ids=[team]) == [first.id]
    assert await read(world, ada, team_ids=[None]) == [second.id]
    assert await read(world, ada, tags=["#Laser"]) == [first.id]
    assert await read(world, ada, q="ETHAN 100%") == [second.id]
    assert await read(world, ada, from_=second.posted_at) == [second.id]
    assert await read(world, ada, to=second.posted_at) == [first.id]


async def test_a_list_is_one_statement_however_long(world: World) -> None:
    author = await world.person()
    for _ in range(3):
        await posted(world, author, tags=["a", "b"])
    with counted(world.database) as said:
        async with world.reading() as reads:
            page = await updates.list_(reads, author, paging=Paging(limit=2))
    assert (len(said), len(page.items), page.next is not None) == (1, 2, True)


async def test_a_frequent_word_finds_the_same_as_a_rare_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    laser = await world.person(name="Laser Lovelace")
    ada = await world.person(name="Ada")
    for done in ("Größe des Lasers", "laser, aligned", "a blaser", "INC-12 seen", "INC-120 seen"):
        await posted(world, ada, done=done)
    await posted(world, laser, done="nothing of the kind")
    asked = ("laser", "LASER align", "grosse", "INC-12", "nowhere", "!")
    rare = [await read(world, ada, q=q) for q in asked]
    assert [len(found) for found in rare] == [3, 1, 1, 1, 0, 0]
    monkeypatch.setattr(fulltext, "FREQUENT", 0)
    assert [await read(world, ada, q=q) for q in asked] == rare


async def test_what_is_brought_from_elsewhere_keeps_its_author_and_time_and_tells_nobody(
    world: World,
) -> None:
    author, manager = await world.person(), await world.manager()
    then = datetime.now(UTC) - timedelta(days=9)
    brought = {"author_id": author.user_id, "posted_at": then}
    with pytest.raises(Forbidden):
        await posted(world, author, **brought)
    with pytest.raises(BadUpdate):
        await posted(world, manager, posted_at=datetime.now(UTC) + timedelta(days=1))
    text = f"[@M](/people/{manager.user_id})"
    one = await posted(world, manager, done=text, **brought)
    assert (one.author.id, one.posted_at) == (author.user_id, then)
    await worked(world)
    assert await told(world) == []


async def test_who_said_nothing_is_told_to_the_team_by_its_own_day(world: World) -> None:
    team = await world.team()
    async with world.writing() as session:
        await session.execute(
            update(Team).where(Team.id == team).values(timezone="America/New_York")
        )
    ada = await world.person(name="Ada", team_ids=[team])
    ben = await world.person(name="Ben", team_ids=[team])
    manager, stranger = await world.manager(), await world.person()
    # 23:30 on the 10th in New York
    at = datetime(2026, 3, 11, 3, 30, tzinfo=UTC)
    await posted(world, manager, team_id=team, author_id=ada.user_id, posted_at=at)

    async def silent(actor: Actor, day: int, days: int = 1, **more: Any) -> list[list[UUID]]:
        async with world.reading() as reads:
            found = await updates.silence.list_(
                reads, actor, last=date(2026, 3, day), days=days, **more
            )
            return [[one.id for one in each.silent] for each in found]

    assert await silent(ben, 10) == [[ben.user_id]]
    assert await silent(ben, 11) == [[ada.user_id, ben.user_id]]
    assert await silent(ben, 11, days=2) == [[ben.user_id]]
    assert await silent(manager, 10, team_id=team) == [[ben.user_id]]
    assert await silent(stranger, 10) == []
    with pytest.raises(accounts.TeamNotFound):
        await silent(stranger, 10, team_id=team)


@given(
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.integers(1, 31),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
)
def test_days_follow_each_other_without_gap_or_overlap(last: date, days: int, zone: str) -> None:
    first, end, starts_at, ends_at = updates.silence.window(zone, last, days)
    assert (end, (end - first).days) == (last, days - 1)
    assert abs((ends_at - starts_at) - timedelta(days=days)) <= timedelta(hours=1)
    assert updates.silence.window(zone, last + timedelta(days=1), 1)[2] == ends_at
