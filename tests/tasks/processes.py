"""Worker processes that tests start, freeze and kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from src.core import outbox
from src.core.db import Database, reading, transaction
from src.core.events import Event
from src.core.outbox import Message, State, Topic
from src.core.settings import Settings
from src.tasks import queue
from tests.support import servers

SCRIPT = Path(__file__).with_name("worker_of_ours.py")


@dataclass
class Process:
    """One `python -m src.tasks` with our handlers."""

    environment: dict[str, str]
    notes: Path
    patience: float = 20
    running: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.notes.with_suffix(".log")
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, str(SCRIPT), str(self.notes), str(self.patience)],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        self.running.kill()
        self.running.wait()

    def terminate(self, seconds: float = 60) -> int:
        """Ask it to end; its exit code."""
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(seconds)

    def freeze(self) -> None:
        self.running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.running.send_signal(signal.SIGCONT)

    def said(self) -> str:
        return self.log.read_text()

    @property
    def port(self) -> int:
        return int(self.environment["ALIQUOT_WORKER_HEALTH_PORT"])

    def get(self, path: str) -> tuple[int, str]:
        """What its health port answers; 0 while it is closed."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self) -> bool:
        if self.running.poll() is not None:
            raise AssertionError(f"the worker ended: {self.said()[-2000:]}")
        return self.get("/readyz")[0] == 200


@dataclass
class Yard:
    """A database and a broker with worker processes, and hints sent as the server sends them."""

    database: Database
    settings: Settings
    directory: Path
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sender = queue.sender(self.settings)
        self.database.listeners[outbox.CHANNEL] = self.sender
        self.notes = self.directory / "notes"
        self.notes.touch()

    def worker(
        self,
        *,
        grace: int = 5,
        patience: float = 20,
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        """Start one, with a health port of its own."""
        whole = {
            "DATABASE_URL": self.settings.database,
            "REDIS_URL": self.settings.redis_url,
            "ALIQUOT_REDIS_PREFIX": self.settings.redis_prefix,
            "DATA_DIR": str(self.directory),
            "ALIQUOT_WORKER_GRACE": str(grace),
            "ALIQUOT_WORKER_HEALTH_PORT": str(servers.free_port()),
            "LOG_LEVEL": "WARNING",
            **(environment or {}),
        }
        made = Process(whole, self.notes, patience)
        self.processes.append(made)
        return made

    async def publish(self, topic: Topic, **payload: Any) -> int:
        async with transaction(self.database) as session:
            message_id = await outbox.publish(session, topic, payload)
        assert message_id is not None
        return message_id

    async def job(self, message_id: int) -> Message:
        async with reading(self.database) as reads:
            found = await reads.get(Message, message_id)
        assert found is not None
        return found

    async def states(self) -> dict[State, int]:
        """How many of our jobs are in which state; periodic work runs as ever."""
        async with reading(self.database) as reads:
            rows = await reads.execute(
                select(Message.state, func.count())
                .where(Message.topic.like("camp.%"))
                .group_by(Message.state)
            )
        return {row[0]: row[1] for row in rows}

    async def effects(self) -> Counter[int]:
        """How often each job had its effect in the database."""
        async with reading(self.database) as reads:
            changes = await reads.scalars(select(Event.changes).where(Event.verb == "camp.effect"))
        return Counter(change["n"] for change in changes)

    def told(self) -> Counter[str]:
        """How often the outside was told each thing."""
        return Counter(line.split()[0] for line in self.notes.read_text().splitlines())

    def close(self) -> None:
        for process in self.processes:
            if process.running.poll() is None:
                process.thaw()
                process.kill()
        if isinstance(self.sender, queue.Sender):
            self.sender.close()


@contextmanager
def yard(database: Database, directory: Path, **settings: Any) -> Iterator[Yard]:
    """A yard whose processes are gone at the end."""
    made = Yard(database, Settings(data_dir=directory, **settings), directory)
    try:
        yield made
    finally:
        made.close()


def parsed(body: str) -> dict[str, Any]:
    """A JSON answer."""
    answer: dict[str, Any] = json.loads(body)
    return answer
