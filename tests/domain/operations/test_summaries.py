"""The morning's summary: written from the record, once, of its window; each reads what they may."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import chain, clock, events, ids
from src.core.actor import Actor, ActorKind, Permission
from src.core.errors import Forbidden
from src.core.events import Event
from src.core.outbox import Message, State
from src.core.settings import Settings
from src.domain import accounts
from src.domain.accounts.tables import RoleName, Team, User
from src.domain.bookings.tables import Booking, Status
from src.domain.notifications import Delivery, Notification, letters
from src.domain.operations import blockers, incidents, summaries
from src.domain.operations.summaries import making, reading
from src.domain.operations.summaries.views import SummaryView
from src.domain.operations.tables import (
    SEVERITY_RANKS,
    STATE_RANKS,
    Blocker,
    BlockerState,
    Incident,
    IncidentState,
    IncidentTask,
    IncidentType,
    Severity,
    StatusUpdate,
    Summary,
    TaskPhase,
    TaskState,
    Visibility,
    WaitingOn,
)
from src.domain.resources.tables import Effect, Outage, Unit
from tests.support.incidents import institute, moved, reported
from tests.support.statements import counted
from tests.support.world import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MORNING = datetime(2026, 6, 10, 9, tzinfo=UTC)  # a Wednesday


def happened(
    session: AsyncSession,
    at: datetime,
    verb: str,
    thing: UUID,
    *,
    by: UUID | None = None,
    **changes: Any,
) -> None:
    """An event of that time, with an id of that time, as the record would have it."""
    spread = ids.new().int & ((1 << 76) - 1)
    event = Event(
        id=UUID(int=chain.first_id(at).int | (7 << 76) | (spread & ~(3 << 62)) | (2 << 62)),
        at=at, actor_id=by, actor_kind=ActorKind.USER, verb=verb,
        subject_type=verb.partition(".")[0], subject_id=thing, reason=None, request_id=None,
        changes={name: value if isinstance(value, list) else str(value)
                 for name, value in {"team_id": None, **changes}.items() if value is not None},
    )  # fmt: skip
    event.digest = events.digest(event)
    session.add(event)


class Stage:
    """Things of a laboratory's days, written as rows with the events that tell of them."""

    def __init__(self, world: World, by: Actor) -> None:
        """With one who does everything."""
        self.world, self.by, self.number = world, by, 0
        self.type_id = ids.new()

    async def ready(self) -> Stage:
        """With a type of incidents."""
        async with self.world.writing() as session:
            session.add(
                IncidentType(
                    id=self.type_id, code="spill", name="Spill", rank=1, leads={}, tasks=[],
                    default_severity=Severity.LOW, default_visibility=Visibility.OPEN,
                )
            )  # fmt: skip
        return self

    async def incident(
        self,
        at: datetime,
        severity: Severity = Severity.MEDIUM,
        *,
        state: IncidentState = IncidentState.OPEN,
        visibility: Visibility = Visibility.OPEN,
        team_id: UUID | None = None,
    ) -> UUID:
        """One that was reported then."""
        self.number += 1
        row = Incident(
            id=ids.new(), number=self.number, type_id=self.type_id, title=f"Leak {self.number}",
            severity=severity, severity_rank=SEVERITY_RANKS[severity], state=state,
            state_rank=STATE_RANKS[state], visibility=visibility, team_id=team_id,
            occurred_at=at, reported_at=at,
        )  # fmt: skip
        async with self.world.writing() as session:
            session.add(row)
            happened(session, at, "incident.reported", row.id, team_id=team_id, state="open")
        return row.id

    async def moves(self, at: datetime, incident: UUID, verb: str, *change: str) -> None:
        """It changes its state."""
        old, new = change
        async with self.world.writing() as session:
            state = IncidentState(new)
            await session.execute(
                update(Incident)
                .where(Incident.id == incident)
                .values(state=state, state_rank=STATE_RANKS[state])
            )
            happened(session, at, f"incident.{verb}", incident, state=[old, new])

    async def posts(self, at: datetime, who: Actor, team_id: UUID | None = None) -> UUID:
        """Somebody says what they did."""
        assert who.user_id
        row = StatusUpdate(
            id=ids.new(), author_id=who.user_id, team_id=team_id, done="Slides", posted_at=at
        )
        async with self.world.writing() as session:
            session.add(row)
            happened(session, at, "update.posted", row.id, by=who.user_id, team_id=team_id)
        return row.id

    async def blocker(self, at: datetime, impact: Severity, team_id: UUID | None = None) -> UUID:
        """Something that is missing since then."""
        self.number += 1
        row = Blocker(
            id=ids.new(), number=self.number, title=f"No gas {self.number}", team_id=team_id,
            owner_id=self.by.user_id, waiting_on=WaitingOn.VENDOR, impact=impact,
            impact_rank=SEVERITY_RANKS[impact], state=BlockerState.ACTIVE, state_rank=0,
            raised_at=at,
        )  # fmt: skip
        async with self.world.writing() as session:
            session.add(row)
            happened(session, at, "blocker.raised", row.id, team_id=team_id)
        return row.id


