from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from src.core import clock, ids
from src.core.actor import EVERYWHERE, SYSTEM, Actor, Permission, resource_scope
from src.core.db import Database, reading, transaction
from src.core.errors import Forbidden, PreconditionFailed
from src.core.events import Event
from src.core.paging import Paging
from src.domain import accounts
from src.domain.accounts import Holder, RoleName, UserState, UserView, demo, setup
from src.domain.accounts.tables import RoleAssignment
from tests.support import log_ins


async def add(database: Database, name: str, *roles: RoleName) -> UserView:
    async with transaction(database) as session:
        return await accounts.create_user(
            session, SYSTEM, email=f"{name.lower()}@example.org", name=name,
            roles=roles or (RoleName.MEMBER,),
        )  # fmt: skip


async def actor_of(database: Database, user: UserView) -> Actor:
    async with reading(database) as reads:
        actor = await accounts.actor_of_user(reads, user.id)
    assert actor is not None
    return actor


async def test_a_member_sees_names_and_changes_only_oneself(
    database: Database, admin: UserView
) -> None:
    bob = await add(database, "Bob")
    actor = await actor_of(database, bob)
    async with reading(database) as reads:
        page = await accounts.list_users(reads, actor)
    assert [(user.name, user.email) for user in page.items] == [
        ("Ada Admin", None),
        ("Bob", "bob@example.org"),
    ]
    async with transaction(database) as session:
        mine = await accounts.update_user(
            session, actor, bob.id, changes={"name": "Bobby", "locale": "de"}
        )
    assert (mine.name, mine.locale, mine.version) == ("Bobby", "de", bob.version + 1)
    for user_id, changes in (
        (admin.id, {"name": "Eve"}),
        (bob.id, {"email": "x@example.org"}),
        (bob.id, {"name": "Bob", "state": UserState.SUSPENDED}),
    ):
        with pytest.raises(Forbidden):
            async with transaction(database) as session:
                await accounts.update_user(session, actor, user_id, changes=changes)


async def test_an_address_belongs_to_one_person(database: Database, admin: UserView) -> None:
    with pytest.raises(accounts.EmailTaken):
        await add(database, "ADA")
    bob = await add(database, "Bob")
    with pytest.raises(accounts.EmailTaken):
        async with transaction(database) as session:
            await accounts.update_user(
                session, SYSTEM, bob.id, changes={"email": "Ada@EXAMPLE.org"}
            )


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@example.org", "a b@example.org", "ada@example",
              "ada@exa_mple.org", "a..b@example.org", "ada@example.org\nBcc: x@example.org"],
)  # fmt: skip
async def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(accounts.BadEmail):
        accounts.checked_email(email)


async def test_a_stale_version_is_refused(database: Database, admin: UserView) -> None:
    with pytest.raises(PreconditionFailed):
        async with transaction(database) as session:
            await accounts.update_user(
                session, SYSTEM, admin.id, changes={"name": "New"}, expected_version=7
            )


async def test_personal_data_stays_out_of_the_event(database: Database, admin: UserView) -> None:
    async with transaction(database) as session:
        await accounts.update_user(
            session, SYSTEM, admin.id, changes={"name": "Adele", "timezone": "Asia/Tokyo"}
        )
    async with reading(database) as reads:
        event = (await reads.scalars(select(Event).where(Event.verb == "user.changed"))).one()
    assert event.changes == {"timezone": ["Europe/Berlin", "Asia/Tokyo"], "personal": ["name"]}


async def test_roles_come_from_oneself_and_from_teams_in_their_scopes_until_they_expire(
    database: Database, admin: UserView
) -> None:
    bob = await add(database, "Bob")
    resource, now = resource_scope(ids.new()), clock.now()
    async with transaction(database) as session:
        team = await accounts.create_team(session, SYSTEM, name="Optics")
        await accounts.add_member(session, SYSTEM, team.id, bob.id)
        for scope, expires_at in ((resource, None), ("resource:old", now - timedelta(seconds=1))):
            session.add(
                RoleAssignment(team_id=team.id, role=RoleName.MANAGER, scope=scope,
                               expires_at=expires_at, created_at=now)
            )  # fmt: skip
    actor = await actor_of(database, bob)
    assert actor.team_ids == {team.id}
    assert actor.may(Permission.BOOKINGS_CREATE)
    assert actor.may(Permission.BOOKINGS_APPROVE, resource)
    assert not actor.may(Permission.BOOKINGS_APPROVE)
    assert not actor.may(Permission.BOOKINGS_APPROVE, "resource:old")
    async with reading(database) as reads:
        found = await accounts.holders(reads, Permission.BOOKINGS_APPROVE, resource)
        everywhere = await accounts.holders(reads, Permission.BOOKINGS_APPROVE)
    assert set(found) == {admin.id, bob.id}
    assert everywhere == [admin.id]


async def test_what_is_shown_of_a_person_has_a_version(database: Database, admin: UserView) -> None:
    bob = await add(database, "Bob")
    seen = [bob.version]

    async def version() -> None:
        async with reading(database) as reads:
            seen.append((await accounts.get_user(reads, SYSTEM, bob.id)).version)

    async with transaction(database) as session:
        await accounts.access.assignments.grant(session, SYSTEM, Holder(bob.id), RoleName.MANAGER)
        team = await accounts.create_team(session, SYSTEM, name="Optics")
    await version()
    async with transaction(database) as session:
        await accounts.add_member(session, SYSTEM, team.id, bob.id)
    await version()
    async with transaction(database) as session:
        renamed = await accounts.update_team(session, SYSTEM, team.id, changes={"name": "Light"})
    await version()
    async with transaction(database) as session:
        await accounts.remove_member(session, SYSTEM, team.id, bob.id)
        await accounts.access.assignments.take(session, SYSTEM, Holder(bob.id), RoleName.MANAGER)
    await version()
    assert seen == sorted(set(seen))
    async with reading(database) as reads:
        assert (await accounts.get_team(reads, SYSTEM, team.id)).version > renamed.version


