"""Aliquot as it is deployed: real processes on real ports, and a mail server beside them.

`Ground` makes migrated databases with a small institute in them; a `System` runs servers and
workers on one, takes them down by signal, and shows what they wrote when a test fails.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from src.core import migrations
from src.core.actor import SYSTEM
from src.core.db import Database, create_database, transaction
from src.core.settings import SERVER_ROOT
from src.domain import accounts, resources
from src.domain.accounts import RoleName
from tests.support import servers
from tests.support.databases import Kind, sqlite_url

PASSWORD = "a password for the drills only"
BOOT = 30.0  # seconds a process may take to be ready
# The worker as deployed but for the times of its protocol: a lost worker is noticed in seconds.
_HURRIED = (
    "from src.tasks.__main__ import exit_with, main; from src.tasks.delivery import Pace; "
    "exit_with(main(pace=Pace(lease=1.5, sweep=0.2, rehint=2, rehint_idle=0.5)))"
)


@dataclass(frozen=True, slots=True)
class Institute:
    """What stands in the database at the start."""

    resource_ids: tuple[UUID, ...]

    @staticmethod
    def email(role: RoleName) -> str:
        """The address of the one person of that role."""
        return f"{role}@example.org"


async def found_institute(database: Database) -> Institute:
    """Write an institute with a person of each role and three instruments."""
    hashed = await accounts.new_hash(PASSWORD, about=(), field="password")
    async with transaction(database) as session:
        await accounts.set_up(
            session,
            name="Institute of drills",
            timezone="UTC",
            currency="EUR",
            mail_from=None,
            admin_name="Admin",
            admin_email=Institute.email(RoleName.ADMIN),
            password_hash=hashed,
        )
        for role in (RoleName.MANAGER, RoleName.MEMBER):
            await accounts.create_user(
                session,
                SYSTEM,
                email=Institute.email(role),
                name=role.title(),
                roles=(role,),
                password_hash=hashed,
            )
        kind = await resources.create_type(session, SYSTEM, name="Confocal microscope")
        room = await resources.create_location(session, SYSTEM, name="B 1.07")
        made = [
            await resources.create(
                session,
                SYSTEM,
                wish=resources.ResourceWish(f"Confocal {number}", kind.id, room.id),
            )
            for number in (1, 2, 3)
        ]
    return Institute(tuple(view.id for view in made))


def settle(url: str) -> Institute:
    """Migrate the empty database at `url` as a deployment does, and found the institute."""

    async def work() -> Institute:
        database = create_database(url)
        try:
            return await found_institute(database)
        finally:
            await database.dispose()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(migrations.upgrade, url).result()
    return servers.in_thread(work)


class Ground:
    """Settled databases, copied from one of each kind that is made once."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._made: dict[Kind, tuple[str, Institute]] = {}
        self._numbers = count(1)

    @contextmanager
    def settled(self, kind: Kind) -> Iterator[tuple[str, Institute]]:
        """The address of a database of one's own and who is in it."""
        template, institute = self._template(kind)
        name = f"{servers.RUN}_ground_{next(self._numbers)}"
        if kind == "sqlite":
            path = self.directory / f"{name}.db"
            shutil.copyfile(template, path)
            yield sqlite_url(path), institute
            return
        server = servers.postgres()
        server.create(name, template)
        try:
            yield server.url(name), institute
        finally:
            server.drop(name)

    def close(self) -> None:
        """Remove what was made on a server that is not ours."""
        made = self._made.pop("postgresql", None)
        if made is not None:
            servers.postgres().drop(made[0])

    def _template(self, kind: Kind) -> tuple[str, Institute]:
        if kind not in self._made:
            if kind == "sqlite":
                path = self.directory / "ground.db"
                institute = settle(sqlite_url(path))
                with closing(sqlite3.connect(path)) as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._made[kind] = (str(path), institute)
            else:
                name = f"{servers.RUN}_ground"
                server = servers.postgres()
                server.create(name)
                try:
                    self._made[kind] = (name, settle(server.url(name)))
                except BaseException:
                    server.drop(name)
                    raise
        return self._made[kind]


class Post:
    """A mail server that keeps what it is given. `hold` makes it slow to accept, `release` ends it."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self._open = asyncio.Event()
        self._open.set()
        self.held = 0
        self.port = servers.free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a letter."""
        self.held += 1
        await self._open.wait()
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content))
        return "250 OK"

    def start(self) -> Post:
        """Listen."""
        self._controller.start()
        return self

    def stop(self) -> None:
        """Hang up."""
        self.release()
        self._controller.stop()

    def hold(self) -> None:
        """Accept no letter from now on; who sends one waits."""
        self._controller.loop.call_soon_threadsafe(self._open.clear)

    def release(self) -> None:
        """Accept what waits and what comes."""
        self._controller.loop.call_soon_threadsafe(self._open.set)

    def message_ids(self) -> Counter[str]:
        """How often each Message-ID was accepted."""
        return Counter(str(letter["Message-ID"]) for letter in list(self.letters))

    @property
    def url(self) -> str:
        """What ALIQUOT_MAIL_URL says."""
        return f"smtp://127.0.0.1:{self.port}?tls=none"