@pytest.fixture
async def stage(world: World) -> Stage:
    """An empty stage and its manager."""
    return await Stage(world, await world.manager()).ready()


async def made(world: World, now: datetime, team_id: UUID | None = None) -> UUID | None:
    """What the worker writes then."""
    async with world.writing() as session:
        name = summaries.scopes.name_of(team_id)
        return await making.make_next(session, name, now=now)


async def read(
    world: World, actor: Actor, on_date: date, team_id: UUID | None = None
) -> SummaryView:
    async with world.reading() as reads:
        return await reading.get(reads, actor, team_id=team_id, on_date=on_date)


def ids_of(view: SummaryView, section: str, code: str) -> list[UUID]:
    group = view.group(section, code)
    return [item.id for item in group.items] if group else []


async def test_it_tells_of_its_window_and_of_what_is_open_the_worst_first(stage: Stage) -> None:
    world = stage.world
    low = await stage.incident(MORNING - 30 * HOUR, Severity.LOW)
    critical = await stage.incident(MORNING - 2 * HOUR, Severity.CRITICAL)
    undetermined = await stage.incident(MORNING - 3 * HOUR, Severity.UNDETERMINED)
    over = await stage.incident(MORNING - 30 * HOUR, Severity.HIGH)
    await stage.moves(MORNING - HOUR, over, "resolved", "open", "resolved")
    at_the_hour = await stage.incident(MORNING, Severity.CRITICAL)
    old = await stage.blocker(MORNING - 8 * DAY, Severity.HIGH)
    await stage.blocker(MORNING - 2 * DAY, Severity.CRITICAL)
    update_id = await stage.posts(MORNING - HOUR, stage.by)
    assert await made(world, MORNING + timedelta(minutes=1, seconds=59)) is not None  # yesterday's
    assert await made(world, MORNING + timedelta(minutes=2))
    view = await read(world, stage.by, MORNING.date())
    assert (view.starts_at, view.ends_at) == (MORNING - DAY, MORNING)
    assert ids_of(view, "attention", "incidents") == [critical, low, undetermined]
    assert ids_of(view, "attention", "blockers") == [old]
    assert set(ids_of(view, "since", "opened")) == {critical, undetermined}
    assert ids_of(view, "since", "resolved") == [over]
    assert ids_of(view, "since", "posted") == [update_id]
    assert at_the_hour not in {item.id for part in view.sections for item in part.items}


