"""Pictures of people, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from src.core import ids
from src.core.actor import Actor
from src.core.errors import Forbidden
from src.core.events import Event
from src.core.storage import Storage, create_storage
from src.domain import files
from src.domain.accounts import RoleName
from src.domain.files.tables import Blob, File
from tests.support import photographs
from tests.support.darkroom import develop
from tests.support.photographs import read, tells
from tests.support.statements import counted
from tests.support.world import World

BLUE = photographs.jpeg(photographs.scene(400, 300).rotate(180))


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """An empty folder."""
    return create_storage("", data_dir=tmp_path)


async def _put(
    world: World, storage: Storage, actor: Actor, person: UUID, content: bytes | None = None
) -> files.FileView:
    async def stream() -> AsyncIterator[bytes]:
        yield photographs.jpeg() if content is None else content

    uploaded = await files.portraits.put(
        world.database, storage, actor, person, content=stream(), name="me.jpg", largest=10**8
    )
    return uploaded.file


def _id(actor: Actor) -> UUID:
    assert actor.user_id is not None
    return actor.user_id


async def test_a_person_has_one_picture_a_square_that_colleagues_see(
    world: World, storage: Storage
) -> None:
    person, colleague = await world.person(), await world.person()
    first = await _put(world, storage, person, _id(person))
    second = await _put(world, storage, person, _id(person), BLUE)
    await develop(world.database, storage)
    async with world.reading() as reads:
        found = await files.portraits.require(reads, colleague, _id(person))
        assert (found.id, found.picture) == (
            second.id, files.PictureView(files.PictureState.READY, 300, 300),
        )  # fmt: skip
        with pytest.raises(files.FileUnknown):
            await files.get(reads, person, first.id)
        assert await files.portraits.find(reads, person, _id(colleague)) is None
    got = await files.download(world.database, storage, colleague, second.id, width=96)
    content = b"".join([chunk async for chunk in got.content.chunks])
    assert (read(content).size, tells(content)) == ((96, 96), [])
    async with world.reading() as reads:
        verbs = await reads.scalars(
            select(Event.verb).where(Event.subject_id == person.user_id).order_by(Event.id)
        )
        assert list(verbs) == ["user.picture_set", "user.picture_set"]


async def test_nobody_but_oneself_and_who_manages_people_changes_it(
    world: World, storage: Storage
) -> None:
    person, colleague = await world.person(), await world.person()
    admin = await world.person(RoleName.ADMIN)
    bare = Actor(person.user_id)  # holds nothing, and is somebody
    await _put(world, storage, bare, _id(person))
    with pytest.raises(Forbidden):
        await _put(world, storage, colleague, _id(person))
    async with world.writing() as session:
        with pytest.raises(Forbidden):
            await files.portraits.remove(session, colleague, _id(person))
    for stranger in (Actor(ids.new()), Actor(None)):
        async with world.reading() as reads:
            with pytest.raises(files.SubjectUnknown):
                await files.portraits.find(reads, stranger, _id(person))
        with pytest.raises(files.SubjectUnknown):
            await _put(world, storage, stranger, _id(person))
    with pytest.raises(files.SubjectUnknown):
        await _put(world, storage, admin, ids.new())
    async with world.writing() as session:
        await files.portraits.remove(session, admin, _id(person))
        assert await files.portraits.find(session, person, _id(person)) is None
        await files.portraits.remove(session, person, _id(person))  # none is no error


async def test_portraits_hang_on_people_alone_and_people_take_nothing_else(
    world: World, storage: Storage
) -> None:
    manager, resource = await world.manager(), await world.resource()
    for subject, kind in ((("resource", resource), "portrait"), (("user", _id(manager)), "photo")):

        async def stream() -> AsyncIterator[bytes]:
            yield photographs.jpeg()

        with pytest.raises(files.FileKindMisplaced):
            await files.upload(
                world.database,
                storage,
                manager,
                wish=files.Wish(subject, "a.jpg", kind),
                content=stream(),
                largest=10**8,
            )


async def test_pictures_of_many_people_cost_one_statement(world: World, storage: Storage) -> None:
    people = [await world.person() for _ in range(3)]
    made = [await _put(world, storage, one, _id(one)) for one in people[:2]]
    async with world.reading() as reads:
        assert await files.portraits.of(reads, [_id(one) for one in people]) == {}
    await develop(world.database, storage)
    async with world.reading() as reads:
        with counted(world.database) as statements:
            found = await files.portraits.of(reads, [_id(one) for one in people])
    assert len(statements) == 1
    assert found == {_id(one): file.id for one, file in zip(people[:2], made, strict=True)}


async def test_erasure_leaves_nothing_of_a_portrait(world: World, storage: Storage) -> None:
    person = await world.person()
    await _put(world, storage, person, _id(person))
    await develop(world.database, storage)
    await _put(world, storage, person, _id(person), BLUE)
    await develop(world.database, storage)
    async with world.writing() as session:
        assert await files.erase_of(session, _id(person)) == 2
    async with world.writing() as session:
        assert await files.portraits.of(session, [_id(person)]) == {}
        await files.sweeping.sweep(session)
    async with world.reading() as reads:
        for table in (File, Blob):
            assert await reads.scalar(select(func.count()).select_from(table)) == 0
