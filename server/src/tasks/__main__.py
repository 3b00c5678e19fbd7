"""`python -m src.tasks`: the worker as a process of its own.

SIGTERM and SIGINT: no new jobs, not ready any more; what runs may end within
ALIQUOT_WORKER_GRACE seconds, the rest is given back with its attempt restored.
A second signal gives it back at once. Ends with 0, 2 (settings), 3 (database), 4 (Redis) or
5 (the health port is taken).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType

import structlog
from pydantic import ValidationError

from src import tasks
from src.core import logs
from src.core.settings import Settings, faults_of
from src.tasks import queue
from src.tasks.delivery import Pace
from src.tasks.health import Health
from src.tasks.worker import Worker

log = structlog.get_logger("src.tasks")

BAD_SETTINGS, NO_DATABASE, NO_REDIS, PORT_TAKEN = 2, 3, 4, 5
PATIENCE = 30.0  # seconds for database and Redis to come up at the start
LOOK = 0.2  # seconds between looks at whether a signal came


class _Refusal(Exception):
    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def main(*, pace: Pace | None = None, patience: float = PATIENCE) -> int:
    """Run until a signal; the exit code."""
    try:
        settings = _settings()
        logs.configure(settings, process="worker")
        tasks.load(settings)
        return _serve(settings, pace, patience)
    except _Refusal as refusal:
        sys.stderr.write(f"aliquot worker: {refusal}\n")
        return refusal.code


def _settings() -> Settings:
    try:
        settings = Settings()
    except ValidationError as error:
        faults = "; ".join(faults_of(error))
        raise _Refusal(BAD_SETTINGS, f"the settings are not right: {faults}") from error
    if settings.is_embedded:
        raise _Refusal(
            BAD_SETTINGS,
            "set REDIS_URL: without Redis the worker runs inside the server and needs no process",
        )
    unknown = set(settings.queues) - set(queue.CLASSES)
    if unknown or not settings.queues:
        raise _Refusal(
            BAD_SETTINGS,
            f"ALIQUOT_QUEUES names {', '.join(sorted(unknown)) or 'nothing'};"
            f" there are {', '.join(queue.CLASSES)}",
        )
    return settings


def _serve(settings: Settings, pace: Pace | None, patience: float) -> int:
    signals = _Signals()
    worker = Worker(settings, pace=pace)
    health = None
    try:
        _wait_for_servers(worker, signals, patience)
        if settings.worker_health_port:
            health = _open_port(worker, settings)
        if not signals.received:
            worker.start(settings.queues)
            log.info("worker started", queues=settings.queues, threads=settings.worker_threads)
        while not signals.received:
            time.sleep(LOOK)
    finally:
        worker.stop(settings.worker_grace, hurry=lambda: signals.repeated)
        if health is not None:
            health.stop()
    log.info("worker ended")
    return 0


def _wait_for_servers(worker: Worker, signals: _Signals, patience: float) -> None:
    deadline = time.monotonic() + patience
    said = False
    while away := worker.away():
        if time.monotonic() > deadline or signals.received:
            name, why = next(iter(away.items()))
            if name == "database":
                raise _Refusal(NO_DATABASE, f"DATABASE_URL: the database does not answer ({why})")
            raise _Refusal(NO_REDIS, f"REDIS_URL: Redis does not answer ({why})")
        if not said:
            log.warning("waiting for what does not answer", **away)
        said = True
        time.sleep(0.5)


def _open_port(worker: Worker, settings: Settings) -> Health:
    host, port = settings.worker_health_host, settings.worker_health_port
    try:
        return Health(worker, host, port).start()
    except OSError as error:
        raise _Refusal(
            PORT_TAKEN,
            f"ALIQUOT_WORKER_HEALTH_PORT: {host}:{port} cannot be opened ({error.strerror})",
        ) from error


class _Signals:
    """What was asked of the process: flags to look at, nothing to wait for.

    Python runs a handler in the main thread, and only when that comes back to Python. A signal
    just before it falls asleep, or one taken by another thread, would leave it in an endless wait;
    and the lock inside an event, held by the very wait that a handler interrupts, would hold the
    handler too.
    """

    def __init__(self) -> None:
        self.received = False
        self.repeated = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._receive)

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        self.repeated = self.received
        self.received = True


def exit_with(code: int) -> None:
    """End now: a thread stuck in somebody else's code must not hold the process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    exit_with(main())
