"""An incident's room: hand-overs, the timeline, tasks, updates, the review, what time does."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from src.core import clock, ids
from src.core.errors import Forbidden, PreconditionFailed
from src.core.events import Event
from src.core.outbox import Message, State
from src.domain.accounts.tables import RoleName
from src.domain.notifications import Notification
from src.domain.operations import incidents
from src.domain.operations.incidents import room
from src.domain.operations.incidents.room import (
    entries,
    exporting,
    guards,
    reminders,
    review,
    roles,
    subscriptions,
    tasks,
    telling,
    updates,
)
from src.domain.operations.incidents.room.subscriptions import Wanted
from src.domain.operations.tables import (
    SEVERITY_RANKS,
    STATE_RANKS,
    EntryKind,
    Incident,
    IncidentPriority,
    IncidentRole,
    IncidentState,
    IncidentTask,
    IncidentType,
    Severity,
    TaskState,
    Visibility,
)
from tests.support.world import World

LEAD, LIAISON, RESPONDER = IncidentRole.LEAD, IncidentRole.EHS_LIAISON, IncidentRole.RESPONDER
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_numbers = iter(range(1, 10_000))


@pytest.fixture
async def world(world: World) -> World:
    """With a type that wants a review and the most urgent priority; an institute has more."""
    async with world.writing() as session:
        session.add(
            IncidentType(
                code="spill",
                name="Spill",
                default_severity=Severity.HIGH,
                default_visibility=Visibility.OPEN,
                needs_review=True,
            )
        )
        session.add(IncidentPriority(name="Urgent", rank=1, response_minutes=15, update_minutes=60))
    return world


async def happened(world: World, **columns: Any) -> UUID:
    """An incident in progress, as a row: what reports do is tried elsewhere."""
    now = clock.now()
    async with world.writing() as session:
        row = Incident(
            id=ids.new(),
            number=next(_numbers),
            title="The interlock failed",
            severity=Severity.HIGH,
            severity_rank=SEVERITY_RANKS[Severity.HIGH],
            occurred_at=now,
            reported_at=now,
            **{"state": IncidentState.IN_PROGRESS, "visibility": Visibility.OPEN}
            | {key: value for key, value in columns.items() if key not in {"type_id", "priority"}},
            state_rank=STATE_RANKS[columns.get("state", IncidentState.IN_PROGRESS)],
            type_id=columns.get("type_id") or await session.scalar(select(IncidentType.id)),
            priority_id=await session.scalar(
                select(IncidentPriority.id).where(IncidentPriority.rank == columns["priority"])
            )
            if "priority" in columns
            else None,
        )
        session.add(row)
    return row.id


async def done(world: World, work: Callable[..., Any], *args: Any, **words: Any) -> Any:
    """A service's work in a transaction of its own."""
    async with world.writing() as session:
        return await work(session, *args, **words)


async def row_of(world: World, incident: UUID) -> Incident:
    async with world.reading() as reads:
        return await reads.get_one(Incident, incident)


async def move_to(world: World, incident: UUID, state: IncidentState) -> None:
    async with world.writing() as session:
        await session.execute(
            update(Incident)
            .where(Incident.id == incident)
            .values(state=state, state_rank=STATE_RANKS[state])
        )


async def told(world: World, kind: str) -> list[UUID]:
    async with world.reading() as reads:
        rows = await reads.scalars(
            select(Notification.user_id).where(Notification.kind == kind).order_by(Notification.id)
        )
        return list(rows)


async def published(world: World) -> list[str]:
    async with world.reading() as reads:
        rows = await reads.scalars(select(Message.topic).where(Message.state == State.QUEUED))
        return sorted(one for one in rows if one.startswith("incident-room."))


