"""Comments, acknowledgements and mentions on anything that is discussed."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from src.core import ids
from src.core.actor import EVERYWHERE, Actor, Permission
from src.core.errors import Forbidden
from src.core.events import Event
from src.core.fulltext import SearchDocument
from src.domain import accounts, notifications
from src.domain.accounts import RoleName
from src.domain.notifications import Notification
from src.domain.operations import SubjectNotFound, discussion, subjects, updates
from src.domain.operations.discussion import (
    BadComment,
    CommentDeleted,
    CommentNotFound,
    CommentView,
    acknowledgements,
    comments,
    mentions,
)
from src.domain.operations.updates import Draft
from tests.domain.operations.test_updates import only_of, told, worked
from tests.support.world import World


async def made(world: World, author: Actor, *, team_id: UUID | None = None) -> tuple[str, UUID]:
    async with world.writing() as session:
        draft = Draft(team_id=team_id, done="Aligned")
        return "update", (await updates.post(session, author, draft=draft)).id


async def said(
    world: World, actor: Actor, subject: tuple[str, UUID], text: str = "Well done"
) -> CommentView:
    async with world.writing() as session:
        return await comments.add(session, actor, subject, text=text)


async def test_who_cannot_see_a_thing_neither_comments_nor_reads_nor_acknowledges(
    world: World,
) -> None:
    ours, theirs = await world.team(), await world.team()
    author = await world.person(team_ids=[ours])
    stranger = only_of(await world.person(), theirs)
    subject = await made(world, author, team_id=ours)
    one = await said(world, author, subject)
    async with world.writing() as session:
        for refused in (
            comments.add(session, stranger, subject, text="x"),
            comments.of(session, stranger, subject),
            acknowledgements.put(session, stranger, subject),
            acknowledgements.of(session, stranger, subject),
        ):
            with pytest.raises(SubjectNotFound):
                await refused
        for unseen in (
            comments.get(session, stranger, one.id),
            comments.versions(session, stranger, one.id),
            comments.change(session, stranger, one.id, text="x"),
            comments.remove(session, stranger, one.id),
        ):
            with pytest.raises(CommentNotFound):
                await unseen
        wanted = [("comment", one.id)]
        assert await subjects.things(session, stranger, wanted) == {}
        assert len(await subjects.things(session, author, wanted)) == 1


async def test_what_nobody_discusses_takes_no_comment(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    async with world.writing() as session:
        for subject in (("resource", resource), ("nothing", resource), ("update", ids.new())):
            with pytest.raises(SubjectNotFound):
                await comments.add(session, actor, subject, text="Hello")
            with pytest.raises(SubjectNotFound):
                await acknowledgements.put(session, actor, subject)


async def test_a_comment_is_changed_by_its_author_with_its_versions_kept(world: World) -> None:
    author, other, manager = await world.person(), await world.person(), await world.manager()
    subject = await made(world, author)
    one = await said(world, other, subject)
    async with world.writing() as session:
        for actor in (author, manager):
            with pytest.raises(Forbidden):
                await comments.change(session, actor, one.id, text="Mine")
        with pytest.raises(BadComment):
            await comments.change(session, other, one.id, text="  ")
        changed = await comments.change(session, other, one.id, text="Very well done")
        assert changed.edited_at is not None
        versions = await comments.versions(session, author, one.id)
        assert [each.content for each in versions] == [{"text": "Well done"}]


async def test_a_deleted_comment_keeps_its_place_and_nothing_else(world: World) -> None:
    author, other, manager = await world.person(), await world.person(), await world.manager()
    subject = await made(world, author)
    first, second = await said(world, other, subject), await said(world, other, subject, "Two")
    async with world.writing() as session:
        await comments.change(session, other, first.id, text="Changed")
        with pytest.raises(Forbidden):
            await comments.remove(session, author, first.id)
        await comments.remove(session, other, first.id)
        await comments.remove(session, manager, second.id)
        for later in (
            comments.change(session, other, first.id, text="Again"),
            comments.remove(session, other, first.id),
        ):
            with pytest.raises(CommentDeleted):
                await later
        page = await comments.of(session, author, subject)
        assert [(each.text, each.deleted_at is None) for each in page.items] == [("", False)] * 2
        assert not any(each.may_change or each.may_remove for each in page.items)
        assert await comments.versions(session, author, first.id) == []
        kinds = await session.scalars(select(SearchDocument.kind))
        assert list(kinds) == ["update"]
        verbs = await session.scalars(select(Event.verb).where(Event.subject_id == subject[1]))
        assert list(verbs).count("comment.deleted") == 2


async def test_a_comment_tells_author_followers_and_mentioned_but_not_those_who_muted(
    world: World,
) -> None:
    author, speaker = await world.person(), await world.person()
    follower, muted, named = [await world.person() for _ in range(3)]
    subject = await made(world, author)
    async with world.writing() as session:
        for person, follows in ((follower, True), (muted, False), (named, False)):
            assert person.user_id
            await notifications.follows.put(session, person.user_id, subject, follows=follows)
    await said(world, speaker, subject, f"See [@N](/people/{named.user_id})")
    await worked(world)
    assert sorted(await told(world)) == sorted(
        [
            ("discussion.mentioned", named.user_id),  # by name, whatever they muted
            ("discussion.commented", author.user_id),
            ("discussion.commented", follower.user_id),
        ]
    )
    async with world.reading() as reads:
        row = (await reads.scalars(select(Notification).limit(1))).one()
        assert row.args["title"] == "Aligned"
        assert row.link
        assert row.link.startswith(f"/updates/{subject[1]}#comment-")


async def test_of_what_not_everybody_may_know_no_notification_holds_title_or_text(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    author, speaker = await world.person(), await world.person()
    subject = await made(world, author)
    await said(world, speaker, subject, "Secret")

    async def hidden(*_: object) -> dict[tuple[str, UUID], subjects.Thing]:
        return {}

    monkeypatch.setattr(subjects, "things", hidden)
    await worked(world)
    async with world.reading() as reads:
        row = (await reads.scalars(select(Notification))).one()
        assert (row.args["title"], row.args["text"]) == ("", "")


async def test_having_read_it_is_said_once_and_taken_back(world: World) -> None:
    author, reader = await world.person(), await world.person()
    subject = await made(world, author)
    async with world.writing() as session:
        assert await acknowledgements.put(session, reader, subject)
        assert not await acknowledgements.put(session, reader, subject)
        with pytest.raises(Forbidden):  # a key that may read only
            reads = {Permission.OPERATIONS_READ: EVERYWHERE}
            key = replace(reader, is_narrowed=True, granted=reads)
            await acknowledgements.put(session, key, subject, done=False)
        found = await acknowledgements.of(session, author, subject)
        assert [each.person.id for each in found] == [reader.user_id]
        mine = await updates.get(session, reader, subject[1])
        assert (mine.acknowledgements, mine.is_acknowledged) == (1, True)
        assert not (await updates.get(session, author, subject[1])).is_acknowledged
        assert await acknowledgements.put(session, reader, subject, done=False)
        assert await acknowledgements.of(session, author, subject) == []


async def test_who_may_only_read_says_nothing(world: World) -> None:
    author = await world.person()
    auditor = await world.person("auditor")  # type: ignore[arg-type]
    subject = await made(world, author)
    assert not auditor.may_anywhere(Permission.OPERATIONS_POST)
    async with world.writing() as session:
        with pytest.raises(Forbidden):
            await comments.add(session, auditor, subject, text="x")
        with pytest.raises(Forbidden):
            await updates.post(session, auditor, draft=Draft(done="x"))
        assert await acknowledgements.put(session, auditor, subject)


def test_a_mention_is_found_as_it_is_written() -> None:
    who = ids.new()
    text = f"Thanks {mentions.written('Ada [x] Byron', who)}, and (@nobody)"
    assert mentions.found(text).people == {who}
    assert mentions.found("[@x](https://elsewhere/people/1)").people == frozenset()
    assert discussion.comments.LONGEST == 10_000


async def test_who_leaves_is_named_no_more_in_what_others_wrote(world: World) -> None:
    author, gone, admin = (
        await world.person(),
        await world.person(name="Ada Byron"),
        await world.person(RoleName.ADMIN),
    )
    assert gone.user_id
    mention = mentions.written("Ada Byron", gone.user_id)
    async with world.writing() as session:
        one = await updates.post(session, author, draft=Draft(done=f"With {mention}, and Ada"))
        changes = {"next": f"Ask {mention}"}
        await updates.change(session, author, one.id, changes=changes)
        subject = ("update", one.id)
        await comments.add(session, author, subject, text=f"{mention}!")
        await accounts.leaving.erasure.erase(session, admin, gone.user_id)
    async with world.reading() as reads:
        whole = await updates.get(reads, author, one.id)
        assert whole.done == f"With {mentions.written('Former member', gone.user_id)}, and Ada"
        said = [each.text for each in (await comments.of(reads, author, subject)).items]
        kept = await updates.versions(reads, author, one.id)
        documents = (await reads.scalars(select(SearchDocument.body))).all()
        assert len(documents) == 2
        assert "Byron" not in f"{whole}{said}{kept}{documents}"