async def test_nobody_grants_what_they_do_not_hold(database: Database, admin: UserView) -> None:
    bob = await add(database, "Bob")
    granted = {Permission.USERS_MANAGE: EVERYWHERE}
    helper = Actor(user_id=bob.id, granted=granted)
    with pytest.raises(accounts.MayNotGrant):
        async with transaction(database) as session:
            await accounts.access.assignments.grant(session, helper, Holder(bob.id), RoleName.ADMIN)
    with pytest.raises(Forbidden):
        async with transaction(database) as session:
            await accounts.access.assignments.grant(
                session, await actor_of(database, bob), Holder(bob.id), RoleName.MEMBER
            )


async def test_the_last_administrator_stays(database: Database, admin: UserView) -> None:
    with pytest.raises(accounts.LastAdministrator):
        async with transaction(database) as session:
            await accounts.access.assignments.take(
                session, SYSTEM, Holder(admin.id), RoleName.ADMIN
            )
    with pytest.raises(accounts.LastAdministrator):
        async with transaction(database) as session:
            await accounts.update_user(
                session, SYSTEM, admin.id, changes={"state": UserState.SUSPENDED}
            )
    assert (await actor_of(database, admin)).may(Permission.USERS_MANAGE)


async def test_of_two_administrators_who_remove_each_other_one_stays(
    database: Database, admin: UserView
) -> None:
    second = await add(database, "Second", RoleName.ADMIN)

    async def revoke(user: UserView) -> None:
        async with transaction(database) as session:
            await accounts.access.assignments.take(session, SYSTEM, Holder(user.id), RoleName.ADMIN)

    async def suspend(user: UserView) -> None:
        async with transaction(database) as session:
            await accounts.update_user(
                session, SYSTEM, user.id, changes={"state": UserState.SUSPENDED}
            )

    ended = await asyncio.gather(revoke(admin), suspend(second), return_exceptions=True)
    assert sorted(type(item).__name__ for item in ended) == ["LastAdministrator", "NoneType"]


async def test_a_team_that_holds_the_last_administrator_keeps_them(
    database: Database, admin: UserView
) -> None:
    bob = await add(database, "Bob")
    async with transaction(database) as session:
        team = await accounts.create_team(session, SYSTEM, name="Admins")
        await accounts.add_member(session, SYSTEM, team.id, bob.id)
        session.add(RoleAssignment(team_id=team.id, role=RoleName.ADMIN, created_at=clock.now()))
        await session.flush()
        await accounts.access.assignments.take(session, SYSTEM, Holder(admin.id), RoleName.ADMIN)
    with pytest.raises(accounts.LastAdministrator):
        async with transaction(database) as session:
            await accounts.remove_member(session, SYSTEM, team.id, bob.id)


async def test_of_two_set_ups_at_once_one_wins(database: Database) -> None:
    async def set_up(name: str) -> UserView:
        async with transaction(database) as session:
            return await accounts.set_up(
                session, name="Institute", timezone="UTC", currency="USD", mail_from=None,
                admin_name=name, admin_email=f"{name}@example.org", password_hash="x",
            )  # fmt: skip

    ended = await asyncio.gather(set_up("one"), set_up("two"), return_exceptions=True)
    assert sorted(type(item).__name__ for item in ended) == ["AlreadySetUp", "UserView"]
    async with reading(database) as reads:
        assert await accounts.is_set_up(reads)
        assert len((await accounts.list_users(reads, SYSTEM)).items) == 1


def test_the_set_up_code_is_compared_whatever_its_writing() -> None:
    setup.configure(None)
    code = setup.code()
    setup.require_code(code.lower().replace("-", " "))
    with pytest.raises(accounts.WrongSetUpCode):
        setup.require_code("AAAA-AAAA-AAAA-AAAA")
    with pytest.raises(accounts.WrongSetUpCode):
        setup.require_code("ünïcode")
    setup.configure("s" * 32)
    derived = setup.code()
    setup.configure("s" * 32)
    assert setup.code() == derived != code
    setup.configure(None)


async def test_the_demonstration_has_forty_people_in_six_teams(database: Database) -> None:
    password_hash = await accounts.passwords.make_hash(demo.PASSWORD)
    async with transaction(database) as session:
        people = await demo.fill(session, password_hash=password_hash)
    assert (len(people.everyone), len(people.teams)) == (40, 6)
    async with reading(database) as reads:
        page = await accounts.list_users(reads, SYSTEM, paging=Paging(limit=100))
        walked: list[UserView] = []
        cursor: str | None = None
        while cursor or not walked:
            part = await accounts.list_users(reads, SYSTEM, paging=Paging(7, cursor))
            walked += part.items
            cursor = part.next
    assert walked == page.items
    roles = {user.email: set(user.roles) for user in page.items}
    assert len(roles) == 40
    assert RoleName.ADMIN in roles[demo.ADMIN]
    assert RoleName.MANAGER in roles[demo.MANAGER]
    assert roles[demo.MEMBER] == {RoleName.MEMBER}
    entered = await log_ins.log_in(database, email=demo.MEMBER, password=demo.PASSWORD)
    assert entered.actor.user_id == people.member