async def test_a_role_is_handed_over_with_its_dates_and_stays_on_record(world: World) -> None:
    ehs, ada, ben = await world.person(RoleName.EHS), await world.person(), await world.person()
    incident = await happened(world)
    first = await done(world, roles.give, ehs, incident, role=LEAD, user_id=ada.user_id)
    with pytest.raises(room.RoleIsTaken):
        await done(world, roles.give, ehs, incident, role=LEAD, user_id=ada.user_id)
    # Who leads may run it, whatever they may do otherwise; who handed it over no longer does.
    await done(
        world, roles.give, ada, incident, role=LEAD, user_id=ben.user_id, note="My shift ends",
        instead_of=first.id,
    )  # fmt: skip
    with pytest.raises(Forbidden):
        await done(world, roles.give, ada, incident, role=RESPONDER, user_id=ehs.user_id)
    with pytest.raises(room.RoleIsTaken) as stale:
        await done(
            world, roles.give, ehs, incident, role=LEAD, user_id=ada.user_id, instead_of=first.id
        )
    assert stale.value.members["holder"]
    for person in (ada, ehs):
        await done(world, roles.give, ben, incident, role=RESPONDER, user_id=person.user_id)
    async with world.reading() as reads:
        found = await roles.list_(reads, ben, incident)
    assert [(one.role, one.person.id, one.until_at is None) for one in found] == [
        (LEAD, ben.user_id, True),
        (RESPONDER, ada.user_id, True),
        (RESPONDER, ehs.user_id, True),
        (LEAD, ada.user_id, False),
    ]
    assert found[3].until_at == found[0].since_at
    assert found[0].note == "My shift ends"
    assert await published(world) == ["incident-room.role-given"] * 4


async def test_a_role_can_be_left_empty_by_whoever_has_it_and_by_who_leads(world: World) -> None:
    ehs, ada, eve = await world.person(RoleName.EHS), await world.person(), await world.person()
    incident = await happened(world)
    lead = await done(world, roles.give, ehs, incident, role=LEAD, user_id=ada.user_id)
    with pytest.raises(Forbidden):
        await done(world, roles.end, eve, incident, lead.id)
    over = await done(world, roles.end, ada, incident, lead.id, note="Ill")
    assert over.until_at is not None
    with pytest.raises(room.RoleIsOver):
        await done(world, roles.end, ehs, incident, lead.id)
    with pytest.raises(room.RoleNotFound):
        await done(world, roles.end, ehs, incident, ids.new())
    async with world.reading() as reads:
        found = await entries.whole(reads, ehs, incident)
    assert [one.words for one in found] == [
        f"Lead: {ada.name}", f"Lead: {ada.name} no longer, nobody instead"
    ]  # fmt: skip
    assert found[1].text == "Ill"


async def test_what_is_closed_takes_tasks_and_a_review_and_nothing_else(world: World) -> None:
    ehs, ada = await world.person(RoleName.EHS), await world.person()
    incident = await happened(world)
    lead = await done(world, roles.give, ehs, incident, role=LEAD, user_id=ada.user_id)
    note = await done(world, entries.note, ada, incident, text="Smoke")
    await move_to(world, incident, IncidentState.CLOSED)
    for work, args, words in (
        (roles.give, (), {"role": LIAISON, "user_id": ada.user_id}),
        (roles.end, (lead.id,), {}),
        (entries.note, (), {"text": "More smoke"}),
        (entries.pin, (note.id,), {"is_pinned": True}),
        (updates.give, (), {"conditions": "Smoke"}),
    ):
        with pytest.raises(incidents.IncidentIsClosed):
            await done(world, work, ada, incident, *args, **words)
    task = await done(world, tasks.add, ada, incident, wish=room.TaskWish("Vent the room"))
    task = await done(world, tasks.move, ada, incident, task.id, to=TaskState.DONE)
    assert task.state is TaskState.DONE
    assert (await done(world, review.write, ada, incident, impact="None")).may_write


