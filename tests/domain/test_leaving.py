"""Erasing a person and taking one's data along, over all domains."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from src.core import ids
from src.core.actor import EVERYWHERE, SYSTEM, Actor, Permission
from src.core.db import reading, transaction
from src.core.errors import Forbidden
from src.core.events import Event, EventDetail
from src.core.storage import create_storage
from src.domain import accounts, bookings, files
from src.domain.accounts import RoleName
from src.domain.accounts.tables import ApiKey, User
from src.domain.bookings.tables import Booking
from src.domain.resources.tables import Resource
from src.domain.schema import metadata
from tests.support.world import HOUR, World, tomorrow

TELLING = "Alan Mathison Turing"


async def person_id(world: World, *, name: str) -> UUID:
    actor = await world.person(name=name)
    assert actor.user_id is not None
    return actor.user_id


async def booked(world: World, by: UUID, *, days: int = 1) -> UUID:
    resource_id = await world.resource()
    starts_at = tomorrow(9, days=days)
    async with reading(world.database) as reads:
        actor = await accounts.actor_of_user(reads, by)
    assert actor is not None
    wish = bookings.Wish(
        resource_id=resource_id, starts_at=starts_at, ends_at=starts_at + HOUR,
        title="About my divorce", notes="private",
    )  # fmt: skip
    async with transaction(world.database) as session:
        return (await bookings.create(session, actor, wish=wish)).id


async def erase(world: World, user_id: UUID) -> None:
    async with transaction(world.database) as session:
        await accounts.leaving.erasure.erase(session, SYSTEM, user_id)


async def test_nothing_personal_is_left_and_history_stays(world: World) -> None:
    await world.person(RoleName.ADMIN)
    user_id = await person_id(world, name=TELLING)
    booking_id = await booked(world, user_id)
    async with transaction(world.database) as session:
        await accounts.update_user(session, SYSTEM, user_id, changes={"email": "alan@bletchley.uk"})
        session.add(
            ApiKey(
                user_id=user_id, name="k", prefix="p", key_hash="h", addresses=[], known_ips=[],
                must_sign=False,
            )
        )  # fmt: skip
        resource = (await session.scalars(select(Resource))).first()
        assert resource is not None
        resource.contact_id = user_id
    await erase(world, user_id)
    async with reading(world.database) as reads:
        for table in metadata.sorted_tables:
            if table.name == "outbox":
                continue  # what is done is swept
            for row in (await reads.execute(table.select())).all():
                said = str(row)
                for secret in (TELLING, "alan@bletchley.uk", "my divorce"):
                    assert secret not in said, (table.name, said)
        booking = await reads.get_one(Booking, booking_id)
        assert (booking.status, booking.title) == (bookings.Status.CANCELLED, "")
        names = await accounts.names(reads, [user_id])
        assert names == {user_id: "Former member"}
        verbs = set(await reads.scalars(select(Event.verb).where(Event.subject_id == user_id)))
        assert {"user.changed", "user.erased"} <= verbs
        mine = select(EventDetail).join(Event).where(Event.subject_id == user_id)
        assert not (await reads.scalars(mine)).all()
        assert not (await reads.scalars(select(ApiKey))).all()
        assert await accounts.actor_of_user(reads, user_id) is None
        page = await accounts.list_users(reads, SYSTEM)
        assert user_id not in {one.id for one in page.items}


async def test_the_address_can_be_used_anew_and_nobody_is_erased_twice(world: World) -> None:
    await world.person(RoleName.ADMIN)
    async with transaction(world.database) as session:
        first = await accounts.create_user(session, SYSTEM, email="a@example.com", name="A")
    await erase(world, first.id)
    async with transaction(world.database) as session:
        second = await accounts.create_user(session, SYSTEM, email="a@example.com", name="A")
    assert second.id != first.id
    with pytest.raises(accounts.UserNotFound):
        await erase(world, first.id)
    with pytest.raises(accounts.UserNotFound):
        async with transaction(world.database) as session:
            await accounts.update_user(
                session, SYSTEM, first.id, changes={"state": accounts.UserState.ACTIVE}
            )


async def test_the_last_administrator_is_not_erased(world: World) -> None:
    admin = await world.person(RoleName.ADMIN)
    with pytest.raises(accounts.LastAdministrator):
        async with transaction(world.database) as session:
            await accounts.leaving.erasure.erase_me(session, admin)
    async with reading(world.database) as reads:
        assert (await reads.get_one(User, admin.user_id)).erased_at is None


async def test_nobody_erases_who_may_do_more(world: World) -> None:
    admin, member = await world.person(RoleName.ADMIN), await world.person()
    manager = await world.manager()
    with pytest.raises(Forbidden):
        async with transaction(world.database) as session:
            await accounts.leaving.erasure.erase(session, manager, member.user_id or ids.new())
    granted = {**member.granted, Permission.USERS_MANAGE: EVERYWHERE}
    clerk = Actor(member.user_id, granted=granted)
    with pytest.raises(accounts.MayNotDecide):
        async with transaction(world.database) as session:
            await accounts.leaving.erasure.erase(session, clerk, admin.user_id or ids.new())


async def test_all_that_is_stored_of_a_person_is_in_their_zip(world: World, tmp_path: Path) -> None:
    user_id = await person_id(world, name=TELLING)
    await booked(world, user_id)
    other = await person_id(world, name="Somebody Else")
    await booked(world, other, days=2)
    storage = create_storage(f"file://{tmp_path}", data_dir=tmp_path)
    async with reading(world.database) as reads:
        actor = await accounts.actor_of_user(reads, user_id)
    assert actor is not None
    async with transaction(world.database) as session:
        found = (await session.scalars(select(Booking).where(Booking.booked_for == user_id))).one()

    async def content() -> AsyncIterator[bytes]:
        yield b"my protocol"

    wish = files.Wish(("booking", found.id), "protocol.txt", "document", 11)
    await files.upload(
        world.database, storage, actor, wish=wish, content=content(), largest=1_000_000
    )
    steps: list[tuple[int, int]] = []

    async def progress(done: int, of: int) -> None:
        steps.append((done, of))

    made = accounts.leaving.exporting.chunks(world.database, storage, user_id, progress)
    archive = zipfile.ZipFile(io.BytesIO(b"".join([piece async for piece in made])))
    held = {name: archive.read(name) for name in archive.namelist()}
    assert {f"{name}.json" for name in accounts.leaving.exporting.sources()} <= set(held)
    assert json.loads(held["profile.json"])["name"] == TELLING
    assert [one["title"] for one in json.loads(held["bookings.json"])] == ["About my divorce"]
    assert held["files/0001-protocol.txt"] == b"my protocol"
    assert steps[-1][0] == steps[-1][1]
    whole = b"".join(held.values())
    assert b"Somebody Else" not in whole
    assert b"password_hash" not in whole


def test_each_domain_says_what_it_holds_of_a_person() -> None:
    assert set(accounts.leaving.exporting.sources()) == {
        "profile", "teams", "roles", "access", "events", "bookings", "notifications", "files",
        "notification-choices",
        "resources", "approvals", "quotas", "checklists",
        "booking-series", "booking-invitations", "booking-templates", "booking-transfers",
        "training", "problems", "waiting", "slots", "calendar-feeds",
        "status-updates", "comments", "acknowledgements", "blockers", "decisions", "handovers",
        "team-imports", "incidents", "incident-roles", "incident-tasks", "incident-timeline",
        "incident-reviews", "incident-subscriptions",
    }  # fmt: skip
