"""Roles of one's own, scopes, denials, ends, and why somebody may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from src.core import clock, ids
from src.core.actor import EVERYWHERE, SYSTEM, Actor, Permission, resource_scope, team_scope
from src.core.db import reading, transaction
from src.core.errors import Forbidden
from src.core.events import Event
from src.domain import accounts
from src.domain.accounts import Holder, RoleName, errors, resolution
from src.domain.accounts.access.explaining import Verdict
from src.domain.accounts.repository import HeldRole
from src.domain.accounts.tables import Role, RoleAssignment
from src.domain.bookings import policy
from src.domain.bookings.tables import Booking, Status
from src.domain.resources.tables import Unit
from tests.support.statements import counted
from tests.support.world import World

P = Permission
assignments, custom = accounts.access.assignments, accounts.access.custom
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


async def acting(world: World, user_id: UUID | None) -> Actor:
    """The person as the next request would know them."""
    assert user_id is not None
    async with world.reading() as reads:
        found = await accounts.actor_of_user(reads, user_id)
    assert found is not None
    return found


async def give(world: World, holder: Holder, role: str, **more: object) -> None:
    async with world.writing() as session:
        await assignments.grant(session, SYSTEM, holder, role, **more)  # type: ignore[arg-type]


async def make(world: World, name: str, *, grants: set[P] = set(), denies: set[P] = set()) -> None:  # noqa: B006 - only read
    async with world.writing() as session:
        await custom.create(session, SYSTEM, name=name, title=name, grants=grants, denies=denies)


# What may is, without a database


scopes = st.sampled_from([None, "team:a", "team:b", "resource:a"])
roles = st.builds(
    HeldRole,
    name=st.just("own"),
    scope=scopes,
    expires_at=st.none(),
    grants=st.sampled_from([(), (P.BOOKINGS_READ,)]),
    denies=st.sampled_from([(), (P.BOOKINGS_READ,)]),
)


@given(st.lists(roles, max_size=6), st.sets(scopes.filter(bool)))
def test_deny_beats_grant_wherever_they_meet(held: list[HeldRole], asked: set[str]) -> None:
    found = resolution.resolve(frozenset(), held, now=NOW)
    actor = Actor(None, granted=found.granted, denied=found.denied)
    granting = {role.scope for role in held if role.grants}
    denying = {role.scope for role in held if role.denies}
    reached = {None, *asked}
    if asked:
        expected = bool(granting & reached) and not denying & reached
    else:
        expected = None in granting and not denying
    assert actor.may(P.BOOKINGS_READ, *asked) is expected


async def test_a_denial_in_one_scope_leaves_the_others(world: World) -> None:
    kept, lost = await world.resource(), await world.resource()
    person = await world.person(RoleName.MANAGER)
    await make(world, "hands-off", denies={P.BOOKINGS_OVERRIDE})
    await give(world, Holder(person.user_id), "hands-off", scope=resource_scope(lost))
    actor = await acting(world, person.user_id)
    assert actor.may(P.BOOKINGS_OVERRIDE, resource_scope(kept))
    assert not actor.may(P.BOOKINGS_OVERRIDE, resource_scope(lost))
    assert not actor.may(P.BOOKINGS_OVERRIDE)
    assert actor.may_anywhere(P.BOOKINGS_OVERRIDE)


async def test_a_list_says_what_may_says(world: World) -> None:
    seen, unseen = await world.resource(), await world.resource()
    team = await world.team()
    person = await world.person(RoleName.MEMBER)
    await make(world, "blind", denies={P.BOOKINGS_READ_DETAILS, P.BOOKINGS_READ})
    await give(world, Holder(person.user_id), RoleName.LEAD, scope=team_scope(team))
    await give(world, Holder(person.user_id), "blind", scope=resource_scope(unseen))
    other = await world.person()
    async with world.reading() as reads:
        units = {
            one.resource_id: one.id
            for one in await reads.scalars(select(Unit).where(Unit.number == 1))
        }
    made = [
        Booking(
            id=ids.new(), resource_id=resource, unit_id=units[resource], booked_by=other.user_id,
            booked_for=other.user_id, team_id=team_id, status=Status.CONFIRMED, title="",
            starts_at=NOW, ends_at=NOW + timedelta(hours=1), version=1,
        )
        for resource in (seen, unseen)
        for team_id in (team, None)
    ]  # fmt: skip
    actor = await acting(world, person.user_id)
    async with world.writing() as session:
        session.add_all(made)
        await session.flush()
        listed = set(await session.scalars(select(Booking.id).where(policy.readable(actor))))
        shown = set(await session.scalars(select(Booking.id).where(policy.on_calendar(actor))))
        await session.execute(delete(Booking))
    assert listed == {one.id for one in made if policy.may_read(actor, one)}
    assert listed == {made[0].id}
    assert shown == {made[0].id, made[1].id}


async def test_who_holds_a_permission_is_what_each_of_them_may(world: World) -> None:
    resource, other = await world.resource(), await world.resource()
    team = await world.team()
    await make(world, "approver", grants={P.BOOKINGS_APPROVE})
    await make(world, "no-approvals", denies={P.BOOKINGS_APPROVE})
    everywhere = await world.person(RoleName.MANAGER)
    here, by_team, denied, elsewhere = [
        await world.person(team_ids=[team] if number == 1 else ()) for number in range(4)
    ]
    await give(world, Holder(here.user_id), "approver", scope=resource_scope(resource))
    await give(world, Holder(team_id=team), "approver")
    await give(world, Holder(denied.user_id), RoleName.MANAGER)
    await give(world, Holder(denied.user_id), "no-approvals", scope=resource_scope(resource))
    await give(world, Holder(elsewhere.user_id), "approver", scope=resource_scope(other))
    everybody = [everywhere, here, by_team, denied, elsewhere]
    async with world.reading() as reads:
        found = set(await accounts.holders(reads, P.BOOKINGS_APPROVE, resource_scope(resource)))
        told = await accounts.access.explaining.who_may(
            reads, SYSTEM, P.BOOKINGS_APPROVE, scope=resource_scope(resource)
        )
    may = {
        one.user_id
        for one in everybody
        if (await acting(world, one.user_id)).may(P.BOOKINGS_APPROVE, resource_scope(resource))
    }
    assert found == may == {one.user_id for one in told.people if one.may}
    assert may == {everywhere.user_id, here.user_id, by_team.user_id}
    reasons: dict[UUID | None, Verdict] = {one.user_id: one for one in told.people}
    assert [one.team_id for one in reasons[by_team.user_id].reasons] == [team]
    assert {one.denies for one in reasons[denied.user_id].reasons} == {True, False}
    assert elsewhere.user_id not in reasons


# Giving and taking


async def test_nobody_gives_more_than_they_hold_there(world: World) -> None:
    team = await world.team()
    await make(world, "people", grants={P.USERS_MANAGE, P.BOOKINGS_READ})
    await make(world, "approver", grants={P.BOOKINGS_APPROVE})
    await make(world, "no-reading", denies={P.BOOKINGS_APPROVE})
    helper = await world.person(name="Helper")
    await give(world, Holder(helper.user_id), "people", scope=team_scope(team))
    actor, someone = await acting(world, helper.user_id), await world.person()
    for role, scope, refusal in (
        ("people", None, Forbidden),
        ("approver", team_scope(team), errors.MayNotGrant),
        ("no-reading", team_scope(team), errors.MayNotGrant),
        (RoleName.ADMIN, team_scope(team), errors.MayNotGrant),
    ):
        with pytest.raises(refusal):
            async with world.writing() as session:
                await assignments.grant(session, actor, Holder(someone.user_id), role, scope=scope)
    async with world.writing() as session:
        made = await assignments.grant(
            session, actor, Holder(someone.user_id), "people", scope=team_scope(team)
        )
    assert (made.role, made.scope, made.granted_by) == ("people", team_scope(team), helper.user_id)


async def test_a_role_ends_by_itself_and_is_given_anew(world: World) -> None:
    person = await world.person()
    holder = Holder(person.user_id)
    with time_machine.travel(NOW, tick=False) as clock:
        await give(world, holder, RoleName.MANAGER, expires_at=NOW + timedelta(minutes=2))
        assert (await acting(world, person.user_id)).may(P.BOOKINGS_APPROVE)
        clock.shift(timedelta(minutes=2))
        assert not (await acting(world, person.user_id)).may(P.BOOKINGS_APPROVE)
        await give(world, holder, RoleName.MANAGER)
        assert (await acting(world, person.user_id)).may(P.BOOKINGS_APPROVE)
        with pytest.raises(errors.BadExpiry):
            await give(world, holder, RoleName.MANAGER, expires_at=NOW)


async def test_a_scope_that_only_a_newer_version_knows_is_listed_without_a_name(
    world: World,
) -> None:
    admin = await world.person(RoleName.ADMIN)
    async with world.writing() as session:
        session.add(
            RoleAssignment(
                id=ids.new(),
                user_id=admin.user_id,
                role=RoleName.MEMBER,
                scope=f"site:{ids.new()}",
                created_at=clock.now(),
            )
        )
    async with world.reading() as reads:
        page = await assignments.list_(reads, admin, user_id=admin.user_id)
    assert [row.scope_name for row in page.items if row.role == RoleName.MEMBER] == [None]


async def test_what_is_taken_away_is_gone_at_the_next_request(world: World) -> None:
    team = await world.team()
    person = await world.person(team_ids=[team])
    await make(world, "approver", grants={P.BOOKINGS_APPROVE})
    await give(world, Holder(team_id=team), "approver")
    assert (await acting(world, person.user_id)).may(P.BOOKINGS_APPROVE)
    async with world.writing() as session:
        await custom.update(session, SYSTEM, "approver", changes={"grants": [P.EVENTS_READ]})
    actor = await acting(world, person.user_id)
    assert actor.may(P.EVENTS_READ)
    assert not actor.may(P.BOOKINGS_APPROVE)
    async with world.writing() as session:
        assert await assignments.take(session, SYSTEM, Holder(team_id=team), "approver")
    assert not (await acting(world, person.user_id)).may(P.EVENTS_READ)


async def test_what_a_person_may_do_costs_nothing_the_second_time(world: World) -> None:
    person = await world.person()
    await acting(world, person.user_id)
    with counted(world.database) as statements:
        await acting(world, person.user_id)
    assert len(statements) == 1  # the person, with the version of what they may do


async def test_the_last_lasting_administrator_stays_however_it_is_tried(world: World) -> None:
    admin = await world.person(RoleName.ADMIN)
    await make(world, "no-people", denies={P.USERS_MANAGE})
    soon = datetime.now(UTC) + timedelta(days=1)
    for attempt in (
        lambda session: assignments.take(session, SYSTEM, Holder(admin.user_id), RoleName.ADMIN),
        lambda session: assignments.grant(
            session, SYSTEM, Holder(admin.user_id), RoleName.ADMIN, expires_at=soon
        ),
        lambda session: assignments.grant(session, SYSTEM, Holder(admin.user_id), "no-people"),
    ):
        with pytest.raises(errors.LastAdministrator):
            async with world.writing() as session:
                await attempt(session)


# Roles of one's own


async def test_a_role_is_made_changed_and_removed_with_a_record_of_each(world: World) -> None:
    await make(world, "night-shift", grants={P.BOOKINGS_CREATE})
    person = await world.person()
    await give(world, Holder(person.user_id), "night-shift")
    with pytest.raises(errors.RoleInUse):
        async with world.writing() as session:
            await custom.delete(session, SYSTEM, "night-shift")
    async with world.writing() as session:
        changed = await custom.update(
            session, SYSTEM, "night-shift", changes={"title": "Night shift"}
        )
        await assignments.take(session, SYSTEM, Holder(person.user_id), "night-shift")
        await custom.delete(session, SYSTEM, "night-shift", expected_version=changed.version)
    async with world.reading() as reads:
        verbs = list(
            await reads.scalars(
                select(Event.verb).where(Event.subject_type == "role").order_by(Event.id)
            )
        )
    assert verbs == ["role.created", "role.changed", "role.deleted"]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"name": "Not A Name"}, "bad-name"),
        ({"grants": ["bookings:fly"]}, "unknown-permission"),
        ({"grants": []}, "nothing-chosen"),
        ({"denies": [P.BOOKINGS_READ]}, "granted-and-denied"),
    ],
)
async def test_a_role_without_sense_is_refused_at_the_field(
    world: World, wish: dict[str, object], code: str
) -> None:
    whole: dict[str, object] = {"name": "own", "title": "Own", "grants": [P.BOOKINGS_READ]} | wish
    with pytest.raises(errors.BadRole) as refused:
        async with world.writing() as session:
            await custom.create(session, SYSTEM, **whole)  # type: ignore[arg-type]
    assert [fault.code for fault in refused.value.errors] == [code]


async def test_built_in_roles_stay_and_names_are_taken_once(world: World) -> None:
    with pytest.raises(errors.BuiltInRole):
        async with world.writing() as session:
            await custom.update(session, SYSTEM, RoleName.MEMBER, changes={"grants": []})
    with pytest.raises(errors.RoleExists):
        await make(world, "manager", grants={P.BOOKINGS_READ})
    maker = await world.person(RoleName.MANAGER)
    granted = {**(await acting(world, maker.user_id)).granted, P.ROLES_MANAGE: EVERYWHERE}
    actor = Actor(maker.user_id, granted=granted)
    with pytest.raises(errors.MayNotGrant):
        async with world.writing() as session:
            await custom.create(
                session, actor, name="boss", title="Boss", grants=[P.SETTINGS_MANAGE]
            )


async def test_the_database_knows_no_role_that_does_not_exist(world: World) -> None:
    person = await world.person()
    with pytest.raises(errors.RoleNotFound):
        await give(world, Holder(person.user_id), "nobody-made-it")
    with pytest.raises(errors.UnknownScope):
        await give(world, Holder(person.user_id), RoleName.LEAD, scope=team_scope(ids.new()))
    await make(world, "held", grants={P.BOOKINGS_READ})
    await give(world, Holder(person.user_id), "held")
    with pytest.raises(IntegrityError):
        async with transaction(world.database) as session:
            await session.execute(delete(Role).where(Role.name == "held"))


async def test_reading_roles_needs_a_permission_one_s_own_does_not(world: World) -> None:
    person, other = await world.person(), await world.person()
    actor = await acting(world, person.user_id)
    async with reading(world.database) as reads:
        own = await assignments.list_(reads, actor, user_id=actor.user_id)
        mine = await accounts.access.explaining.who_may(
            reads, actor, P.BOOKINGS_CREATE, user_id=actor.user_id
        )
        for asking in (
            assignments.list_(reads, actor, user_id=other.user_id),
            assignments.list_(reads, actor),
            custom.list_(reads, actor),
            accounts.access.explaining.who_may(reads, actor, P.BOOKINGS_CREATE),
        ):
            with pytest.raises(Forbidden):
                await asking
    assert [one.role for one in own.items] == ["member"]
    assert mine.people[0].may
