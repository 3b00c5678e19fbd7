"""`python -m src.tasks` with handlers that only tests know, in a hurry.

Its arguments: the file in which the outside notes what it was told, and the patience at the start.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "server"), str(ROOT)]

from src.core import events
from src.core.actor import SYSTEM
from src.core.outbox import Topic
from src.tasks import __main__ as worker
from src.tasks.delivery import Pace
from src.tasks.handlers import Inside, Job, Outside, registry

PACE = Pace(lease=1.5, sweep=0.2, rehint=2.0, rehint_idle=0.5, schedule=1.0)
PATIENT = {"max_attempts": 40, "backoff_base": 0.05, "backoff_cap": 0.3}
INSIDE = Topic("camp.inside", "maintenance", **PATIENT)  # type: ignore[arg-type]
OUTSIDE = Topic("camp.outside", "notifications", **PATIENT)  # type: ignore[arg-type]
LONG = Topic("camp.long", "reports", **PATIENT)  # type: ignore[arg-type]


def effect(session: Any, number: int) -> None:
    """Leave a row behind that says which job it comes from."""
    events.record(session, SYSTEM, "camp.effect", ("job", None), changes={"n": number})


async def inside(session: Any, payload: dict[str, Any], job: Job) -> None:
    effect(session, payload["n"])
    await session.flush()
    await asyncio.sleep(random.uniform(0, 0.02))
    if job.attempt == 1 and payload["n"] % 7 == 0:
        raise RuntimeError("the first attempt fails")


class Outsider:
    """Notes in a file what it was told."""

    def __init__(self, notes: Path) -> None:
        self.notes = notes

    async def load(self, _session: Any, payload: dict[str, Any]) -> dict[str, Any]:
        return payload

    async def send(self, thing: dict[str, Any], *, key: str) -> int:
        with self.notes.open("a") as file:
            file.write(f"{key} {thing['n']}\n")
        await asyncio.sleep(thing.get("seconds", random.uniform(0, 0.05)))
        return int(thing["n"])

    async def record(self, session: Any, _payload: dict[str, Any], sent: int) -> None:
        effect(session, sent)


def main() -> int:
    outsider = Outsider(Path(sys.argv[1]))
    registry.add(Inside(INSIDE, inside))
    for topic in (OUTSIDE, LONG):
        registry.add(Outside(topic, outsider.load, outsider.send, outsider.record))
    return worker.main(pace=PACE, patience=float(sys.argv[2]))


if __name__ == "__main__":
    worker.exit_with(main())
