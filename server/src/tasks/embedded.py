"""The worker inside the server process, for one process without Redis (`make run`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from src import tasks
from src.core.db import Listener
from src.core.settings import Settings
from src.tasks import queue
from src.tasks.delivery import Pace
from src.tasks.worker import Worker

THREADS = 2  # per class of work
LONGEST_GRACE = 1.0  # seconds: Ctrl-C has two in all, and what is unfinished is given back


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running worker. `stop` blocks: call it from a thread."""

    settings: Settings
    worker: Worker

    def stop(self, grace: float = LONGEST_GRACE) -> int:
        """End within two seconds, giving jobs in flight back; how many they were."""
        queue.unembed(self.settings)
        return self.worker.stop(min(grace, LONGEST_GRACE))


def start(
    settings: Settings,
    *,
    pace: Pace | None = None,
    listeners: Mapping[str, Listener] | None = None,
) -> Embedded:
    """Start a worker for every class of work in threads of this process.

    `listeners` hear the commits of jobs (`cache`, `live`); `queue.sender(settings)` reaches this worker.
    """
    tasks.load(settings)
    threads = min(settings.worker_threads, THREADS)
    worker = Worker(settings, threads=threads, pace=pace, listeners=listeners)
    queue.embed(settings, worker.lanes)
    worker.start(queue.CLASSES)
    return Embedded(settings, worker)