async def test_a_note_is_marked_when_it_is_written_down_later(world: World) -> None:
    ehs, eve = await world.person(RoleName.EHS), await world.person()
    incident = await happened(world)
    now = clock.now()
    first = await done(world, entries.note, ehs, incident, text="At once")
    later = await done(world, entries.note, ehs, incident, text="An hour ago", at=now - HOUR)
    assert (first.is_backdated, later.is_backdated) == (False, True)
    with pytest.raises(room.BadEntry):
        await done(world, entries.note, ehs, incident, text="To come", at=now + HOUR)
    with pytest.raises(room.BadEntry):
        await done(world, entries.note, ehs, incident, text="  ")
    with pytest.raises(Forbidden):
        await done(world, entries.note, eve, incident, text="I saw it too")
    await done(world, entries.pin, ehs, incident, later.id, is_pinned=True)
    await done(world, entries.pin, ehs, incident, later.id, is_pinned=True)
    async with world.reading() as reads:
        newest = await entries.list_(reads, eve, incident)
        oldest = await entries.list_(reads, eve, incident, sort=entries.OLDEST)
        pinned = await entries.list_(reads, eve, incident, wanted=entries.Filter(is_pinned=True))
        verbs = list(await reads.scalars(select(Event.verb).order_by(Event.id)))
    assert [one.text for one in newest.items] == ["At once", "An hour ago"]
    assert [one.text for one in oldest.items] == ["An hour ago", "At once"]
    assert [one.id for one in pinned.items] == [later.id]
    assert verbs.count("incident.pinned") == 1
    await done(world, entries.pin, ehs, incident, later.id, is_pinned=False)


async def test_a_timeline_leaves_as_markdown_and_as_harmless_csv(world: World) -> None:
    ehs = await world.person(RoleName.EHS, name="=HYPERLINK(1)")
    incident = await happened(world)
    await done(world, entries.note, ehs, incident, text="# Not a heading\n=1+1")
    await done(world, entries.note, ehs, incident, text="=1+1", at=clock.now() - HOUR)
    await done(world, updates.give, ehs, incident, conditions="@SUM(A1)", needs="-2")
    async with world.reading() as reads:
        found = await entries.whole(reads, ehs, incident)
    rows = list(csv.DictReader(io.StringIO(exporting.as_csv(found))))
    assert rows[0]["text"] == "'=1+1"
    assert {rows[0]["author"], rows[2]["conditions"], rows[2]["needs"]} == {
        "'=HYPERLINK(1)", "'@SUM(A1)", "'-2"
    }  # fmt: skip
    text = exporting.as_markdown("INC-1: The interlock failed", found)
    assert text.startswith("# INC-1: The interlock failed\n")
    assert "> # Not a heading" in text
    assert "Written down later" in text
    assert "**Conditions**\n\n> @SUM(A1)" in text


async def test_a_task_goes_its_way_and_back_and_none_clears_its_owner(world: World) -> None:
    ehs, ada, eve = await world.person(RoleName.EHS), await world.person(), await world.person()
    incident = await happened(world)
    await done(world, roles.give, ehs, incident, role=RESPONDER, user_id=ada.user_id)
    wish = room.TaskWish("Ask", owner_id=eve.user_id, due_at=clock.now() + HOUR, is_mandatory=True)
    task = await done(world, tasks.add, ada, incident, wish=wish)
    with pytest.raises(PreconditionFailed):
        await done(world, tasks.change, ada, incident, task.id,
                   changes={"title": "Tell"}, expected_version=task.version + 1)  # fmt: skip
    with pytest.raises(Forbidden):  # its owner does it, and changes nothing of it
        await done(world, tasks.change, eve, incident, task.id, changes={"title": "Tell"})
    with pytest.raises(Forbidden):
        await done(world, tasks.move, ada, incident, task.id, to=TaskState.DROPPED, outcome="No")
    with pytest.raises(Forbidden):  # nor by a way round
        await done(world, tasks.change, ada, incident, task.id, changes={"is_mandatory": False})
    with pytest.raises(room.BadTask):
        await done(world, tasks.move, ehs, incident, task.id, to=TaskState.DROPPED)
    finished = await done(world, tasks.move, eve, incident, task.id, to=TaskState.DONE)
    assert (finished.done_by and finished.done_by.id, finished.allowed) == (
        eve.user_id, (TaskState.OPEN,)
    )  # fmt: skip
    for work, words in (
        (tasks.move, {"to": TaskState.DROPPED, "outcome": "No"}),
        (tasks.change, {"changes": {"title": "Tell"}}),
    ):
        with pytest.raises(room.TaskNotFromThisState) as refused:
            await done(world, work, ehs, incident, task.id, **words)
        assert refused.value.members["allowed"] == ["open"]
    await done(world, tasks.move, eve, incident, task.id, to=TaskState.OPEN)
    cleared = await done(
        world, tasks.change, ada, incident, task.id, changes={"owner_id": None, "due_at": None}
    )
    assert (cleared.owner, cleared.due_at, cleared.done_at) == (None, None, None)


