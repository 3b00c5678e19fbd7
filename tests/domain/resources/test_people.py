"""Who looks after a resource, and the photo that shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from src.core import ids
from src.core.actor import Actor
from src.core.errors import Forbidden, PreconditionFailed
from src.core.events import Event
from src.core.storage import Storage, create_storage
from src.domain import files, resources
from src.domain.accounts.tables import User, UserState
from src.domain.files.tables import File
from src.domain.resources import Charge
from src.domain.resources.errors import NoPhoto, NotInCatalogue, ResourceNotFound
from src.domain.resources.tables import Duty, ResourceState
from tests.domain.resources.conftest import MEMBER, STRANGER
from tests.support import photographs
from tests.support.world import World

PNG = photographs.png(photographs.scene(60, 40))


def id_of(actor: Actor) -> UUID:
    assert actor.user_id is not None
    return actor.user_id


async def recorded(world: World, resource_id: UUID) -> list[Event]:
    async with world.reading() as reads:
        wanted = select(Event).where(Event.subject_id == resource_id).order_by(Event.id)
        return list(await reads.scalars(wanted))


async def test_people_are_told_in_the_order_in_which_to_ask_them(world: World) -> None:
    resource = await world.resource()
    manager, member = await world.manager(), await world.person()
    ada, bob, eve = [await world.person(name=name) for name in ("Ada", "Bob", "Eve")]
    people = [
        Charge(Duty.SAFETY, id_of(eve)),
        Charge(Duty.DEPUTY, id_of(bob)),
        Charge(Duty.DEPUTY, id_of(ada)),
        Charge(Duty.TRAINER, id_of(bob)),
    ]
    async with world.writing() as session:
        changes = {"contact_id": id_of(ada)}
        await resources.update(session, manager, resource, changes=changes)
        await resources.set_responsible(session, manager, resource, people)
    async with world.reading() as reads:
        found = await resources.responsible(reads, member, resource)
    assert [(one.role, one.name) for one in found] == [
        ("primary", "Ada"), ("deputy", "Bob"), ("deputy", "Ada"), ("trainer", "Bob"),
        ("safety", "Eve"),
    ]  # fmt: skip
    assert all("@" in one.email for one in found)


async def test_whoever_tells_whom_to_ask_tells_the_same(world: World) -> None:
    resource = await world.resource(state=ResourceState.DOWN)
    manager, ada = await world.manager(), await world.person(name="Ada")

    async def told() -> list[str | None]:
        async with world.reading() as reads:
            (down,), _total = await resources.troubles(reads, manager, most=3)
            alone = await resources.contacts.for_(reads, resource)
            people = await resources.responsible(reads, manager, resource)
        names = [one.name if one else None for one in (down.contact, alone)]
        return [*names, *(one.name for one in people)]

    async with world.writing() as session:
        await resources.update(session, manager, resource, changes={"contact_id": id_of(ada)})
    assert await told() == ["Ada", "Ada", "Ada"]
    async with world.writing() as session:
        suspended = {"state": UserState.SUSPENDED}
        await session.execute(update(User).where(User.id == id_of(ada)).values(**suspended))
    assert await told() == [None, None]


async def test_the_history_tells_who_was_before_and_no_change_is_no_event(world: World) -> None:
    resource, manager, ada = await world.resource(), await world.manager(), await world.person()
    charge = Charge(Duty.DEPUTY, id_of(ada))
    for people in ([charge], [charge], []):
        async with world.writing() as session:
            await resources.set_responsible(session, manager, resource, people)
    said = [["deputy", str(ada.user_id)]]
    events = await recorded(world, resource)
    assert [event.verb for event in events] == ["resource.people-set"] * 2
    assert [event.changes["people"] for event in events] == [[[], said], [said, []]]


async def test_only_active_people_look_after_a_resource(world: World) -> None:
    resource, manager = await world.resource(), await world.manager()
    gone, ada = await world.person(state=UserState.SUSPENDED), await world.person()
    people = [Charge(Duty.DEPUTY, id_of(one)) for one in (ada, gone, ada)]
    async with world.writing() as session:
        with pytest.raises(NotInCatalogue) as refused:
            await resources.set_responsible(session, manager, resource, people)
        await resources.set_responsible(session, manager, resource, people[:1])
        suspended = {"state": UserState.SUSPENDED}
        await session.execute(update(User).where(User.id == ada.user_id).values(suspended))
        found = await resources.responsible(session, manager, resource)
    assert [(fault.field, fault.code) for fault in refused.value.errors] == [
        (("people", 1, "user_id"), "unknown-id"),
        (("people", 2, "user_id"), "duplicate"),
    ]
    assert found == []


async def test_who_may_not_manage_sets_nobody_and_who_may_not_see_learns_nothing(
    world: World,
) -> None:
    resource, manager, member = await world.resource(), await world.manager(), await world.person()
    async with world.writing() as session:
        with pytest.raises(Forbidden):
            await resources.set_responsible(session, member, resource, [])
        with pytest.raises(ResourceNotFound):
            await resources.responsible(session, STRANGER, resource)
        with pytest.raises(PreconditionFailed):
            await resources.set_responsible(session, manager, resource, [], expected_version=99)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return create_storage("", data_dir=tmp_path)


async def upload(
    world: World,
    storage: Storage,
    actor: Actor,
    subject: UUID,
    content: bytes = PNG,
    *,
    kind: str = "photo",
) -> UUID:
    async def stream() -> AsyncIterator[bytes]:
        yield content

    made = await files.upload(
        world.database,
        storage,
        actor,
        wish=files.Wish(("resource", subject), "a file", kind),
        content=stream(),
        largest=100_000,
    )
    return made.file.id


async def test_a_file_of_the_resource_becomes_its_photo_and_the_one_before_goes(
    world: World, storage: Storage
) -> None:
    resource, manager = await world.resource(), await world.manager()
    one, two = [await upload(world, storage, manager, resource) for _ in range(2)]
    async with world.writing() as session:
        first = await resources.set_photo(session, manager, resource, one)
        same = await resources.set_photo(session, manager, resource, one)
        second = await resources.set_photo(session, manager, resource, two)
        left = await files.list_for(session, manager, subject=("resource", resource))
    assert (first.photo_id, same.version, second.photo_id) == (one, first.version, two)
    assert [file.id for file in left] == [two]
    async with world.writing() as session:
        none = await resources.remove_photo(session, manager, resource)
    assert none.photo_id is None
    verbs = [event.verb for event in await recorded(world, resource)]
    assert verbs == ["resource.photo-set", "resource.photo-set", "resource.photo-removed"]


async def test_what_is_no_photo_of_this_resource_is_refused(world: World, storage: Storage) -> None:
    resource, other, manager = await world.resource(), await world.resource(), await world.manager()
    elsewhere = await upload(world, storage, manager, other)
    manual = await upload(world, storage, manager, resource, b"%PDF-1.7 ...", kind="document")
    with pytest.raises(files.FileTypeRefused):
        await upload(world, storage, manager, resource, b"<svg onload='x'/>")
    async with world.writing() as session:
        for wrong in (elsewhere, manual):
            with pytest.raises(NoPhoto):
                await resources.set_photo(session, manager, resource, wrong)
        with pytest.raises(files.FileUnknown):
            await resources.set_photo(session, manager, resource, ids.new())
        with pytest.raises(Forbidden):
            await resources.set_photo(session, MEMBER, resource, elsewhere)


async def test_a_photo_that_was_deleted_as_a_file_is_shown_no_more(
    world: World, storage: Storage
) -> None:
    resource, manager = await world.resource(), await world.manager()
    photo = await upload(world, storage, manager, resource, kind="picture")
    async with world.writing() as session:
        await resources.set_photo(session, manager, resource, photo)
        await files.delete(session, manager, photo)
        assert (await resources.get(session, manager, resource)).photo_id is None
    async with world.writing() as session:  # what the sweep does a month later
        await session.execute(delete(File).where(File.id == photo))
    async with world.reading() as reads:
        assert (await resources.get(reads, manager, resource)).photo_id is None
