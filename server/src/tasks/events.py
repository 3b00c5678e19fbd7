"""The record's seals: set every minute, proved every night."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, outbox, seals
from src.core.actor import SYSTEM
from src.core.language import mark
from src.core.seals import Report
from src.tasks import record
from src.tasks.handlers import Job, current_job, every, reaches_outside

log = structlog.get_logger(__name__)

BATCHES = 10
NAMED = 20  # faults that are named in the event; the chain is read again for the others
LISTED = 200  # faults that the result lists


@every("events.seal", interval=60, queue="maintenance", description=mark("Seal what happened"))
async def seal(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Seal the events whose transactions have committed."""
    sealed = 0
    for _ in range(BATCHES):
        now = await seals.seal(session)
        sealed += now
        if now < seals.BATCH:
            break
    return {"sealed": sealed}


@every(
    "events.verify-nightly",
    crontab="40 2 * * *",
    queue="maintenance",
    description=mark("Have the record proved"),
)
async def verify_nightly(session: AsyncSession, payload: dict[str, Any], _job: Job) -> None:
    """Have the record proved."""
    topic = seals.VERIFY
    await outbox.publish(session, topic, {}, once=f"{topic.name}:{payload['slot']}")


async def _load(_session: AsyncSession, _payload: dict[str, Any]) -> str:
    return "whole"


async def _send(_thing: str, *, key: str) -> Report:  # noqa: ARG001 - reading has no effect to repeat
    """Read everything in short steps: no transaction is open for so long."""
    job = current_job()
    if job.database is None:
        raise RuntimeError("a job without its database")

    async def progress(done: int, of: int) -> None:
        await job.progress(done=done, of=of)

    return await seals.verify(job.database, storage=record.storage(), progress=progress)


async def _record(
    session: AsyncSession, _payload: dict[str, Any], report: Report
) -> dict[str, Any]:
    faults = [
        {"kind": fault.kind, "seq": fault.seq,
         "event_id": str(fault.event_id) if fault.event_id else None, "detail": fault.detail}
        for fault in report.faults[:LISTED]
    ]  # fmt: skip
    head = {"last_seq": report.last_seq, "last_hash": report.last_hash}
    found = {"is_sound": report.is_sound, "checked": report.checked, "found": len(report.faults)}
    told_of = {**found, **head, "faults": faults[:NAMED]}
    events.record(session, SYSTEM, "events.verified", ("events", None), changes=told_of)
    # The log leaves the machine: the head in it shows when the chain's end was cut off.
    told = log.info if report.is_sound else log.error
    told("the record was proved", **told_of)
    return {**found, **head, "faults": faults}


reaches_outside(seals.VERIFY, load=_load, send=_send, record=_record)
