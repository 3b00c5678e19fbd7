"""Incidents: reported, run through their states, down with what they hit and back again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from src.core import clock, ids
from src.core.actor import EVERYWHERE, Actor, Permission, resource_scope
from src.core.errors import Forbidden, PreconditionFailed
from src.core.events import Event, EventDetail
from src.core.idempotency import IdempotencyKey
from src.core.outbox import Message
from src.domain import bookings, files
from src.domain.accounts.tables import RoleAssignment, RoleName
from src.domain.bookings import Wish
from src.domain.notifications import Notification, deliveries
from src.domain.operations import incidents
from src.domain.operations.discussion import BadTag
from src.domain.operations.incidents import (
    BadIncident,
    Filter,
    IncidentIsClosed,
    IncidentLacks,
    IncidentNotFound,
    IncidentView,
    NearMiss,
    NotFromThisState,
    On,
    room,
    states,
)
from src.domain.operations.incidents.states import Needs, Who
from src.domain.operations.tables import (
    Incident,
    IncidentEntry,
    IncidentRole,
    IncidentState,
    IncidentType,
    Severity,
    TaskState,
    Visibility,
)
from src.domain.resources.tables import Effect, Outage, Resource, ResourceState
from tests.support.incidents import institute, moved, reported, told, type_id
from tests.support.world import World, tomorrow

OPEN, ON, RESOLVED, CLOSED = IncidentState


@pytest.fixture
async def world(world: World) -> World:
    """With types and priorities."""
    async with world.writing() as session:
        await institute(session)
    return world


async def changed(
    world: World, actor: Actor, incident_id: UUID, changes: dict[str, Any], **more: Any
) -> IncidentView:
    async with world.writing() as session:
        return await incidents.changing.change(session, actor, incident_id, changes=changes, **more)


async def seen(world: World, actor: Actor, incident_id: UUID) -> IncidentView:
    async with world.reading() as reads:
        return await incidents.reading.get(reads, actor, incident_id)


async def listed(world: World, actor: Actor, **wanted: Any) -> list[str]:
    async with world.reading() as reads:
        page = await incidents.reading.list_(reads, actor, wanted=Filter(**wanted))
    return [one.title for one in page.items]


async def state_of(world: World, resource: UUID) -> tuple[ResourceState, str | None]:
    async with world.reading() as reads:
        row = await reads.get_one(Resource, resource)
        return row.state, row.state_reason


async def heard(world: World, actor: Actor) -> list[str]:
    async with world.reading() as reads:
        rows = await reads.scalars(
            select(Notification.kind)
            .where(Notification.user_id == actor.user_id)
            .order_by(Notification.id)
        )
        return list(rows)


async def completed(world: World, actor: Actor, incident_id: UUID) -> None:
    """Whatever closing waits for, but the review."""
    assert actor.user_id is not None
    async with world.writing() as session:
        await room.roles.give(
            session, actor, incident_id, role=IncidentRole.LEAD, user_id=actor.user_id
        )


# The machine


@given(st.lists(st.sampled_from(IncidentState), max_size=12))
def test_however_one_walks_only_the_table_is_walked(walk: list[IncidentState]) -> None:
    at = OPEN
    for to in walk:
        way = states.find(at, to)
        assert (way is None) == (to not in states.targets(at))
        if way is None:
            continue
        # Whoever may at all is among those it is offered to, and nobody without a part in it is.
        assert all(to in states.allowed(at, {who}) for who in way.who)
        assert to not in states.allowed(at, set())
        # Back it goes with a reason alone, and resolved it is with notes alone.
        goes_back = at in {RESOLVED, CLOSED} and to is ON
        assert (way.needs is Needs.REASON) == goes_back
        assert (way.needs is Needs.NOTES) == (to is RESOLVED)
        at = to
    assert states.find(OPEN, CLOSED) is None
    assert states.targets(at), "nothing is a dead end: what is closed can be reopened"


def test_who_reported_it_reopens_what_is_resolved_and_nothing_else() -> None:
    reopened = [one for one in states.TABLE if Who.REPORTER in one.who]
    assert [(one.from_, one.to) for one in reopened] == [(RESOLVED, ON)]
    assert all(Who.MANAGER in one.who for one in states.TABLE)


async def test_every_way_that_is_none_is_refused_with_those_there_are(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    one = await reported(world, member, code="it")
    for now, said in (
        (OPEN, {}), (ON, {}), (RESOLVED, {"notes": "New tube"}), (CLOSED, {})
    ):  # fmt: skip
        if now is not OPEN:
            await moved(world, manager, one.id, now, **said)
        for to in set(IncidentState) - set(states.targets(now)):
            with pytest.raises(NotFromThisState) as refusal:
                await moved(world, manager, one.id, to, notes="x", reason="x")
            allowed = [target.value for target in states.targets(now)]
            assert refusal.value.members["allowed"] == allowed
    with pytest.raises(Forbidden):
        await moved(world, await world.person(), one.id, ON, reason="Again")
    with pytest.raises(BadIncident):
        await moved(world, manager, one.id, ON, reason=" ")
    again = await moved(world, manager, one.id, ON, reason="It is out again")
    assert (again.resolved_at, again.closed_at) == (None, None)


async def test_resolving_needs_notes_and_closing_a_lead_tasks_and_a_review(world: World) -> None:
    ehs, other = await world.person(RoleName.EHS), await world.person(RoleName.EHS)
    async with world.writing() as session:
        await session.execute(
            update(IncidentType)
            .where(IncidentType.code == "injury")
            .values(tasks=[{"title": "Tell the insurance", "is_mandatory": True}])
        )
    one = await reported(world, ehs, "A cut", code="injury")
    await moved(world, ehs, one.id, ON)
    with pytest.raises(BadIncident) as bad:
        await moved(world, ehs, one.id, RESOLVED)
    assert bad.value.errors[0].field == ("notes",)
    done = await moved(world, ehs, one.id, RESOLVED, notes="Dressed")
    assert done.resolution == "Dressed"
    with pytest.raises(IncidentLacks) as lacks:
        await moved(world, ehs, one.id, CLOSED)
    assert [fault.field[0] for fault in lacks.value.errors] == ["lead", "tasks", "review"]
    assert lacks.value.members["allowed"] == ["in_progress"]
    await completed(world, ehs, one.id)
    async with world.writing() as session:
        task = (await room.tasks.list_(session, ehs, one.id))[0]
        await room.tasks.move(session, ehs, one.id, task.id, to=TaskState.DONE)
        await room.review.write(
            session, ehs, one.id, what_happened="A blade", impact="A cut", root_cause="No gloves"
        )
    async with world.writing() as session:
        await room.review.sign(session, other, one.id)
    closed = await moved(world, ehs, one.id, CLOSED)
    assert closed.closed_at is not None
    with pytest.raises(IncidentIsClosed):
        await changed(world, ehs, one.id, {"title": "Nothing"})


async def test_the_times_are_stored_and_taken_back_by_reopening(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    one = await reported(world, member, code="it")
    assert one.response_due_at == one.reported_at + timedelta(minutes=15)
    assert one.next_update_at is not None
    assert (one.to_acknowledge, one.to_resolve, one.to_close) == (None, None, None)
    async with world.writing() as session:
        got = await incidents.moving.acknowledge(session, manager, one.id)
        assert await incidents.moving.acknowledge(session, manager, one.id) == got
    assert got.acknowledged_by
    assert got.acknowledged_by.id == manager.user_id
    assert (got.state, got.response_due_at) == (OPEN, None)
    assert got.to_acknowledge is not None
    await moved(world, manager, one.id, ON)
    resolved = await moved(world, manager, one.id, RESOLVED, notes="Reset")
    assert resolved.to_resolve is not None
    assert resolved.next_update_at is None
    # Whoever reported it knows best whether it is over.
    again = await moved(world, member, one.id, ON, reason="Still dark")
    assert (again.to_resolve, again.acknowledged_at) == (None, got.acknowledged_at)
    assert again.next_update_at is not None
    async with world.reading() as reads:
        entries = await reads.scalars(
            select(IncidentEntry.details)
            .where(IncidentEntry.incident_id == one.id, IncidentEntry.kind == "state")
            .order_by(IncidentEntry.id)
        )
        ways = [(said.get("before"), said.get("after")) for said in entries]
    assert ways[2:] == [("open", "in_progress"), ("in_progress", "resolved"),
                        ("resolved", "in_progress")]  # fmt: skip


# Reporting and changing


async def test_a_type_says_what_is_so_unless_something_else_is_said(world: World) -> None:
    member, keeper = await world.person(), await world.person()
    resource = await world.resource()
    async with world.writing() as session:
        await session.execute(
            update(Resource).where(Resource.id == resource).values(contact_id=keeper.user_id)
        )
        await session.execute(
            update(IncidentType)
            .where(IncidentType.code == "equipment-failure")
            .values(tasks=[{"title": "Put up a sign", "phase": "response", "due_minutes": 30}])
        )
    one = await reported(world, member, resources=(On(resource),), tags=("#Laser", "laser"))
    assert (one.severity, one.visibility, one.state) == (Severity.MEDIUM, Visibility.OPEN, OPEN)
    assert one.lead
    assert one.lead.id == keeper.user_id
    assert (one.tags, one.reference) == (("laser",), "INC-1")
    async with world.reading() as reads:
        tasks = await room.tasks.list_(reads, keeper, one.id)
    assert [task.title for task in tasks] == ["Put up a sign"]
    mine = await reported(world, member, code="it", severity=Severity.CRITICAL)
    assert mine.lead
    assert mine.lead.id == member.user_id
    assert (mine.severity, mine.number) == (Severity.CRITICAL, 2)
    # Restricted by its type, it is opened by those alone who read what is restricted.
    with pytest.raises(BadIncident):
        await reported(world, member, code="injury", visibility=Visibility.OPEN)
    for said, field in (
        ({"title": " "}, "title"),
        ({"occurred_at": clock.now() + timedelta(hours=1)}, "occurred_at"),
        ({"resources": (On(ids.new()),)}, "resources"),
        ({"team_id": resource}, "team_id"),
    ):
        with pytest.raises((BadIncident, Forbidden)) as refusal:
            await reported(world, member, **{"title": "Odd", **said})  # type: ignore[arg-type]
        assert [fault.field[0] for fault in refusal.value.errors] == [field]
    with pytest.raises(BadTag):
        await reported(world, member, tags=("not a tag",))


async def test_null_clears_absent_leaves_and_a_stale_change_is_refused(world: World) -> None:
    member, manager, team = await world.person(), await world.manager(), await world.team()
    one = await reported(world, member, team_id=team, description="Smoke")
    with pytest.raises(Forbidden):
        await changed(world, member, one.id, {"title": "Mine"})
    two = await changed(world, manager, one.id, {"team_id": None, "priority_id": None})
    assert (two.team, two.priority, two.response_due_at) == (None, None, None)
    assert two.description == "Smoke"
    assert two.version > one.version
    with pytest.raises(PreconditionFailed):
        await changed(world, manager, one.id, {"title": "Late"}, expected_version=one.version)
    with pytest.raises(BadIncident):
        await changed(world, manager, one.id, {"severity": None})
    three = await changed(world, manager, one.id, {"tags": ["smoke"], "severity": Severity.HIGH})
    assert (three.tags, three.severity_rank) == (("smoke",), 3)
    async with world.reading() as reads:
        rows = (await reads.scalars(select(Event).where(Event.subject_id == one.id))).all()
    said = str([(row.changes, row.reason) for row in rows])
    assert "Smoke" not in said
    assert one.title not in said


async def test_duplicates_and_recurrences_are_linked_without_circles(world: World) -> None:
    manager, member = await world.manager(), await world.person()
    first, second = await reported(world, member, "First"), await reported(world, member, "Second")
    third = await reported(world, member, "Third", recurrence_of=first.id)
    await changed(world, manager, second.id, {"duplicate_of": first.id})
    for target, changes in (
        (first.id, {"duplicate_of": first.id}),
        (first.id, {"duplicate_of": second.id}),
        (third.id, {"duplicate_of": second.id}),
        (first.id, {"recurrence_of": third.id}),
    ):
        with pytest.raises(BadIncident):
            await changed(world, manager, target, changes)
    one = await seen(world, member, first.id)
    assert [other.title for other in one.duplicates] == ["Second"]
    assert [other.title for other in one.recurrences] == ["Third"]
    freed = await changed(world, manager, second.id, {"duplicate_of": None})
    assert freed.duplicate_of is None


async def test_critical_comes_first_and_what_goes_on_before_what_is_resolved(world: World) -> None:
    manager, member = await world.manager(), await world.person()
    severities = {
        "low": Severity.LOW, "critical": Severity.CRITICAL, "unknown": Severity.UNDETERMINED,
        "high": Severity.HIGH, "over": Severity.CRITICAL,
    }  # fmt: skip
    made = {
        title: await reported(world, member, title, severity=severity)
        for title, severity in severities.items()
    }
    for title in ("high", "over"):
        await moved(world, manager, made[title].id, ON)
    await moved(world, manager, made["over"].id, RESOLVED, notes="Done")
    assert await listed(world, member) == ["critical", "high", "low", "unknown", "over"]
    assert await listed(world, member, states=[RESOLVED]) == ["over"]
    assert await listed(world, member, severities=[Severity.HIGH, Severity.LOW]) == ["high", "low"]
    assert await listed(world, member, q="INC-1") == ["low"]
    assert await listed(world, member, q="crit") == ["critical"]
    assert await listed(world, manager, is_mine=True) == []
    assert len(await listed(world, member, is_mine=True)) == 5


# Resources


async def test_it_takes_a_resource_down_and_resolving_brings_it_back(world: World) -> None:
    member, mate, manager = await world.person(), await world.person(), await world.manager()
    resource, spare = await world.resource(), await world.resource()
    async with world.writing() as session:
        wish = Wish(resource, tomorrow(9), tomorrow(10))
        booking = await bookings.create(session, mate, wish=wish)
    one = await reported(world, member, down=resource)
    assert await state_of(world, resource) == (ResourceState.DOWN, "INC-1")
    with pytest.raises(bookings.BookingRefused) as refusal:
        async with world.writing() as session:
            wish = Wish(resource, tomorrow(11), tomorrow(12))
            await bookings.create(session, mate, wish=wish)
    assert "INC-1, The laser does not ignite" in refusal.value.detail
    await told(world)
    assert "incident.booked" in await heard(world, mate)
    async with world.reading() as reads:
        row = (
            await reads.scalars(select(Notification).where(Notification.kind == "incident.booked"))
        ).one()
        hits = await bookings.displacement.hits(
            reads, manager, resource_ids=[resource], starts_at=clock.now()
        )
    assert (row.user_id, row.link) == (mate.user_id, f"/bookings/{booking.id}")
    assert "instead" in row.args
    assert [hit.booking.id for hit in hits] == [booking.id]
    await moved(world, manager, one.id, ON)
    await changed(world, manager, one.id, {"resources": [On(resource, Effect.DEGRADED)]})
    assert (await state_of(world, resource))[0] is ResourceState.DEGRADED
    await changed(
        world, manager, one.id, {"resources": [On(resource, Effect.DOWN), On(spare, Effect.DOWN)]}
    )
    assert (await state_of(world, spare))[0] is ResourceState.DOWN
    await moved(world, manager, one.id, RESOLVED, notes="New tube")
    assert await state_of(world, resource) == (ResourceState.AVAILABLE, None)
    assert (await state_of(world, spare))[0] is ResourceState.AVAILABLE
    await told(world)
    assert "incident.over" in await heard(world, mate)
    await moved(world, manager, one.id, ON, reason="Out again")
    assert (await state_of(world, resource))[0] is ResourceState.DOWN


async def test_what_something_else_keeps_down_stays_so(world: World) -> None:
    manager, resource = await world.manager(), await world.resource()
    one = await reported(world, manager, down=resource)
    two = await reported(world, manager, down=resource)
    for incident, after in ((one, ResourceState.DOWN), (two, ResourceState.AVAILABLE)):
        await moved(world, manager, incident.id, ON)
        await moved(world, manager, incident.id, RESOLVED, notes="Done")
        assert (await state_of(world, resource))[0] is after


# Near misses


async def test_of_an_anonymous_near_miss_nothing_says_who_reported_it(world: World) -> None:

    member = replace(await world.person(), ip="192.0.2.7", request_id="request-of-mine")
    async with world.writing() as session:
        miss = NearMiss("Slipped on oil at the lift", is_anonymous=True)
        receipt, incident_id = await incidents.near_misses.report(session, member, miss=miss)
    assert receipt.incident_id == incident_id  # it is open, as anybody's
    async with world.writing() as session:
        nobody = incidents.near_misses.nobody()
        assert nobody.user_id is None
        photo_rights = await incidents.attachments.rights(session, nobody, incident_id)
    assert photo_rights is None
    await told(world)
    async with world.reading() as reads:
        row = await reads.get_one(Incident, incident_id)
        assert (row.reported_by, row.is_near_miss) == (None, True)
        assert member.user_id is not None
        mine, mark = str(member.user_id), member.user_id.hex
        for event in await reads.scalars(select(Event).where(Event.subject_id == incident_id)):
            assert (event.actor_id, event.request_id, event.personal_digest) == (None, None, None)
        assert not (await reads.scalars(select(EventDetail))).all()
        assert not (await reads.scalars(select(IdempotencyKey))).all()
        for message in await reads.scalars(select(Message)):
            assert message.request_id is None
            assert mine not in str(message.payload)
            assert mark not in str(message.payload)
        for entry in await reads.scalars(select(IncidentEntry)):
            assert entry.author_id is None
    assert await listed(world, member, is_mine=True) == []
    named = NearMiss("A cable across the corridor")
    async with world.writing() as session:
        receipt, incident_id = await incidents.near_misses.report(session, member, miss=named)
        injury = await type_id(session, "injury")
        with pytest.raises(BadIncident):
            await incidents.near_misses.report(
                session, member, miss=NearMiss("x", type_id=injury, is_anonymous=True)
            )
    one = await seen(world, member, incident_id)
    assert one.reported_by
    assert one.reported_by.id == member.user_id


# Who learns of what


async def test_a_restricted_one_does_not_exist_for_others(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    ehs, technician = await world.person(RoleName.EHS), await world.person(RoleName.TECHNICIAN)
    resource = await world.resource()
    one = await reported(world, member, "Ada cut her hand", code="injury", down=resource)
    for actor in (manager, technician):
        with pytest.raises(IncidentNotFound):
            await seen(world, actor, one.id)
        with pytest.raises(IncidentNotFound):
            await moved(world, actor, one.id, ON)
        with pytest.raises(IncidentNotFound):
            await changed(world, actor, one.id, {"title": "x"})
        assert await listed(world, actor) == []
        assert await listed(world, actor, resource_ids=[resource]) == []
    for actor in (member, ehs):
        assert (await seen(world, actor, one.id)).title == "Ada cut her hand"
    # Whoever gets a role, or a task, has to do with it from then on.
    assert technician.user_id
    async with world.writing() as session:
        await room.roles.give(
            session, ehs, one.id, role=IncidentRole.RESPONDER, user_id=technician.user_id
        )
    assert (await seen(world, technician, one.id)).id == one.id
    assert await state_of(world, resource) == (ResourceState.DOWN, None)
    with pytest.raises(bookings.BookingRefused) as refusal:
        async with world.writing() as session:
            wish = Wish(resource, tomorrow(11), tomorrow(12))
            await bookings.create(session, manager, wish=wish)
    assert "INC-" not in refusal.value.detail
    assert "Ada" not in refusal.value.detail


async def test_who_runs_a_restricted_one_does_not_open_it_by_another_type(world: World) -> None:
    member, ehs = await world.person(), await world.person(RoleName.EHS)
    one = await reported(world, member, "Ada cut her hand", code="injury")
    assert member.user_id
    async with world.writing() as session:
        await room.roles.give(session, ehs, one.id, role=IncidentRole.LEAD, user_id=member.user_id)
        other, restricted = await type_id(session, "it"), one.type.id
    for wish in ({"type_id": other}, {"type_id": other, "visibility": Visibility.OPEN}):
        with pytest.raises(BadIncident) as refusal:
            await changed(world, member, one.id, wish)
        assert refusal.value.errors[0].field == ("type_id",)
    opened = await changed(world, ehs, one.id, {"type_id": other, "visibility": Visibility.OPEN})
    assert opened.visibility is Visibility.OPEN
    assert (await changed(world, member, one.id, {"type_id": restricted})).type.id == restricted


async def test_of_a_restricted_one_nobody_hears_who_may_not_read_it(world: World) -> None:
    member, resource = await world.person(), await world.resource()
    keeper, reading = await world.person(), Permission.INCIDENTS_READ_RESTRICTED
    one = await reported(world, member, "Ada cut her hand", code="injury", down=resource)
    assert keeper.user_id
    async with world.writing() as session:
        session.add(
            RoleAssignment(
                id=ids.new(), user_id=keeper.user_id, role=RoleName.EHS,
                scope=resource_scope(resource), created_at=clock.now(),
            )
        )  # fmt: skip
    for_one = replace(
        keeper, granted={**keeper.granted, reading: frozenset({resource_scope(resource)})}
    )
    with pytest.raises(IncidentNotFound):
        await seen(world, for_one, one.id)
    async with world.reading() as reads:
        heard = await incidents.concealment.readers(reads, one.id, {keeper.user_id})
    assert heard == set()


async def test_who_looks_after_mails_learns_of_no_restricted_one_by_them(world: World) -> None:
    member, ehs = await world.person(), await world.person(RoleName.EHS)
    await reported(world, member, "Ada cut her hand", code="injury")
    await told(world)
    seen_by = []
    for actor in (member, ehs):
        granted = {**actor.granted, Permission.JOBS_READ: EVERYWHERE}
        async with world.reading() as reads:
            page = await deliveries.every(reads, replace(actor, user_id=ids.new(), granted=granted))
        seen_by.append({one.kind for one in page.items})
    assert seen_by == [set(), {"incident.reported"}]


async def test_what_becomes_restricted_is_taken_back(world: World) -> None:
    member, ehs, resource = (
        await world.person(), await world.person(RoleName.EHS), await world.resource()
    )  # fmt: skip
    manager = await world.manager()
    one = await reported(world, member, "Ada fainted", down=resource)
    await told(world)
    assert "incident.reported" in await heard(world, manager)
    assert await state_of(world, resource) == (ResourceState.DOWN, "INC-1")
    await changed(world, ehs, one.id, {"visibility": Visibility.RESTRICTED})
    assert await heard(world, manager) == []
    assert "incident.reported" in await heard(world, ehs)
    assert await state_of(world, resource) == (ResourceState.DOWN, None)
    async with world.reading() as reads:
        reasons = (
            await reads.scalars(select(Outage.reason).where(Outage.ended_at.is_(None)))
        ).all()
        events = (await reads.scalars(select(Event).where(Event.subject_id == resource))).all()
    assert reasons == [""]
    assert all(event.reason is None for event in events)
    with pytest.raises(IncidentNotFound):
        await seen(world, manager, one.id)


async def test_photos_follow_the_incident(world: World) -> None:
    member, other, ehs = (
        await world.person(), await world.person(), await world.person(RoleName.EHS)
    )  # fmt: skip
    one = await reported(world, member, code="injury")
    async with world.reading() as reads:
        rights = [
            await incidents.attachments.rights(reads, actor, one.id)
            for actor in (member, other, ehs)
        ]
    assert rights == [
        files.Rights(may_read=True, may_attach=True, is_restricted=True),
        None,
        files.Rights(may_read=True, may_attach=True, is_restricted=True),
    ]