def memory_of(pid: int) -> float:
    """The resident memory of a process in megabytes (of a million bytes)."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
        assert found is not None, f"process {pid} has ended"
        return int(found.group(1)) * 1024 / 1e6
    asked = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True)
    return int(asked.stdout) * 1024 / 1e6


@dataclass
class Process:
    """One process of ours: its port, its log, its end."""

    name: str
    port: int
    log: Path
    popen: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self.popen.poll() is None

    @property
    def memory(self) -> float:
        """Its resident memory in megabytes."""
        return memory_of(self.popen.pid)

    def end(self, number: signal.Signals = signal.SIGTERM, *, seconds: float = 30) -> int:
        """Send a signal and wait; the exit code."""
        self.popen.send_signal(number)
        return self.popen.wait(seconds)

    def lines(self) -> list[dict[str, Any]]:
        """What it logged."""
        written = self.log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in written if line.startswith("{")]

    def said(self) -> str:
        """The end of what it wrote."""
        return f"--- {self.name} ---\n{self.log.read_text(errors='replace')[-6000:]}"


@dataclass
class System:
    """Servers and workers on one database, each process started and ended at will."""

    directory: Path
    database_url: str
    institute: Institute
    post: Post
    redis_url: str = ""
    redis_prefix: str = "aliquot"
    more: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """What the processes are told; nothing else of ours reaches them."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "DATA_DIR": str(self.directory / "data"),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "ALIQUOT_REDIS_PREFIX": self.redis_prefix,
            "ALIQUOT_MAIL_URL": self.post.url,
            "ALIQUOT_RATE_LIMITS": "0",
            "ALIQUOT_LOG_FORMAT": "json",
            "DEMO": "0",
            **self.more,
        }

    def start_server(self, *, is_runner: bool = False) -> Process:
        """Start a server, as in production or as `make run` does; it may not be ready yet."""
        port = servers.free_port()
        command = ["-m", "uvicorn", "--factory", "src.app:create_app", "--port", str(port)]
        if is_runner:
            command = ["main.py"]
        return self._start("server", command, port, PORT=str(port))

    def start_worker(self, *, hurried: bool = True) -> Process:
        """Start a worker; `hurried` shortens leases and sweeps."""
        port = servers.free_port()
        command = ["-c", _HURRIED] if hurried else ["-m", "src.tasks"]
        more = {"ALIQUOT_WORKER_HEALTH_PORT": str(port), "ALIQUOT_WORKER_GRACE": "2"}
        return self._start("worker", command, port, **more)

    def _start(self, kind: str, command: list[str], port: int, **more: str) -> Process:
        name = f"{kind}-{len(self.processes) + 1}"
        path = self.directory / f"{name}.log"
        with path.open("ab") as log:
            popen = subprocess.Popen(
                [sys.executable, *command],
                cwd=SERVER_ROOT,
                env=self.environment() | more,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        made = Process(name, port, path, popen)
        self.processes.append(made)
        return made

    async def ready(self, *processes: Process) -> None:
        """Wait until they answer that they are ready."""
        async with httpx2.AsyncClient(timeout=5) as client:
            for process in processes:
                await eventually(
                    lambda process=process: _is_ready(client, process),  # type: ignore[misc]
                    seconds=BOOT,
                    what=f"the start of {process.name}",
                )

    def close(self) -> None:
        """End whatever still runs."""
        for process in self.processes:
            if process.is_running:
                process.popen.send_signal(signal.SIGCONT)
                process.popen.kill()
        for process in self.processes:
            process.popen.wait(20)

    def said(self) -> str:
        """What all of them wrote at last."""
        return "\n".join(process.said() for process in self.processes)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database, opened beside the processes to look into it."""
        opened = create_database(self.database_url, pool_size=2)
        try:
            yield opened
        finally:
            await opened.dispose()


async def _is_ready(client: httpx2.AsyncClient, process: Process) -> bool:
    if not process.is_running:
        raise AssertionError(f"{process.name} ended with {process.popen.returncode}")
    try:
        return (await client.get(f"{process.url}/readyz")).status_code == 200
    except httpx2.TransportError:
        return False


async def eventually(
    holds: Callable[[], Awaitable[bool] | bool], *, seconds: float = 60, what: str = "it"
) -> None:
    """Poll until it holds; fail loudly when it does not."""
    deadline = time.monotonic() + seconds
    while True:
        held = holds()
        if held is True or (not isinstance(held, bool) and await held):
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds:g} s")
        await asyncio.sleep(0.05)