async def test_my_tasks_are_the_overdue_ones_first(world: World) -> None:
    ehs, ada = await world.person(RoleName.EHS), await world.person()
    now, one, two = clock.now(), await happened(world), await happened(world)
    for incident, title, hours in (
        (one, "without a date", None), (one, "tomorrow", 24), (two, "overdue", -2), (two, "soon", 1)
    ):  # fmt: skip
        due = now + hours * HOUR if hours else None
        wish = room.TaskWish(title, owner_id=ada.user_id, due_at=due)
        await done(world, tasks.add, ehs, incident, wish=wish)
    await done(world, tasks.add, ehs, one, wish=room.TaskWish("of somebody else"))
    async with world.reading() as reads:
        found = (await tasks.mine(reads, ada)).items
    assert [(each.title, each.is_overdue) for each in found] == [
        ("overdue", True), ("soon", False), ("tomorrow", False), ("without a date", False)
    ]  # fmt: skip


async def test_an_update_moves_the_next_by_the_cadence_of_the_priority(world: World) -> None:
    ehs, ada = await world.person(RoleName.EHS), await world.person()
    incident = await happened(world, priority=1, reported_by=ada.user_id)
    version = (await row_of(world, incident)).version
    await done(world, updates.give, ehs, incident, conditions="Safe", actions="Vendor called")
    row = await row_of(world, incident)
    assert row.next_update_at is not None
    assert abs(row.next_update_at - clock.now() - HOUR) < timedelta(minutes=1)
    assert row.version == version  # whoever changes its title meanwhile is not refused
    with pytest.raises(room.BadUpdate):
        await done(world, updates.give, ehs, incident, conditions=" ", needs="Help")
    entry = (await done(world, updates.list_, ehs, incident)).items[0]
    assert await done(world, telling.tell_update, entry.id, ehs.user_id) == 1
    assert await told(world, "incident.updated") == [ada.user_id]
    await move_to(world, incident, IncidentState.RESOLVED)
    await done(world, updates.give, ada, incident, conditions="It works")
    assert (await row_of(world, incident)).next_update_at is None


async def test_a_review_is_signed_by_somebody_else_where_there_is_one(world: World) -> None:
    ehs, ada = await world.person(RoleName.EHS), await world.person()
    incident = await happened(world)
    await done(world, roles.give, ehs, incident, role=LEAD, user_id=ada.user_id)
    draft = await done(world, review.write, ada, incident, what_happened="A spark")
    with pytest.raises(PreconditionFailed):
        await done(world, review.write, ada, incident, expected_version=draft.version + 1)
    with pytest.raises(room.OwnReview):
        await done(world, review.sign, ada, incident)
    with pytest.raises(room.BadReview) as lacking:
        await done(world, review.sign, ehs, incident)
    assert [one.field for one in lacking.value.errors] == [("impact",), ("root_cause",)]
    whole = {"what_happened": "A spark", "impact": "A day lost", "root_cause": "Dust"}
    written = await done(world, review.write, ada, incident, **whole)
    signed = await done(world, review.sign, ehs, incident, expected_version=written.version)
    assert signed.signed_by
    assert (signed.signed_by.id, signed.may_write) == (ehs.user_id, False)
    with pytest.raises(room.ReviewIsSigned):
        await done(world, review.write, ada, incident, **whole)
    with pytest.raises(room.BadReview):
        await done(world, review.reopen, ehs, incident, reason=" ")
    await done(world, review.reopen, ada, incident, reason="The cause was another")
    with pytest.raises(room.ReviewNotSigned):
        await done(world, review.reopen, ada, incident, reason="Again")
    # Whoever else writes in it is an author too, and nobody is left but oneself.
    await done(world, review.write, ehs, incident, **whole, lessons="Dust it")
    assert (await done(world, review.sign, ada, incident)).signed_at


