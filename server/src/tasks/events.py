"""The record's seals: set every minute, proved every night."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, outbox, seals
from src.core.actor import SYSTEM
from src.core.seals import Report
from src.tasks.handlers import Job, current_job, every, reaches_outside

log = structlog.get_logger(__name__)

BATCHES = 10
NAMED = 20  # faults that are named in the event; the chain is read again for the others
VERIFY = outbox.topic("events.verify", queue="maintenance", max_attempts=3, time_limit=1800.0)


@every("events.seal", interval=60, queue="maintenance", description="Seal what happened")
async def seal(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Seal the events whose transactions have committed."""
    sealed = 0
    for _ in range(BATCHES):
        now = await seals.seal(session)
        sealed += now
        if now < seals.BATCH:
            break
    return {"sealed": sealed}


@every("events.verify-nightly", crontab="40 2 * * *", queue="maintenance")
async def verify_nightly(session: AsyncSession, payload: dict[str, Any], _job: Job) -> None:
    """Have the record proved."""
    await outbox.publish(session, VERIFY, {}, once=f"{VERIFY.name}:{payload['slot']}")


async def _load(_session: AsyncSession, _payload: dict[str, Any]) -> str:
    return "whole"


async def _send(_thing: str, *, key: str) -> Report:  # noqa: ARG001 - reading has no effect to repeat
    """Read everything in short steps: no transaction is open for so long."""
    database = current_job().database
    if database is None:
        raise RuntimeError("a job without its database")
    return await seals.verify(database)


async def _record(
    session: AsyncSession, _payload: dict[str, Any], report: Report
) -> dict[str, Any]:
    faults = [
        {"kind": fault.kind, "seq": fault.seq, "event_id": str(fault.event_id)}
        for fault in report.faults[:NAMED]
    ]
    result = {"checked": report.checked, "faults": len(report.faults), "named": faults}
    head = {"seq": report.last_seq, "hash": report.last_hash}
    events.record(session, SYSTEM, "events.verified", ("events", None), changes=result | head)
    # The log leaves the machine: the head in it shows when the chain's end was cut off.
    told = log.info if report.is_sound else log.error
    told("the record was proved", **result, **head)
    return result


reaches_outside(VERIFY, load=_load, send=_send, record=_record)
