"""A team moves in: files that are looked through and taken over, row by row."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from src.core import clock, operations
from src.core.actor import Actor
from src.core.errors import Forbidden
from src.core.events import Event
from src.core.operations import OperationCancelled, OperationState
from src.domain import search
from src.domain.accounts.tables import RoleName, User
from src.domain.operations import imports
from src.domain.operations.imports import ImportView
from src.domain.operations.tables import (
    Blocker,
    BlockerState,
    Decision,
    DecisionState,
    ImportFormat,
    ImportKind,
    Incident,
    IncidentAssignment,
    IncidentPriority,
    IncidentState,
    IncidentType,
    OperationsImport,
    Severity,
    StatusUpdate,
    Tagged,
    Visibility,
)
from tests.support.world import World

CSV, JSON = ImportFormat.CSV, ImportFormat.JSON
UPDATES, INCIDENTS = ImportKind.STATUS_UPDATES, ImportKind.INCIDENTS
BLOCKERS, DECISIONS = ImportKind.BLOCKERS, ImportKind.DECISIONS


async def ada(world: World, role: RoleName = RoleName.MANAGER) -> Actor:
    actor = await world.person(role, name="Ada")
    async with world.writing() as session:
        user = await session.get(User, actor.user_id)
        assert user
        user.email = "ada@example.org"
        session.add(
            IncidentType(
                code="spill",
                name="Spill",
                default_severity=Severity.HIGH,
                default_visibility=Visibility.OPEN,
            )
        )
        session.add(IncidentPriority(name="Soon", rank=2, response_minutes=60))
    return actor


async def upload(
    world: World,
    actor: Actor,
    kind: ImportKind,
    content: str | bytes,
    format_: ImportFormat = CSV,
    **more: Any,
) -> ImportView:
    sent = content.encode() if isinstance(content, str) else content
    async with world.writing() as session:
        view = await imports.upload(
            session, actor, kind=kind, format_=format_, content=sent, name="old.csv", **more
        )
    return await run(world, actor, view.id)


async def run(world: World, actor: Actor, import_id: UUID, *, stop_at: int = -1) -> ImportView:
    """What the worker does."""
    async with world.reading() as reads:
        view = await imports.get(reads, actor, import_id)

    async def progress(done: int, of: int) -> None:
        assert done <= of
        if done == stop_at:
            raise OperationCancelled("stopped")

    state, result = OperationState.DONE, None
    try:
        result = await imports.run(world.database, import_id, progress)
    except OperationCancelled:
        state = OperationState.CANCELLED
    async with world.writing() as session:
        if result is not None:
            await imports.finish(session, import_id, result)
            await operations.finish(session, view.operation_id)
        else:
            await operations.end_cancelled(session, view.operation_id)
    async with world.reading() as reads:
        found = await imports.get(reads, actor, import_id)
    assert found.state is state
    return found


async def take(
    world: World, actor: Actor, import_id: UUID, *, only_good: bool = False
) -> ImportView:
    async with world.writing() as session:
        await imports.take(session, actor, import_id, only_good=only_good)
    return await run(world, actor, import_id)


async def rows(world: World, table: Any) -> list[Any]:
    async with world.reading() as reads:
        return list(await reads.scalars(select(table).order_by(table.id)))


async def count(world: World, table: Any) -> int:
    async with world.reading() as reads:
        return int(await reads.scalar(select(func.count()).select_from(table)) or 0)


async def test_a_preview_says_what_comes_of_it_and_writes_nothing(world: World) -> None:
    actor = await ada(world)
    seen = await upload(
        world, actor, UPDATES,
        "\ufeffauthor;posted_at;done;tags\n"
        "ADA@example.org;2026-03-01 09:30;Aligned the läser;Laser|optics\n"
        "ada@example.org;01.03.2026 10:30;=cmd();\n",
    )  # fmt: skip
    assert seen.counts == imports.Counts(rows=2, created=2)
    assert (seen.may_take, seen.may_take_good, seen.is_preview) == (True, False, True)
    assert await count(world, StatusUpdate) == await count(world, Tagged) == 0
    done = await take(world, actor, seen.id)
    assert done.counts == seen.counts
    first, second = await rows(world, StatusUpdate)
    assert first.posted_at == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert first.author_id == actor.user_id
    assert (first.done, second.done) == ("Aligned the läser", "=cmd()")
    async with world.reading() as reads:
        (group,) = await search.find(reads, actor, "laser", kinds=["update"])
        verbs = set(await reads.scalars(select(Event.verb).where(Event.subject_type == "update")))
    assert [hit.id for hit in group.hits] == [first.id]
    assert verbs == {"update.imported"}, "no summary takes it for today's"


async def test_the_same_file_twice_makes_nothing_twice(world: World) -> None:
    actor = await ada(world)
    file = "key,author,posted_at,done\nU1,ada@example.org,2026-03-01 09:30,One\n"
    more = file + "U2,ada@example.org,2026-03-02 09:30,Two\n"
    await take(world, actor, (await upload(world, actor, UPDATES, file)).id)
    again = await upload(world, actor, UPDATES, more.replace("One", "Changed since"))
    assert again.counts == imports.Counts(rows=2, created=1, unchanged=1)
    await take(world, actor, again.id)
    assert {row.done for row in await rows(world, StatusUpdate)} == {"One", "Two"}
    team = await world.team()
    elsewhere = await upload(world, actor, UPDATES, file, team_id=team)
    assert elsewhere.counts == imports.Counts(rows=1, created=1), "a key counts within its team"


async def test_what_is_wrong_is_told_by_line_and_column_and_the_good_rows_can_be_taken(
    world: World,
) -> None:
    actor = await ada(world)
    ahead = (clock.now() + timedelta(days=2)).isoformat()
    seen = await upload(
        world, actor, UPDATES,
        "key,author,posted_at,done,tags\n"
        "a,ada@example.org,2026-03-01,Fine,\n"
        "b,bob@example.org,soon,Unknown,\n"
        f'c,ada@example.org,{ahead},"Two\nlines",\n'
        "d,ada@example.org,2026-03-01,,\n"
        "e,ada@example.org,2026-03-01,Bad tag,a b\n"
        "a,ada@example.org,2026-03-01,Again,\n",
    )  # fmt: skip
    assert seen.counts == imports.Counts(rows=6, created=1, refused=5)
    assert [(one.line, one.column, one.code) for one in seen.faults] == [
        (3, "author", "unknown-person"), (3, "posted_at", "not-a-time"),
        (4, "posted_at", "in-the-future"), (6, "done", "missing"), (7, "tags", "bad-tag"),
        (8, "key", "twice"),
    ]  # fmt: skip
    with pytest.raises(imports.TeamImportHasFaults):
        await take(world, actor, seen.id)
    assert await count(world, StatusUpdate) == 0
    done = await take(world, actor, seen.id, only_good=True)
    assert done.counts == seen.counts
    assert [row.done for row in await rows(world, StatusUpdate)] == ["Fine"]
    with pytest.raises(imports.TeamImportNotReady):
        await take(world, actor, seen.id)


async def test_incidents_come_in_the_state_they_were_in(world: World) -> None:
    actor = await ada(world)
    seen = await upload(
        world, actor, INCIDENTS,
        json.dumps([
            {"key": "1", "number": "INC 0007", "title": "Leak", "type": "SPILL", "state": "closed",
             "priority": 2, "occurred_at": "2026-02-03T14:10:00Z", "resolved_at": "2026-02-04 11:00",
             "resolution": "A new gasket", "reported_by": "ada@example.org", "lead": "ada@example.org",
             "tags": ["water", "cellar"]},
            {"title": "Smell", "type": "spill", "occurred_at": "2026-02-03", "state": "in progress"},
            {"title": "Not yet", "type": "spill", "occurred_at": "2026-02-03", "state": "resolved"},
            {"title": "Odd", "type": "spill", "occurred_at": "2026-02-03", "reported_at": "2026-02-02",
             "severity": "awful"},
        ]),
        JSON,
    )  # fmt: skip
    assert [(one.line, one.column) for one in seen.faults] == [
        (3, "resolved_at"), (3, "resolution"), (4, "severity"), (4, "reported_at"),
    ]  # fmt: skip
    assert await count(world, Incident) == 0
    await take(world, actor, seen.id, only_good=True)
    leak, smell = await rows(world, Incident)
    assert (leak.state, leak.severity, leak.is_imported) == (
        IncidentState.CLOSED,
        Severity.HIGH,
        True,
    )
    assert leak.closed_at == leak.resolved_at == datetime(2026, 2, 4, 11, tzinfo=UTC)
    assert leak.reported_at == leak.acknowledged_at == datetime(2026, 2, 3, 14, 10, tzinfo=UTC)
    assert (leak.reported_by, smell.reported_by) == (actor.user_id, None)
    assert (smell.state, smell.closed_at, smell.response_due_at) == (
        IncidentState.IN_PROGRESS,
        None,
        None,
    )
    (lead,) = await rows(world, IncidentAssignment)
    assert (lead.since_at, lead.until_at) == (leak.reported_at, leak.closed_at)
    async with world.reading() as reads:
        tags = set(await reads.scalars(select(Tagged.tag).where(Tagged.subject_id == leak.id)))
        (group,) = await search.find(reads, actor, "gasket", kinds=["incident"])
        verbs = list(
            await reads.scalars(select(Event.verb).where(Event.subject_type == "incident"))
        )
    assert tags == {"water", "cellar", "was:inc-0007"}
    assert group.hits[0].id == leak.id
    assert set(verbs) == {"incident.imported"}


async def test_decisions_find_what_took_their_place_wherever_it_stands(world: World) -> None:
    actor = await ada(world)
    head = "key,title,state,proposed_at,decided_at,outcome,superseded_by,options\n"
    seen = await upload(
        world, actor, DECISIONS,
        head + "old,Freezer 3,superseded,2026-01-01,2026-01-02,,mid,*Three|Four\n"
        "mid,Freezer 4,superseded,2026-01-03,2026-01-04,Four,new,\n"
        "new,Freezer 5,accepted,2026-01-05,2026-01-06,Five,,\n"
        "lost,Freezer 6,superseded,2026-01-05,2026-01-06,Six,nowhere,\n"
        "a,Ring,superseded,2026-01-05,2026-01-06,Ring,b,\n"
        "b,Ring,superseded,2026-01-05,2026-01-06,Ring,a,\n"
        "open,Freezer 7,proposed,2026-01-05,,,,One|Two\n",
    )  # fmt: skip
    assert seen.counts == imports.Counts(rows=7, created=4, refused=3)
    assert {one.code for one in seen.faults} == {"unknown-key"}
    done = await take(world, actor, seen.id, only_good=True)
    assert done.counts == seen.counts
    by_title = {row.title: row for row in await rows(world, Decision)}
    old, mid, new = (by_title[f"Freezer {number}"] for number in (3, 4, 5))
    assert (old.superseded_by, mid.superseded_by, new.superseded_by) == (mid.id, new.id, None)
    assert old.state is DecisionState.SUPERSEDED
    assert by_title["Freezer 7"].state is DecisionState.PROPOSED


async def test_blockers_come_resolved_and_archived(world: World) -> None:
    actor = await ada(world)
    seen = await upload(
        world, actor, BLOCKERS,
        "number,title,waiting_on,impact,raised_at,resolved_at,resolution,archived,owner,needed_by\n"
        "B1,Ethanol,vendor,high,2026-01-01,2026-01-05,It came,yes,ada@example.org,2026-01-04\n"
        "B2,Money,FUNDING,Critical,2026-01-01,,,,,\n"
        "B3,Neither,nobody,high,2026-01-01,,,yes,,\n",
    )  # fmt: skip
    assert [(one.line, one.column) for one in seen.faults] == [(4, "archived"), (4, "waiting_on")]
    await take(world, actor, seen.id, only_good=True)
    ethanol, money = await rows(world, Blocker)
    assert (ethanol.state, ethanol.resolution) == (BlockerState.RESOLVED, "It came")
    assert ethanol.archived_at is not None
    assert (money.state, money.impact) == (BlockerState.ACTIVE, Severity.CRITICAL)


async def test_one_that_was_stopped_goes_on_where_it_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports.running, "BATCH", 2)
    actor = await ada(world)
    lines = "".join(f"ada@example.org,2026-03-0{n},Day {n}\n" for n in range(1, 7))
    seen = await upload(world, actor, UPDATES, "author,posted_at,done\n" + lines)
    async with world.writing() as session:
        await imports.take(session, actor, seen.id)
    stopped = await run(world, actor, seen.id, stop_at=4)
    assert stopped.state is OperationState.CANCELLED
    assert await count(world, StatusUpdate) == 4
    assert stopped.may_take
    done = await take(world, actor, seen.id)
    assert done.counts == imports.Counts(rows=6, created=2, unchanged=4)
    assert await count(world, StatusUpdate) == 6


async def test_who_does_not_look_after_the_team_moves_nothing_in(world: World) -> None:
    await ada(world)
    member = await world.person()
    with pytest.raises(Forbidden):
        await upload(world, member, UPDATES, "author\n")
    once = replace(member, granted=(await world.manager()).granted)
    async with world.writing() as session:
        seen = await imports.upload(
            session, once, kind=UPDATES, format_=CSV, content=b"author,posted_at,done\n"
        )
    with pytest.raises(Forbidden):  # asked again when it is done
        await imports.run(world.database, seen.id, _nothing)
    other = await world.manager()
    async with world.reading() as reads:
        with pytest.raises(imports.TeamImportNotFound):
            await imports.get(reads, other, seen.id)


async def _nothing(_done: int, _of: int) -> None:
    pass


@pytest.mark.parametrize(
    ("content", "format_", "code"),
    [
        ("author,colour\n", CSV, "unknown-column"),
        ("done\n", CSV, "missing"),
        ("", CSV, "empty"),
        (b"author\n\xff\xfe\xfa\n", CSV, "bad-letters"),
        ("author\n" + "a\n" * 20_001, CSV, "too-many"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused(
    world: World, content: str | bytes, format_: ImportFormat, code: str
) -> None:
    actor = await ada(world)
    with pytest.raises(imports.TeamImportUnreadable) as refused:
        await upload(world, actor, UPDATES, content, format_)
    assert refused.value.errors[0].code == code


async def test_what_was_sent_is_forgotten_after_a_week(world: World) -> None:
    actor = await ada(world)
    seen = await upload(world, actor, UPDATES, "author,posted_at,done\n=x@y.z,2026-03-01,One\n")
    async with world.reading() as reads:
        table = (await imports.faults_as_csv(reads, actor, seen.id)).decode("utf-8-sig")
    assert table.splitlines()[0] == "line,column,code,detail"
    assert "=x@y.z" in table
    assert not any(cell.startswith("=") for line in table.splitlines() for cell in line.split(","))
    async with world.writing() as session:
        assert await imports.forget_old(session) == 0
        past = clock.now() - timedelta(days=8)
        await session.execute(update(OperationsImport).values(created_at=past))
        assert await imports.forget_old(session) == 1
        assert await session.scalar(text("SELECT content FROM operations_imports")) == ""
    async with world.reading() as reads:
        view = await imports.get(reads, actor, seen.id)
    assert (view.faults, view.may_take_good) == ((), False)


@pytest.mark.parametrize("kind", list(ImportKind))
@pytest.mark.parametrize("format_", list(ImportFormat))
async def test_the_templates_can_be_taken_over(
    world: World, kind: ImportKind, format_: ImportFormat
) -> None:
    actor = await ada(world)
    sent = imports.template(kind, format_).decode("utf-8-sig").replace("equipment-failure", "spill")
    seen = await upload(world, actor, kind, sent, format_)
    assert (seen.faults, seen.counts) == ((), imports.Counts(rows=1, created=1))
    assert (await take(world, actor, seen.id)).counts == imports.Counts(rows=1, created=1)