async def test_a_past_date_holds_that_day_and_nothing_of_today(stage: Stage) -> None:
    world = stage.world
    then = MORNING - 3 * DAY
    was_open = await stage.incident(then - HOUR, Severity.LOW)
    blocker = await stage.blocker(then - 10 * DAY, Severity.MEDIUM)
    task = IncidentTask(
        id=ids.new(), incident_id=was_open, title="Mop", phase=TaskPhase.RESPONSE,
        state=TaskState.DONE, due_at=then - HOUR, done_at=then + HOUR, created_at=then - DAY,
    )  # fmt: skip
    resource = await world.resource()
    async with world.writing() as session:
        session.add(task)
        session.add(
            Outage(
                id=ids.new(), resource_id=resource, effect=Effect.DOWN, source_type="person",
                started_at=then - HOUR, ended_at=then + HOUR,
            )
        )  # fmt: skip
        # Since then it grew worse and was resolved, and nobody waits any more.
        happened(session, then + HOUR, "incident.changed", was_open, severity=["low", "critical"])
        happened(session, then + HOUR, "blocker.resolved", blocker, state=["active", "resolved"])
        await session.execute(
            update(Blocker).values(state=BlockerState.RESOLVED, resolved_at=then + HOUR)
        )
        await session.execute(
            update(Incident).values(
                severity=Severity.CRITICAL, severity_rank=SEVERITY_RANKS[Severity.CRITICAL]
            )
        )
    await stage.moves(then + 2 * HOUR, was_open, "resolved", "open", "resolved")
    today = await stage.incident(MORNING - HOUR, Severity.HIGH)
    async with world.writing() as session:
        session.add(_row(then))
    async with world.writing() as session:
        payload = {"scope": "all", "on_date": then.date().isoformat(), "by": ""}
        assert await making.generate_now(session, stage.by, payload, now=MORNING + HOUR)
    view = await read(world, stage.by, then.date())
    group = view.group("attention", "incidents")
    assert group
    assert [(one.id, one.badge) for one in group.items] == [(was_open, "low")]
    assert ids_of(view, "attention", "blockers") == [blocker]
    assert ids_of(view, "attention", "tasks") == [task.id]
    assert ids_of(view, "instruments", "down") == [resource]
    assert ids_of(view, "since", "opened") == [was_open]
    assert ids_of(view, "since", "resolved") == []
    assert (view.is_late, view.version) == (True, 2)
    assert today not in {item.id for part in view.sections for item in part.items}


async def test_a_past_date_is_told_from_what_the_services_wrote_down(world: World) -> None:
    then, ehs = MORNING - 3 * DAY, await world.person(RoleName.EHS)
    async with world.writing() as session:
        await institute(session)
    with time_machine.travel(then - HOUR, tick=False):
        running = await reported(world, ehs, severity=Severity.LOW)
    with time_machine.travel(then + HOUR, tick=False):
        async with world.writing() as session:
            await incidents.changing.change(
                session, ehs, running.id, changes={"severity": Severity.CRITICAL}
            )
        await moved(world, ehs, running.id, IncidentState.IN_PROGRESS)
        await moved(world, ehs, running.id, IncidentState.RESOLVED, notes="Mopped")
    async with world.writing() as session:
        session.add(_row(then))
    async with world.writing() as session:
        payload = {"scope": "all", "on_date": then.date().isoformat(), "by": ""}
        assert await making.generate_now(session, ehs, payload, now=MORNING + HOUR)
    group = (await read(world, ehs, then.date())).group("attention", "incidents")
    assert group
    assert [(one.id, one.badge, one.args["state"]) for one in group.items] == [
        (running.id, "low", "open")
    ]


async def test_what_was_moved_in_later_stands_in_no_summary_of_before(world: World) -> None:
    then, ehs = MORNING - 3 * DAY, await world.manager()
    wish = blockers.Wish("No argon", WaitingOn.OTHER, Severity.HIGH)
    with time_machine.travel(MORNING - HOUR, tick=False):
        async with world.writing() as session:
            past = blockers.Past(then - 20 * DAY, None, "", is_archived=False)
            moved_in = await blockers.raise_(session, ehs, wish=wish, past=past)
    async with world.writing() as session:
        session.add_all([_row(then), _row(MORNING)])
    for day in (then, MORNING):
        async with world.writing() as session:
            payload = {"scope": "all", "on_date": day.date().isoformat(), "by": ""}
            assert await making.generate_now(session, ehs, payload, now=MORNING + HOUR)
    assert ids_of(await read(world, ehs, then.date()), "attention", "blockers") == []
    assert ids_of(await read(world, ehs, MORNING.date()), "attention", "blockers") == [moved_in.id]


