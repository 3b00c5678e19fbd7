"""The record is sealed and proved by the worker; whoever waits for the proof sees how far it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from src.core import audit, events, ids, operations, outbox, seals
from src.core.actor import SYSTEM
from src.core.db import reading, transaction
from src.core.operations import Operation, OperationState
from src.tasks import events as _recording  # noqa: F401 - registers its handlers
from src.tasks import handlers
from src.tasks import record as record_keeping
from tests.support.databases import on_sqlite
from tests.tasks.conftest import Bench, eventually


async def recorded(bench: Bench, many: int) -> None:
    """Some events, sealed by the worker."""
    record_keeping.configure(bench.settings)
    for name in ("events.seal", "events.verify"):
        bench.registry.add(handlers.registry.by_topic[name])
    async with transaction(bench.database) as session:
        for _ in range(many):
            events.record(session, SYSTEM, "test.happened", ("test", ids.new()))
    await bench.start()
    sealed = await bench.settled(await bench.publish(outbox.topics["events.seal"]))
    assert sealed.result == {"sealed": many}


async def started(bench: Bench) -> Operation:
    async with transaction(bench.database) as session:
        return await audit.verify(session, SYSTEM)


async def ended(bench: Bench, operation: Operation) -> Operation:
    async def now() -> Operation:
        async with reading(bench.database) as reads:
            return await operations.get(reads, SYSTEM, operation.id)

    async def is_over() -> bool:
        return (await now()).state not in operations.OPEN

    await eventually(is_over, what="the end of the operation")
    return await now()


async def test_the_proof_is_an_operation_with_progress_and_the_chains_head(bench: Bench) -> None:
    await recorded(bench, 3)
    proof = await ended(bench, await started(bench))
    assert (proof.state, proof.done, proof.of) == (OperationState.DONE, 3, 3)
    async with reading(bench.database) as reads:
        report = await seals.read(reads, after=2)
        newest = (await audit.list_(reads, SYSTEM)).items[0]
    assert proof.result is not None
    assert proof.result | {"last_hash": "…"} == {
        "is_sound": True, "checked": 3, "found": 0, "faults": [],
        "last_seq": report[0][0], "last_hash": "…",
    }  # fmt: skip
    assert len(proof.result["last_hash"]) == 64
    assert newest.verb == "events.verified"
    assert newest.changes["last_hash"] == proof.result["last_hash"]


async def test_the_proof_lists_what_does_not_fit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await recorded(bench, 2)
    monkeypatch.setattr(events, "digest", lambda _event: "another")
    proof = await ended(bench, await started(bench))
    assert proof.result is not None
    assert (proof.result["is_sound"], proof.result["found"]) == (False, 2)
    assert [(fault["kind"], fault["seq"]) for fault in proof.result["faults"]] == [
        ("edited", 1), ("edited", 2),
    ]  # fmt: skip


@on_sqlite
async def test_the_proof_stops_between_two_steps_when_it_is_cancelled(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await recorded(bench, 4)
    operation = await started_later(bench, monkeypatch)
    proof = await ended(bench, operation)
    assert (proof.state, proof.done, proof.result) == (OperationState.CANCELLED, 1, None)


async def started_later(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Operation:
    """An operation that somebody cancels while its second step is read."""
    stretch: Callable[..., Awaitable[Any]] = seals._stretch
    monkeypatch.setattr(seals, "BATCH", 1)
    found: list[Operation] = []

    async def interrupted(reads: Any, *, after: int) -> Any:
        if after == 1:
            async with transaction(bench.database) as session:
                found.append(await operations.cancel(session, SYSTEM, operation.id))
        return await stretch(reads, after=after)

    monkeypatch.setattr(seals, "_stretch", interrupted)
    operation = await started(bench)
    return operation
