"""The demonstration: believable, and by the same rules as everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import func, select

from src.core import clock
from src.core.db import Database, create_database, reading, transaction
from src.core.settings import Settings
from src.domain import accounts, demo, resources
from src.domain.accounts.tables import Team, User
from src.domain.bookings.tables import Booking, Status
from src.domain.resources.hours import Window
from src.domain.resources.rules import Question, hold_window, violations
from src.domain.resources.tables import (
    Closure,
    Hold,
    HoldKind,
    Location,
    Resource,
    ResourceState,
    ResourceType,
    Unit,
)
from tests.support.databases import Templates, on_sqlite
from tests.support.incidents import beginnings

SETTINGS = Settings(demo=True)
HOLDS = (Status.REQUESTED, Status.CONFIRMED, Status.IN_USE)
# Rules that concern the moment of booking, not the booking.
OF_THE_MOMENT = {"resource-down", "in-the-past", "too-early", "too-late"}


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with the demonstration in it."""
    await beginnings(database)
    await demo.fill(database, SETTINGS)
    return database


async def test_it_is_as_large_as_promised_obeys_the_rules_and_lets_its_people_in(
    filled: Database,
) -> None:
    async with reading(filled) as reads:
        sizes = {
            table.__tablename__: await reads.scalar(select(func.count()).select_from(table))
            for table in (Resource, ResourceType, Location, User, Team, Closure)
        }
        states = Counter(await reads.scalars(select(Resource.state)))
        rows = (await reads.scalars(select(Booking))).all()
        holds = (await reads.scalars(select(Hold).where(Hold.kind == HoldKind.BOOKING))).all()
        ids = list(await reads.scalars(select(Resource.id)))
        many = await reads.scalar(select(func.count()).where(Unit.number == 2))
        now = clock.now()
        around = Window(now - timedelta(days=30), now + timedelta(days=30))
        terms = await resources.terms.load(reads, ids, around=around)
    assert sizes == {
        "resources": 24, "resource_types": 8, "locations": 3, "users": 40, "teams": 6,
        "closures": 1,
    }  # fmt: skip
    assert states[ResourceState.DOWN] == 2  # by a fault, and by an incident
    assert (many or 0) >= 3
    _check_statuses(rows)
    _check_holds(rows, holds, terms)
    _check_rules(rows, terms)
    for email in demo.ACCOUNTS:
        found = await accounts.login.prove(
            filled, email=email, password=demo.PASSWORD, client=accounts.Client()
        )
        assert found.email == email


def _check_statuses(rows: Sequence[Booking]) -> None:
    now = clock.now()
    by_status = Counter(row.status for row in rows)
    assert len(rows) > 1000
    assert {Status.COMPLETED, Status.CONFIRMED, Status.IN_USE, Status.NO_SHOW, Status.CANCELLED,
            Status.REQUESTED} == set(by_status)  # fmt: skip
    assert min(row.starts_at for row in rows) < now - timedelta(days=18)
    assert max(row.starts_at for row in rows) > now + timedelta(days=18)
    assert all(row.ends_at > now for row in rows if row.status is Status.CONFIRMED)
    assert all(row.starts_at <= now for row in rows if row.status is Status.IN_USE)


def _check_holds(
    rows: Sequence[Booking], holds: Sequence[Hold], terms: dict[UUID, resources.terms.Terms]
) -> None:
    by_id = {row.id: row for row in rows}
    assert Counter(hold.holder_id for hold in holds) == Counter(
        row.id for row in rows if row.status in HOLDS
    )
    for hold in holds:
        row = by_id[hold.holder_id]
        held = hold_window(terms[row.resource_id], Window(row.starts_at, row.ends_at))
        assert (hold.unit_id, hold.starts_at, hold.ends_at) == (
            row.unit_id,
            held.starts_at,
            held.ends_at,
        )
        assert hold.expires_at == row.request_expires_at
    # The database keeps holds apart; what is over holds nothing, and must not overlap either.
    by_unit: dict[int, list[Booking]] = {}
    for row in rows:
        by_unit.setdefault(row.unit_id, []).append(row)
    for theirs in by_unit.values():
        theirs.sort(key=lambda row: row.starts_at)
        for first, second in pairwise(theirs):
            assert first.ends_at <= second.starts_at


def _check_rules(rows: Sequence[Booking], terms: dict[UUID, resources.terms.Terms]) -> None:
    for row in rows:
        window = Window(row.starts_at, row.ends_at)
        question = Question(window, row.created_at)
        found = {item.code for item in violations(terms[row.resource_id], question)}
        if row.status is Status.IN_USE:
            found -= {"off-grid"}
        assert found <= OF_THE_MOMENT, (row.title, window, found)


async def test_it_goes_only_into_an_empty_database_and_never_into_production(
    database: Database,
) -> None:
    production = SETTINGS.model_copy(update={"env": "production"})
    with pytest.raises(demo.DemoRefused):
        await demo.fill(database, production)
    async with reading(database) as reads:
        assert not await accounts.is_set_up(reads)
    async with transaction(database) as session:
        await accounts.create_admin(session, email="a@b.org", name="Ann", password_hash="x")
    with pytest.raises(demo.DemoRefused):
        await beginnings(database)
        await demo.fill(database, SETTINGS)
    async with reading(database) as reads:
        assert await reads.scalar(select(func.count()).select_from(User)) == 1


@on_sqlite
async def test_the_same_day_gives_the_same_calendar(
    database: Database, templates: Templates
) -> None:
    with time_machine.travel(datetime(2026, 3, 30, 10, tzinfo=UTC), tick=False):
        await beginnings(database)
        await demo.fill(database, SETTINGS)
        with templates.with_schema("sqlite") as url:
            twin = create_database(url)
            await beginnings(twin)
            await demo.fill(twin, SETTINGS)
            assert await _calendar(twin) == await _calendar(database)
            await twin.dispose()


async def _calendar(database: Database) -> list[tuple[object, ...]]:
    async with reading(database) as reads:
        rows = await reads.execute(
            select(Resource.name, Booking.starts_at, Booking.ends_at, Booking.title, Booking.status,
                   User.email)
            .join(Resource, Resource.id == Booking.resource_id)
            .join(User, User.id == Booking.booked_for)
            .order_by(Resource.name, Booking.starts_at, Booking.unit_id)
        )  # fmt: skip
        return [tuple(row) for row in rows]