async def test_a_job_that_died_keeps_nobody_from_the_next_days_summary(stage: Stage) -> None:
    world, now = stage.world, MORNING + timedelta(minutes=2)

    async def jobs(at: datetime) -> int:
        async with world.writing() as session:
            await making.publish_due(session, now=at)
            topic = Message.topic == summaries.topics.MAKE.name
            return await session.scalar(select(func.count()).where(topic)) or 0

    assert [await jobs(now), await jobs(now + HOUR)] == [1, 1]
    async with world.writing() as session:
        await session.execute(update(Message).values(state=State.DEAD))
    assert await jobs(now + DAY) == 2


def _row(ends_at: datetime, **columns: Any) -> Summary:
    return Summary(
        id=ids.new(), scope="all", on_date=ends_at.date(), timezone="UTC",
        starts_at=ends_at - DAY, ends_at=ends_at, made_at=ends_at,
        content={"version": 1, "sections": {}}, **columns,
    )  # fmt: skip


async def test_a_missed_week_is_filled_in_day_by_day_and_marked(stage: Stage) -> None:
    world = stage.world
    async with world.writing() as session:
        session.add(_row(MORNING - 7 * DAY))
    opened = [await stage.incident(MORNING - day * DAY - HOUR) for day in range(6, -1, -1)]
    now = MORNING + timedelta(minutes=5)
    while await made(world, now) is not None:
        pass
    async with world.reading() as reads:
        rows = list(await reads.scalars(select(Summary).order_by(Summary.on_date)))
        told = await reads.scalar(
            select(func.count()).where(Message.topic == summaries.topics.MADE.name)
        )
    assert [row.is_late for row in rows] == [False, *[True] * 6, False]
    assert all(a.ends_at == b.starts_at for a, b in pairwise(rows))
    assert told == 1  # of the last one alone
    for row, incident in zip(rows[1:], opened, strict=True):
        view = await read(world, stage.by, row.on_date)
        assert ids_of(view, "since", "opened") == [incident]
    last = await read(world, stage.by, MORNING.date())
    assert (last.previous, last.next) == (MORNING.date() - DAY, None)
    opened_series = next(one for one in last.trends.series if one.code == "opened")
    assert opened_series.values == (0, 1, 1, 1, 1, 1, 1, 1)


async def test_of_two_workers_that_race_one_writes_it(stage: Stage) -> None:
    world = stage.world
    await stage.incident(MORNING - HOUR)
    now = MORNING + timedelta(minutes=2)
    found = await asyncio.gather(*(made(world, now) for _ in range(2)), return_exceptions=False)
    assert sorted(one is not None for one in found) == [False, True]
    async with world.reading() as reads:
        assert await reads.scalar(select(func.count()).select_from(Summary)) == 1
        assert await reads.scalar(select(func.count()).where(Event.verb == "summary.made")) == 1


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("America/New_York", {date(2026, 3, 7): 14, date(2026, 3, 8): 13, date(2026, 3, 9): 13}),
        ("America/New_York", {date(2026, 10, 31): 13, date(2026, 11, 1): 14}),
        ("Europe/Berlin", {date(2026, 3, 28): 8, date(2026, 3, 29): 7, date(2026, 3, 30): 7}),
        ("Europe/Berlin", {date(2026, 10, 24): 7, date(2026, 10, 25): 8}),
    ],
)
async def test_a_team_reads_at_its_local_hour_through_both_changes(
    world: World, zone: str, days: dict[date, int]
) -> None:
    team_id = await world.team()
    async with world.writing() as session:
        await session.execute(update(Team).values(timezone=zone))
    for on_date, hour in days.items():
        at = datetime(on_date.year, on_date.month, on_date.day, hour, tzinfo=UTC)
        for minutes, is_there in ((1, False), (2, True)):
            with time_machine.travel(at + minutes * timedelta(minutes=1), tick=False):
                async with world.writing() as session:
                    await making.publish_due(session, now=clock.now())
                await made(world, clock.now(), team_id)
            async with world.reading() as reads:
                found = await reads.scalar(
                    select(Summary).where(
                        Summary.team_id == team_id, Summary.on_date == on_date
                    )
                )  # fmt: skip
            assert (found is not None) is is_there
            if found is not None:
                assert found.ends_at == at
                assert found.ends_at.astimezone(datetime.now().astimezone().tzinfo) == at


