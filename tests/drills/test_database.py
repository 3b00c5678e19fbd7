"""The database goes away under load, and comes back: refusals are plain, nothing is lost."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select

from src.core.db import reading
from src.domain.bookings.tables import Booking
from src.domain.resources.tables import Hold
from tests.drills.conftest import FULL
from tests.drills.test_delivery import all_told
from tests.support import servers
from tests.support.callers import Answer, Caller, caller
from tests.support.system import Process, System, eventually

pytestmark = pytest.mark.faults

AWAY = 10.0  # seconds the database is stopped
LONGEST = 12.0  # seconds an answer may take at most: the pool's patience is ten
LOCKED = 6.0  # seconds another process keeps SQLite's lock; ours waits five
PAUSE = 0.2  # seconds between the requests of a client
CRASHES = 12 if FULL else 3
CROWD = 4  # clients per resource while it crashes

_LOCK = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA busy_timeout=10000")
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


@dataclass
class Load:
    """A few clients, each booking hour after hour; each repeats a request until it is answered."""

    resource_ids: tuple[UUID, ...]
    answers: list[Answer] = field(default_factory=list)
    booked: set[UUID] = field(default_factory=set)
    is_over: bool = False

    async def keep_booking(self, who: Caller, resource_id: UUID, pause: float, first: int) -> None:
        """Book until told to stop; the request in hand is brought to its end."""
        number = first
        while not self.is_over:
            await self._book_once(who, resource_id, number)
            number += CROWD
            await asyncio.sleep(pause)

    async def _book_once(self, who: Caller, resource_id: UUID, number: int) -> None:
        headers = {"Idempotency-Key": str(uuid4())}
        while True:
            answer = await who.book(resource_id, number, headers=headers)
            self.answers.append(answer)
            if answer.status == 201:
                self.booked.add(UUID(answer.body["data"]["id"]))
                return
            assert answer.status == 503, f"{answer.status}: {answer.text}"
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert int(answer.headers["retry-after"]) >= 1
            # An impatient client: it comes sooner than it was asked to.
            await asyncio.sleep(PAUSE)

    @property
    def refused(self) -> list[Answer]:
        """The answers that asked to come back."""
        return [answer for answer in self.answers if answer.status == 503]

    @property
    def slowest(self) -> float:
        """The longest time an answer took."""
        return max(answer.seconds for answer in self.answers)


@asynccontextmanager
async def load(
    system: System, server: Process, *, pause: float = PAUSE, clients: int = 1
) -> AsyncIterator[Load]:
    """Keep `clients` booking each resource while open; at the end every request has its answer."""
    made = Load(system.institute.resource_ids)
    async with caller(server.url) as who, asyncio.TaskGroup() as group:
        for resource_id in made.resource_ids:
            for first in range(clients):
                group.create_task(made.keep_booking(who, resource_id, pause, first))
        try:
            yield made
        finally:
            made.is_over = True


async def stored(system: System) -> tuple[set[UUID], set[UUID]]:
    """The ids of all bookings, and of what has a hold."""
    async with system.database() as database, reading(database) as reads:
        bookings = await reads.scalars(select(Booking.id))
        holders = await reads.scalars(select(Hold.holder_id))
        return set(bookings), set(holders)


async def readiness(server: Process) -> int:
    """The status of /readyz."""
    async with httpx2.AsyncClient(timeout=LONGEST) as client:
        return (await client.get(f"{server.url}/readyz")).status_code


async def test_ten_seconds_without_postgresql_lose_no_booking_and_no_mail(
    with_own_postgres: System, bare_postgres: servers.OwnPostgres
) -> None:
    system = with_own_postgres
    server, worker = system.start_server(), system.start_worker()
    await system.ready(server, worker)
    async with load(system, server) as traffic:
        await eventually(lambda: len(traffic.booked) >= 6, what="the first bookings")
        await asyncio.to_thread(bare_postgres.stop)
        stopped = time.monotonic()
        assert await readiness(server) == 503
        async with httpx2.AsyncClient(timeout=LONGEST) as client:
            assert (await client.get(f"{server.url}/healthz")).status_code == 200
            page = await client.get(f"{server.url}/login", headers={"Accept": "text/html"})
            assert page.status_code == 503
            assert page.headers["content-type"].startswith("text/html")
        await eventually(
            lambda: time.monotonic() > stopped + AWAY, seconds=2 * AWAY, what="the end of it"
        )
        before = len(traffic.booked)
        await asyncio.to_thread(bare_postgres.start)
        await eventually(lambda: len(traffic.booked) >= before + 6, what="recovery")
        assert await readiness(server) == 200
    assert traffic.refused, "nobody noticed that the database was away"
    assert traffic.slowest < LONGEST
    bookings, holders = await stored(system)
    assert bookings == holders == traffic.booked
    await all_told(system, system.post, len(bookings))
    assert server.is_running
    assert worker.is_running


@pytest.mark.campaign
async def test_a_crashing_postgresql_is_a_503_wherever_it_strikes(
    with_own_postgres: System, bare_postgres: servers.OwnPostgres
) -> None:
    random.seed(4711)
    system = with_own_postgres
    server = system.start_server()
    await system.ready(server)
    async with load(system, server, pause=0, clients=CROWD) as traffic:
        for _ in range(CRASHES):
            before = len(traffic.booked)
            wanted = before + random.randrange(10, 30)
            await eventually(lambda: len(traffic.booked) >= wanted, what="bookings")  # noqa: B023
            await asyncio.to_thread(bare_postgres.kill)
            await asyncio.to_thread(bare_postgres.start)
        before = len(traffic.booked)
        await eventually(lambda: len(traffic.booked) > before, what="recovery")
    assert traffic.refused
    bookings, holders = await stored(system)
    assert bookings == holders == traffic.booked


async def test_six_seconds_of_a_locked_sqlite_file_lose_no_booking(embedded: System) -> None:
    server = embedded.start_server()
    await embedded.ready(server)
    async with load(embedded, server) as traffic:
        await eventually(lambda: len(traffic.booked) >= 3, what="the first bookings")
        path = embedded.database_url.partition("///")[2]
        locker = subprocess.Popen(
            [sys.executable, "-c", _LOCK, path, str(LOCKED)], stdout=subprocess.PIPE
        )
        with locker:
            assert locker.stdout is not None
            assert await asyncio.to_thread(locker.stdout.readline) == b"locked\n"
            await asyncio.to_thread(locker.wait, LOCKED + 10)
        before = len(traffic.booked)
        await eventually(lambda: len(traffic.booked) >= before + 6, what="recovery")
    assert traffic.slowest > LOCKED / 2, "the lock disturbed nobody"
    assert traffic.slowest < LONGEST
    bookings, holders = await stored(embedded)
    assert bookings == holders == traffic.booked
    await all_told(embedded, embedded.post, len(bookings))