async def test_the_record_holds_no_words_of_people(world: World) -> None:
    ehs = await world.person(RoleName.EHS)
    incident = await happened(world)
    secret = "Xylophone"
    await done(world, roles.give, ehs, incident, role=LEAD, user_id=ehs.user_id, note=secret)
    await done(world, entries.note, ehs, incident, text=secret)
    await done(world, updates.give, ehs, incident, conditions=secret)
    task = await done(world, tasks.add, ehs, incident, wish=room.TaskWish(secret, secret))
    await done(world, tasks.change, ehs, incident, task.id, changes={"title": secret * 2})
    await done(world, tasks.move, ehs, incident, task.id, to=TaskState.DROPPED, outcome=secret)
    await done(world, review.write, ehs, incident, what_happened=secret, impact=secret,
               root_cause=secret)  # fmt: skip
    await done(world, review.sign, ehs, incident)
    await done(world, review.reopen, ehs, incident, reason=secret)
    async with world.reading() as reads:
        found = list(await reads.scalars(select(Event).where(Event.verb.startswith("incident."))))
    assert len(found) >= 9
    assert not [one.verb for one in found if secret in str(one.changes) or one.reason]
    assert all(one.changes["severity"] == "high" for one in found)


async def test_closing_waits_for_a_lead_mandatory_tasks_and_the_signature(world: World) -> None:
    ehs = await world.person(RoleName.EHS)
    incident = await happened(world)
    task = await done(
        world, tasks.add, ehs, incident, wish=room.TaskWish("Vent", is_mandatory=True)
    )

    async def lacking() -> list[str]:
        async with world.reading() as reads:
            row = await reads.get_one(Incident, incident)
            type_ = (await reads.scalars(select(IncidentType))).one()
            found = await guards.lacking_for_close(reads, row, type_)
        return [str(one.field[0]) for one in found]

    assert await lacking() == ["lead", "tasks", "review"]
    await done(world, roles.give, ehs, incident, role=LEAD, user_id=ehs.user_id)
    await done(
        world, tasks.move, ehs, incident, task.id, to=TaskState.DROPPED, outcome="Done by air"
    )
    assert await lacking() == ["review"]
    await done(world, review.write, ehs, incident, what_happened="A", impact="B", root_cause="C")
    await done(world, review.sign, ehs, incident)  # nobody else could
    assert await lacking() == []


async def test_a_restricted_incident_does_not_exist_for_others(world: World) -> None:
    ehs, ada, eve = await world.person(RoleName.EHS), await world.person(), await world.manager()
    incident = await happened(world, visibility=Visibility.RESTRICTED)
    note = await done(world, entries.note, ehs, incident, text="Hurt")
    task = await done(world, tasks.add, ehs, incident, wish=room.TaskWish("Call"))
    for work, args, words in (
        (roles.list_, (), {}),
        (roles.give, (), {"role": LEAD, "user_id": eve.user_id}),
        (entries.list_, (), {}),
        (entries.whole, (), {}),
        (entries.get, (note.id,), {}),
        (entries.pin, (note.id,), {"is_pinned": True}),
        (tasks.list_, (), {}),
        (tasks.move, (task.id,), {"to": TaskState.DONE}),
        (updates.give, (), {"conditions": "I know"}),
        (review.get, (), {}),
        (review.write, (), {}),
        (review.sign, (), {}),
    ):
        with pytest.raises(incidents.IncidentNotFound):
            await done(world, work, eve, incident, *args, **words)
    # A role lets somebody in, and they still know of it when it was handed over.
    given = await done(world, roles.give, ehs, incident, role=LEAD, user_id=ada.user_id)
    assert await done(world, telling.tell_role, given.id) == 1
    async with world.reading() as reads:
        assert (await entries.list_(reads, ada, incident)).items
        said = await reads.scalar(
            select(Notification.args).where(Notification.user_id == ada.user_id)
        )
    assert "interlock" not in str(said)