async def test_a_restricted_incident_is_in_no_line_and_no_number(stage: Stage) -> None:
    world = stage.world
    member, keeper = await world.person(), await world.person(RoleName.EHS)
    shown = await stage.incident(MORNING - HOUR)
    hidden = await stage.incident(
        MORNING - HOUR, Severity.CRITICAL, visibility=Visibility.RESTRICTED
    )
    async with world.writing() as session:
        session.add(
            IncidentTask(
                id=ids.new(), incident_id=hidden, title="Secret", phase=TaskPhase.RESPONSE,
                state=TaskState.OPEN, due_at=MORNING - HOUR, created_at=MORNING - 2 * HOUR,
            )
        )  # fmt: skip
    await stage.moves(MORNING - HOUR, hidden, "resolved", "open", "resolved")
    await stage.moves(MORNING - HOUR / 2, hidden, "reopened", "resolved", "in_progress")
    summary_id = await made(world, MORNING + timedelta(minutes=2))
    assert summary_id
    theirs = await read(world, member, MORNING.date())
    assert ids_of(theirs, "attention", "incidents") == [shown]
    assert ids_of(theirs, "since", "opened") == [shown]
    for code in ("tasks", "resolved", "reopened"):
        assert theirs.group("attention", code) is None
        assert theirs.group("since", code) is None
    assert str(hidden) not in repr(theirs)
    assert "Secret" not in repr(theirs)
    numbers = {one.code: one.values for one in theirs.trends.series}
    assert (numbers["opened"], numbers["resolved"]) == ((1,), (0,))
    whole = await read(world, keeper, MORNING.date())
    assert ids_of(whole, "attention", "incidents") == [hidden, shown]
    assert {one.code: one.values for one in whole.trends.series}["opened"] == (2,)
    assert member.user_id
    async with world.reading() as reads:
        rows = await summaries.telling.lines(reads, summary_id, member.user_id)
    assert "Leak 2" not in repr(rows)
    assert "Leak 1" in repr(rows)


async def test_a_teams_summary_is_of_its_own_and_of_everybodys(stage: Stage) -> None:
    world = stage.world
    team_id, other = await world.team(), await world.team()
    busy, silent = await world.person(team_ids=[team_id]), await world.person(team_ids=[team_id])
    async with world.writing() as session:
        await session.execute(update(User).values(created_at=MORNING - 9 * DAY))
        for table in ("team_members",):
            await session.execute(_table(table).update().values(created_at=MORNING - 9 * DAY))
    mine = await stage.incident(MORNING - HOUR, Severity.LOW, team_id=team_id)
    theirs = await stage.incident(MORNING - HOUR, Severity.CRITICAL, team_id=other)
    of_all = await stage.incident(MORNING - HOUR, Severity.HIGH)
    for hour in (5, 3, 4):
        await stage.posts(MORNING - hour * HOUR, busy, team_id)
    last = await stage.posts(MORNING - 2 * HOUR, busy, team_id)
    assert await made(world, MORNING + timedelta(minutes=3), team_id)
    view = await read(world, stage.by, MORNING.date(), team_id)
    assert ids_of(view, "attention", "incidents") == [of_all, mine]
    assert ids_of(view, "since", "silent") == [silent.user_id]
    posted = view.group("since", "posted")
    assert posted
    assert [(one.id, one.args["times"]) for one in posted.items] == [(last, 4)]
    assert theirs not in {item.id for part in view.sections for item in part.items}
    stranger = Actor(
        busy.user_id, granted={Permission.OPERATIONS_READ: frozenset({f"team:{other}"})}
    )
    with pytest.raises(summaries.SummaryNotFound):
        await read(world, stranger, MORNING.date(), team_id)


