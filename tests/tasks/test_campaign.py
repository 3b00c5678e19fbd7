"""Hundreds of jobs while workers are killed and the broker loses everything: none is lost.

Seeded; short in `make test`, whole (500 jobs, both databases) in `make campaign`. The seed stands in
the name of the test and in ALIQUOT_TEST_SEED.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from src.core.db import Database
from src.core.outbox import State
from tests.support import servers
from tests.support.databases import on_postgresql
from tests.tasks.conftest import eventually
from tests.tasks.processes import Process, Yard, yard
from tests.tasks.worker_of_ours import INSIDE, OUTSIDE, PACE

pytestmark = [pytest.mark.campaign, pytest.mark.faults]

IS_FULL = os.environ.get("ALIQUOT_TEST_CAMPAIGN") == "full"
SEED = int(os.environ.get("ALIQUOT_TEST_SEED", "1911"))


@dataclass(frozen=True)
class Plan:
    """How many jobs, and what happens to them meanwhile."""

    jobs: int
    blows: tuple[str, ...]
    pause: tuple[float, float]
    seconds: float


SHORT = Plan(80, ("kill", "flush", "freeze", "kill broker", "kill", "terminate"), (0.3, 0.8), 90)
FULL = Plan(
    500,
    ("kill", "kill", "flush", "kill", "freeze", "terminate", "kill broker", "kill") * 3,
    (0.5, 1.5),
    600,
)


class Campaign:
    """Publishes, strikes, and looks at what is left."""

    def __init__(self, ours: Yard, redis: servers.OwnRedis, plan: Plan) -> None:
        self.ours = ours
        self.redis = redis
        self.plan = plan
        self.random = random.Random(SEED)
        self.jobs: list[int] = []

    async def publish(self) -> None:
        """One job after the other, each in a transaction of its own, hinted as the server does."""
        for n in range(1, self.plan.jobs + 1):
            topic = self.random.choice((INSIDE, OUTSIDE))
            self.jobs.append(await self.ours.publish(topic, n=n))
            await asyncio.sleep(self.random.uniform(0, 0.03))

    async def strike(self) -> None:
        """Every blow of the plan, in a seeded order."""
        blows = list(self.plan.blows)
        self.random.shuffle(blows)
        for blow in blows:
            await asyncio.sleep(self.random.uniform(*self.plan.pause))
            process = self.random.choice(self.ours.processes)
            await asyncio.to_thread(self._strike, blow, process)
            if blow == "freeze":
                await asyncio.sleep(PACE.lease * 1.5)
                process.thaw()

    def _strike(self, blow: str, process: Process) -> None:
        if blow == "kill":
            process.kill()
            process.start()
        elif blow == "terminate":
            # One that is still importing has no handler of signals yet.
            assert process.terminate() in (0, -signal.SIGTERM), process.said()
            process.start()
        elif blow == "freeze":
            process.freeze()
        elif blow == "flush":
            self._flush()
        else:
            self.redis.kill()
            self.redis.start()

    def _flush(self) -> None:
        with Redis.from_url(self.redis.url) as client:
            client.flushall()

    async def run(self) -> None:
        """All of it; then every job is done and every effect happened once."""
        for _ in range(2):
            self.ours.worker(grace=2)
        for process in self.ours.processes:
            await eventually(lambda: asyncio.to_thread(process.is_ready), seconds=60)  # noqa: B023
        await asyncio.gather(self.publish(), self.strike())

        async def is_over() -> bool:
            return set(await self.ours.states()) == {State.DONE}

        await eventually(is_over, seconds=self.plan.seconds, what="the end of all jobs")
        assert len(self.jobs) == self.plan.jobs
        assert await self.ours.states() == {State.DONE: self.plan.jobs}
        effects = await self.ours.effects()
        assert effects == dict.fromkeys(range(1, self.plan.jobs + 1), 1)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [SEED])
async def test_no_job_is_lost_and_no_effect_is_double(
    database: Database, database_url: str, tmp_path: Path, seed: int
) -> None:
    try:
        redis = servers.OwnRedis()
    except servers.NoServerError as error:
        servers.missing("redis", error)
    with (
        redis,
        yard(database, tmp_path, database_url=database_url, redis_url=redis.url) as ours,
    ):
        await Campaign(ours, redis, FULL if IS_FULL else SHORT).run()


@on_postgresql
async def test_jobs_committed_while_the_broker_is_down_are_done_when_it_is_back(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    try:
        redis = servers.OwnRedis()
    except servers.NoServerError as error:
        servers.missing("redis", error)
    with (
        redis,
        yard(database, tmp_path, database_url=database_url, redis_url=redis.url) as ours,
    ):
        process = ours.worker()
        await eventually(lambda: asyncio.to_thread(process.is_ready), seconds=60)
        await asyncio.to_thread(redis.kill)
        jobs = [await ours.publish(INSIDE, n=n) for n in range(1, 11)]
        assert process.get("/readyz")[0] == 503
        await asyncio.to_thread(redis.start)

        async def is_over() -> bool:
            return await ours.states() == {State.DONE: len(jobs)}

        await eventually(is_over, seconds=30, what="the end of all jobs")
        assert await ours.effects() == dict.fromkeys(range(1, 11), 1)