async def test_each_thing_is_reminded_of_once_and_told_to_whoever_leads(world: World) -> None:
    ehs, ada, ben = await world.person(RoleName.EHS), await world.person(), await world.person()
    now = clock.now()
    incident = await happened(
        world, priority=1, response_due_at=now - HOUR, next_update_at=now - HOUR / 2
    )
    assert (await done(world, reminders.run)) == {"unanswered": 1, "update": 1}
    assert await told(world, "incident.response_due") == [ehs.user_id]  # nobody leads it yet
    assert (await done(world, reminders.run)) == {}
    await done(world, roles.give, ehs, incident, role=LEAD, user_id=ada.user_id)
    await done(world, updates.give, ada, incident, conditions="Safe")
    async with world.writing() as session:
        await session.execute(
            update(Incident).where(Incident.id == incident).values(next_update_at=clock.now())
        )
    assert (await done(world, reminders.run)) == {"update": 1}
    assert await told(world, "incident.update_due") == [ehs.user_id, ada.user_id]
    wish = room.TaskWish("Ask", owner_id=ben.user_id, due_at=now + HOUR)
    task = await done(world, tasks.add, ada, incident, wish=wish)
    assert (await done(world, reminders.run)) == {"due": 1}
    async with world.writing() as session:
        await session.execute(
            update(IncidentTask).values(
                due_at=clock.now() - HOUR / 60, reminded_at=clock.now() - HOUR
            )
        )
    assert (await done(world, reminders.run)) == {"overdue": 1}
    assert (await done(world, reminders.run)) == {}
    assert await told(world, "incident.task_overdue") == [ben.user_id]
    await done(world, tasks.change, ada, incident, task.id, changes={"due_at": now + HOUR})
    assert (await done(world, reminders.run)) == {"due": 1}  # another date begins anew
    await move_to(world, incident, IncidentState.CLOSED)
    async with world.writing() as session:
        await session.execute(update(Incident).values(next_update_at=now, reminded_at=None))
    assert (await done(world, reminders.run)) == {}


async def test_a_subscription_finds_what_its_filter_asks_for(world: World) -> None:
    ada, ben = await world.person(), await world.person()
    team = await world.team()
    severe = {"least_severity": "critical"}
    made = await done(world, subscriptions.create, ada, name="Everything", filter_={})
    await done(world, subscriptions.create, ben, name="Severe", filter_=severe)
    await done(world, subscriptions.create, ben, name="Ours", filter_={"team_ids": [team]})
    one, two = await happened(world), await happened(world, team_id=team)

    async def matching(incident: UUID) -> set[UUID | None]:
        async with world.reading() as reads:
            row = await reads.get_one(Incident, incident)
            return set(await subscriptions.matching(reads, row))

    assert await matching(one) == {ada.user_id}
    assert await matching(two) == {ada.user_id, ben.user_id}
    with pytest.raises(room.BadSubscription):
        await done(world, subscriptions.create, ada, name="", filter_={})
    with pytest.raises(room.BadSubscription):
        await done(world, subscriptions.create, ada, name="X", filter_={"team_ids": [ids.new()]})
    with pytest.raises(room.SubscriptionNotFound):
        await done(world, subscriptions.delete, ben, made.id)
    await done(world, subscriptions.change, ada, made.id, changes={"is_active": False})
    assert await matching(one) == set()
    await done(world, subscriptions.delete, ada, made.id)


@given(
    st.sampled_from(list(Severity)),
    st.sampled_from([None, *Severity]),
    st.sets(st.sampled_from("abc")),
    st.sets(st.sampled_from("abc")),
)
def test_a_filter_fits_where_each_of_its_parts_does(
    severity: Severity, least: Severity | None, have: set[str], want: set[str]
) -> None:
    wanted = Wanted(ids.new(), None, frozenset(), frozenset(have), severity)
    fits = wanted.fits({"least_severity": least, "tags": sorted(want)})
    is_severe = least is None or SEVERITY_RANKS[severity] >= SEVERITY_RANKS[least]
    assert fits == (is_severe and (not want or bool(have & want)))


def test_every_kind_of_line_has_a_word() -> None:
    assert set(room.wording.KINDS) == set(EntryKind)
    assert set(room.wording.ROLES) == set(IncidentRole)