def _table(name: str) -> Any:
    return Summary.metadata.tables[name]


async def test_the_instruments_of_the_window_and_of_the_coming_day(stage: Stage) -> None:
    world, person = stage.world, stage.by.user_id
    resource = await world.resource()
    async with world.reading() as reads:
        unit = await reads.scalar(select(Unit.id).where(Unit.resource_id == resource))

    def booking(at: datetime, hours: float, status: Status, **columns: Any) -> Booking:
        return Booking(
            id=ids.new(), resource_id=resource, unit_id=unit, starts_at=at,
            ends_at=at + hours * HOUR, status=status, booked_by=person, booked_for=person,
            **{"created_at": MORNING - 5 * DAY, **columns},
        )  # fmt: skip

    missed = booking(MORNING - 3 * HOUR, 1, Status.NO_SHOW)
    called_off = booking(MORNING + 3 * HOUR, 1, Status.CANCELLED)
    async with world.writing() as session:
        session.add_all([
            booking(MORNING - 6 * HOUR, 2, Status.COMPLETED,
                    checked_in_at=MORNING - 6 * HOUR, checked_out_at=MORNING - 5 * HOUR),
            missed,
            booking(MORNING + HOUR, 1, Status.CONFIRMED),
            called_off,  # later than the boundary: in the morning it still stood
            booking(MORNING + 5 * HOUR, 1, Status.CONFIRMED, created_at=MORNING + HOUR),
        ])  # fmt: skip
        happened(session, MORNING - 2 * HOUR, "booking.no-show", missed.id)
        happened(session, MORNING + 2 * HOUR, "booking.cancelled", called_off.id)
    assert await made(world, MORNING + timedelta(minutes=2))
    view = await read(world, stage.by, MORNING.date())
    facts = {
        code: view.group("instruments", code).items[0].args  # type: ignore[union-attr]
        for code in ("booked", "used", "no_shows")
    }
    assert facts["booked"]["times"] == 2
    assert (facts["used"]["booked"], facts["used"]["used"]) == (180, 60)
    assert facts["no_shows"]["times"] == 1


async def test_a_preview_stores_nothing_and_a_day_that_is_not_over_has_no_summary(
    stage: Stage,
) -> None:
    world = stage.world
    with time_machine.travel(MORNING + 5 * HOUR, tick=False):
        assert await made(world, MORNING + timedelta(minutes=2))
        fresh = await stage.incident(MORNING + 4 * HOUR)
        async with world.reading() as reads:
            view = await reading.preview(reads, stage.by, team_id=None)
        assert (view.is_preview, view.on_date) == (True, MORNING.date() + DAY)
        assert ids_of(view, "since", "opened") == [fresh]
        with pytest.raises(summaries.SummaryNotDue):
            async with world.writing() as session:
                await making.generate(
                    session, stage.by, team_id=None, on_date=view.on_date, now=clock.now()
                )
        with pytest.raises(summaries.SummaryNotFound):
            await read(world, stage.by, view.on_date)
        member = await world.person()
        with pytest.raises(Forbidden):
            async with world.writing() as session:
                await making.generate(
                    session, member, team_id=None, on_date=MORNING.date(), now=clock.now()
                )


