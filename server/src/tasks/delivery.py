"""From a hint to a settled job: claim, run, settle; leases renewed, jobs given back at the end."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import jobs, ledger, logs, metrics, operations, schedule
from src.core.db import Database, transaction
from src.core.errors import DomainError, Kind, Unavailable
from src.core.ledger import Claim
from src.core.outbox import State
from src.tasks.handlers import Inside, Job, Outside, Registry, Result, working_on

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """The protocol's times in seconds; tests hurry."""

    lease: float = 30.0
    sweep: float = 1.0
    rehint: float = 30.0
    rehint_idle: float = 2.0
    schedule: float = 1.0
    gauges: float = 15.0


class LeaseLostError(Exception):
    """Another worker has the job by now: roll back and change nothing."""


@dataclass(slots=True, eq=False)
class Flight:
    """A job this process has in hand."""

    message_id: int
    task: asyncio.Task[Any]
    claim: Claim | None = None
    limit: float = 60.0
    since: float = field(default_factory=time.monotonic)
    is_settling: bool = False
    is_lost: bool = False

    @property
    def overdue(self) -> float:
        """Seconds past its time limit."""
        return time.monotonic() - self.since - self.limit


class Delivery:
    """The jobs of one process, on one loop."""

    def __init__(self, database: Database, registry: Registry, pace: Pace) -> None:
        self._database = database
        self._registry = registry
        self._pace = pace
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._is_ending = False
        self.in_flight: dict[str, Flight] = {}

    async def deliver(self, message_id: int) -> None:
        """Do the job if it is there to be done. Raises nothing but cancellation."""
        task = asyncio.current_task()
        if self._is_ending or task is None:
            return
        token = uuid4().hex
        flight = Flight(message_id, task)
        self.in_flight[token] = flight
        metrics.in_flight.set(len(self.in_flight))
        try:
            await self._take_and_do(flight, token)
        except Unavailable as error:
            log.warning("a job must wait", job_id=message_id, error=str(error))
        except Exception:
            log.exception("a job could not be settled", job_id=message_id)
        finally:
            # Given back, the token is still needed: `give_back` forgets it.
            if not self._is_ending:
                self.in_flight.pop(token, None)
            metrics.in_flight.set(len(self.in_flight))

    async def _take_and_do(self, flight: Flight, token: str) -> None:
        async with transaction(self._database) as session:
            claim = await ledger.claim(
                session,
                flight.message_id,
                topics=self._registry.topics(),
                token=token,
                lease=self._pace.lease,
                worker=self._worker,
            )
            if claim is None:
                return
            if claim.topic in schedule.declared:
                await schedule.note_start(session, claim.topic)
            operation_id = claim.operation_id
            if operation_id is not None and not await operations.run(session, operation_id):
                await self._end_cancelled(session, claim)
                return
        handler = self._registry.by_topic[claim.topic]
        flight.claim, flight.limit = claim, handler.topic.time_limit
        flight.since = time.monotonic()
        metrics.waited.labels(claim.queue).observe(claim.waited)
        context: dict[str, Any] = {"job_id": claim.id, "topic": claim.topic}
        if claim.request_id is not None:
            context["request_id"] = claim.request_id
        with structlog.contextvars.bound_contextvars(**context):
            await self._do(flight, claim, handler)

    async def _do(self, flight: Flight, claim: Claim, handler: Inside | Outside) -> None:
        with _timed(claim) as outcome:
            try:
                async with asyncio.timeout(flight.limit) as limit:
                    outcome.append(await self._work(flight, claim, handler))
            except LeaseLostError:
                outcome.append("lost")
                log.warning("the lease was lost; nothing was changed")
            except asyncio.CancelledError:
                outcome.append("lost" if flight.is_lost else "given_back")
                raise
            except operations.OperationCancelled:
                outcome.append(await self._settle_cancelled(claim))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is written down
                flight.is_settling = True
                if isinstance(error, TimeoutError) and limit.expired():
                    error = TimeoutError(f"it took longer than {flight.limit:g} s")
                outcome.append(await self._settle_failure(claim, handler, error))

    async def _work(self, flight: Flight, claim: Claim, handler: Inside | Outside) -> str:
        job = Job(
            claim.id, claim.topic, claim.attempt, claim.max_attempts, claim.token,
            claim.key, claim.request_id, claim.operation_id, self._database,
        )  # fmt: skip
        if isinstance(handler, Inside):
            async with transaction(self._database) as session:
                result = await handler.work(session, claim.payload, job)
                await self._settle_done(session, flight, claim, result)
            return "done"
        async with transaction(self._database) as session:
            thing = await handler.load(session, claim.payload)
            if thing is None:
                await self._settle_done(session, flight, claim, {"skipped": True})
        if thing is None:
            return "skipped"
        with working_on(job):
            sent = await handler.send(thing, key=job.idempotency_key("send"))
        async with transaction(self._database) as session:
            result = None
            if handler.record is not None:
                result = await handler.record(session, claim.payload, sent)
            await self._settle_done(session, flight, claim, result)
        return "done"

    async def _settle_done(
        self, session: AsyncSession, flight: Flight, claim: Claim, result: Result
    ) -> None:
        flight.is_settling = True
        # What the handler added is written first: its constraints may still refuse it.
        await session.flush()
        if not await ledger.finish(session, claim.id, claim.token, result=result):
            raise LeaseLostError
        if claim.operation_id is not None:
            await operations.finish(session, claim.operation_id, result=result)
        if claim.topic in schedule.declared:
            duration = time.monotonic() - flight.since
            await schedule.note_success(session, claim.topic, duration=duration, result=result)
        await ledger.hint_next(session, claim.key)

    async def _settle_cancelled(self, claim: Claim) -> str:
        async with transaction(self._database) as session:
            await self._end_cancelled(session, claim)
        return "cancelled"

    async def _end_cancelled(self, session: AsyncSession, claim: Claim) -> None:
        if await ledger.finish(session, claim.id, claim.token, result={"cancelled": True}):
            if claim.operation_id is not None:
                await operations.end_cancelled(session, claim.operation_id)
            await ledger.hint_next(session, claim.key)

    async def _settle_failure(
        self, claim: Claim, handler: Inside | Outside, error: Exception
    ) -> str:
        permanent = isinstance(error, DomainError) and error.kind is not Kind.UNAVAILABLE
        said = logs.masked(f"{type(error).__name__}: {error}")
        delay = ledger.backoff(handler.topic, claim.attempt)
        if isinstance(error, DomainError) and error.retry_after is not None:
            delay = max(delay, error.retry_after)
        async with transaction(self._database) as session:
            state = await ledger.fail(session, claim, error=said, permanent=permanent, delay=delay)
            if state is State.DEAD:
                jobs.record_death(session, claim.id, claim.topic)
            if state in (State.FAILED, State.DEAD):
                if claim.operation_id is not None:
                    await operations.fail(session, claim.operation_id, error=said)
                await self._registry.give_up(session, claim.topic, claim.payload, said)
                await ledger.hint_next(session, claim.key)
            if state is not None and claim.topic in schedule.declared:
                await schedule.note_failure(session, claim.topic, said)
        if state is None:
            return "lost"
        expected = isinstance(error, DomainError | TimeoutError)
        log.warning(
            "a job failed", state=state, attempt=claim.attempt, error=said,
            exc_info=None if expected else error,
        )  # fmt: skip
        return "retried" if state is State.QUEUED else str(state)

    async def keep_leases(self) -> None:
        """Renew what is in flight, for ever; stop those whose lease is lost."""
        while True:
            await asyncio.sleep(self._pace.lease / 3)
            held = {
                token: flight
                for token, flight in self.in_flight.items()
                if flight.claim is not None and not flight.is_settling and flight.overdue < 0
            }
            if not held:
                continue
            try:
                async with transaction(self._database) as session:
                    renewed = await ledger.renew(session, set(held), lease=self._pace.lease)
            except Unavailable as error:
                log.warning("leases could not be renewed", error=str(error))
                continue
            for token in held.keys() - renewed:
                flight = held[token]
                # Settled in the meantime it needs no stop.
                if token in self.in_flight and not flight.is_settling:
                    flight.is_lost = True
                    flight.task.cancel()

    async def give_back(self, patience: float) -> int:
        """Stop what is in flight and queue it again with its attempt restored; how many.

        What does not stop within `patience` seconds is left behind: its token is void by then.
        """
        self._is_ending = True
        flights = dict(self.in_flight)
        for flight in flights.values():
            flight.task.cancel()
        if not flights:
            return 0
        await asyncio.wait([flight.task for flight in flights.values()], timeout=patience)
        with suppress(Unavailable):
            async with transaction(self._database) as session:
                return await ledger.release(session, set(flights))
        return 0


@contextmanager
def _timed(claim: Claim) -> Iterator[list[str]]:
    outcome: list[str] = []
    began = time.monotonic()
    try:
        yield outcome
    finally:
        ended = outcome[-1] if outcome else "lost"
        took = time.monotonic() - began
        metrics.attempts.labels(claim.topic, ended).inc()
        metrics.duration.labels(claim.topic).observe(took)
        log.info("job", outcome=ended, attempt=claim.attempt, seconds=round(took, 4))
