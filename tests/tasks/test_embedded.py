"""The worker inside the server, as `make run` has it: signals stay the server's, nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from src.core import outbox
from src.core.db import Database, reading, transaction
from src.core.outbox import Message, State, Topic
from tests.support import servers
from tests.support.databases import on_sqlite
from tests.tasks.conftest import eventually

pytestmark = pytest.mark.faults

SERVER = Path(__file__).resolve().parents[2] / "server"
KNOWN = Topic("maintenance.settled-jobs", "maintenance", max_attempts=3)


@dataclass
class Server:
    """Uvicorn with the composed application."""

    environment: dict[str, str]
    log: Path
    port: int = 0
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        self.port = servers.free_port()
        command = [sys.executable, "-m", "uvicorn", "--factory", "src.app:create_app"]
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [*command, "--port", str(self.port)],
                env={**os.environ, **self.environment},
                cwd=SERVER,
                stdout=log,
                stderr=log,
            )
        servers.wait_until(self.is_alive, seconds=60, what="the server's start")
        return self.running

    def is_alive(self) -> bool:
        assert self.running is not None
        assert self.running.poll() is None, self.log.read_text()[-2000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as said:
                return bool(said.status == 200)
        except OSError:
            return False


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    """A server, not started yet."""
    made = Server({"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path)}, tmp_path / "log")
    yield made
    if made.running is not None and made.running.poll() is None:
        made.running.kill()
        made.running.wait()


async def publish(database: Database) -> int:
    async with transaction(database) as session:
        job = await outbox.publish(session, KNOWN, {"slot": "now"})
    assert job is not None
    return job


async def done(database: Database, job: int) -> None:
    async def is_done() -> bool:
        async with reading(database) as reads:
            row = await reads.get(Message, job)
        return row is not None and row.state is State.DONE

    await eventually(is_done, what=f"the end of job {job}")


@on_sqlite
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_server_ends_at_a_signal_with_its_worker(
    server: Server, database: Database, number: signal.Signals
) -> None:
    running = await asyncio.to_thread(server.start)
    await done(database, await publish(database))
    running.send_signal(number)
    await asyncio.to_thread(running.wait, 10)
    said = server.log.read_text()
    assert "Application shutdown complete" in said
    assert "Traceback" not in said


@on_sqlite
async def test_what_a_killed_server_had_committed_is_done_after_its_restart(
    server: Server, database: Database
) -> None:
    running = await asyncio.to_thread(server.start)
    running.kill()
    await asyncio.to_thread(running.wait)
    job = await publish(database)  # committed, and nobody left to send the hint
    await asyncio.to_thread(server.start)
    await done(database, job)