async def test_a_new_hour_begins_where_the_last_summary_ended(stage: Stage) -> None:
    world = stage.world
    team_id = await world.team()
    assert await made(world, MORNING + HOUR, team_id)
    async with world.writing() as session:
        changed = await summaries.settings.change(
            session, stage.by, team_id, changes={"minute": 6 * 60 + 30}
        )
        assert (changed.minute, changed.version) == (390, 1)
        with pytest.raises(summaries.BadSummarySettings):
            await summaries.settings.change(session, stage.by, team_id, changes={"minute": 1440})
    assert await made(world, MORNING + DAY, team_id)
    view = await read(world, stage.by, MORNING.date() + DAY, team_id)
    assert (view.starts_at, view.ends_at) == (MORNING, MORNING + DAY - 2.5 * HOUR)


async def test_members_are_told_and_everybodys_goes_to_those_who_manage(stage: Stage) -> None:
    world = stage.world
    team_id = await world.team()
    member = await world.person(team_ids=[team_id])
    for scope in (team_id, None):
        summary_id = await made(world, MORNING + HOUR, scope)
        assert summary_id
        async with world.writing() as session:
            await summaries.telling.tell(session, summary_id)
    async with world.reading() as reads:
        rows = await reads.execute(select(Notification.user_id, Notification.link))
        told = {(user_id, link) for user_id, link in rows}
    day = MORNING.date().isoformat()
    assert (member.user_id, f"/summaries/{team_id}/{day}") in told
    assert (stage.by.user_id, f"/summaries/all/{day}") in told
    assert (member.user_id, f"/summaries/all/{day}") not in told


async def test_the_number_of_statements_does_not_grow_with_the_day(stage: Stage) -> None:
    world = stage.world

    async def statements(day: int) -> tuple[int, int]:
        now = MORNING + day * DAY + timedelta(minutes=2)
        with counted(world.database) as writing:
            assert await made(world, now)
        async with world.reading() as reads:
            with counted(world.database) as said:
                await reading.get(reads, stage.by, team_id=None, on_date=now.date())
        return len(writing), len(said)

    await stage.incident(MORNING - HOUR)
    await stage.posts(MORNING - HOUR, stage.by)
    few = await statements(0)
    for number in range(25):
        await stage.incident(MORNING + number * timedelta(minutes=5))
        await stage.posts(MORNING + number * timedelta(minutes=5), stage.by)
    assert await statements(1) == few


async def test_the_mail_says_what_the_reader_may_see_in_their_language(stage: Stage) -> None:
    accounts.tokens.configure(Settings(secret_key=SecretStr("k" * 32)))
    world = stage.world
    team_id = await world.team()
    member = await world.person(team_ids=[team_id])
    await stage.incident(MORNING - HOUR, Severity.HIGH)
    await stage.incident(MORNING - HOUR, Severity.CRITICAL, visibility=Visibility.RESTRICTED)
    summary_id = await made(world, MORNING + HOUR, team_id)
    assert summary_id
    async with world.writing() as session:
        await summaries.telling.tell(session, summary_id)
        delivery = await session.scalar(
            select(Delivery.id)
            .join(Notification, Notification.id == Delivery.notification_id)
            .where(Notification.user_id == member.user_id)
        )
        assert delivery
        letter = await letters.letter(
            session, delivery, sender="lab@example.org", base_url="https://lab.example.org"
        )
    assert letter
    assert "Leak 1" in letter.text
    assert "Leak 2" not in letter.text + letter.html
    assert f"https://lab.example.org/summaries/{team_id}/{MORNING.date()}" in letter.text


async def test_a_team_that_is_deleted_takes_its_summaries_along_and_leaves_its_events(
    stage: Stage,
) -> None:
    world = stage.world
    admin, team_id = await world.person(RoleName.ADMIN), await world.team()
    assert await made(world, MORNING + HOUR, team_id)
    async with world.writing() as session:
        await accounts.delete_team(session, admin, team_id)
    async with world.reading() as reads:
        assert await reads.scalar(select(func.count()).select_from(Summary)) == 0
        assert await reads.scalar(select(func.count()).where(Event.verb == "summary.made")) == 1
