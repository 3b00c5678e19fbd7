"""The development runner: `make run`. Migrates, fills the demonstration, serves, in one process.

With REDIS_URL the worker is a process beside it. Production runs uvicorn and `python -m src.tasks`
(see server/docs). Options: `--reload` starts again when code, templates or texts change, and
serves static files as they stand; `--sources` does the latter alone.
"""

import sys

# Before anything that an older Python could not even read.
if sys.version_info < (3, 11):  # noqa: UP036 - that is the point
    sys.exit(
        "aliquot: Python 3.11 or later is needed, and this is {}.{}. "
        "Name another one: make run PYTHON=python3.12".format(*sys.version_info[:2])
    )

import asyncio
import errno
import logging
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

HERE = Path(__file__).resolve().parent

GRACE = 1  # seconds: with the worker's own, Ctrl-C ends within two
WATCHED = ("src", "templates", "locale", "migrations")
SUFFIXES = {".py", ".html", ".txt", ".j2", ".mo", ".css", ".js"}


def stop(sentence: str) -> NoReturn:
    """End with one sentence that says what to do."""
    sys.exit(f"aliquot: {sentence}")


def say(*lines: str) -> None:
    """Tell whoever started this."""
    for line in lines:
        print(f"aliquot: {line}", flush=True)


def end(process: subprocess.Popen[bytes], sign: signal.Signals) -> None:
    """Ask a process to end, and make it end when it does not."""
    with suppress(ProcessLookupError):
        process.send_signal(sign)
    try:
        process.wait(GRACE + 2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def watch() -> None:
    """Run `serve` in a process, and again whenever a file has changed."""
    while True:
        process = subprocess.Popen([sys.executable, __file__, "--sources"])
        before = stamps()
        try:
            while (now := stamps()) == before:
                time.sleep(0.4)
        finally:
            end(process, signal.SIGTERM)
        changed = {path for path, _ in now.items() ^ before.items()}
        say(f"{', '.join(sorted(Path(path).name for path in changed))} changed: starting again")


def stamps() -> dict[str, int]:
    """When each file of ours was last changed."""
    found: dict[str, int] = {}
    for name in WATCHED:
        for folder, _, files in os.walk(HERE / name):
            for file in files:
                path = Path(folder, file)
                if path.suffix in SUFFIXES:
                    with suppress(FileNotFoundError):
                        found[str(path)] = path.stat().st_mtime_ns
    return found


if __name__ == "__main__":
    # From here on, imports included. Uvicorn raises the signal anew after its own clean end, so
    # what is around it ends in order too.
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: sys.exit(0))
    if "--reload" in sys.argv[1:]:  # watching needs none of what follows
        watch()

sys.path.insert(0, str(HERE))

import uvicorn
from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from src import assets
from src.app import create_app
from src.core import logs, migrations
from src.core.db import create_database, reading
from src.core.errors import DatabaseUnavailable
from src.core.settings import Settings, faults_of
from src.domain import accounts, demo
from src.web import greeting


def read_settings() -> Settings:
    """The settings of a laptop: demonstration on, logs for people."""
    if not {"DEMO", "ALIQUOT_DEMO"} & os.environ.keys():
        os.environ["ALIQUOT_DEMO"] = "1"
    os.environ.setdefault("ALIQUOT_LOG_FORMAT", "console")
    try:
        settings = Settings()
    except ValidationError as error:
        stop(f"the settings are not right: {'; '.join(faults_of(error))}")
    if settings.env == "production":
        stop(
            "server/main.py is for development; production starts uvicorn and src.tasks by themselves"
        )
    return settings


def open_folder(folder: Path) -> None:
    """Make the data folder, and try to write into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or error
        stop(
            f"the data folder {folder} cannot be written ({reason}); choose another: make run DATA_DIR=…"
        )


def open_port(settings: Settings) -> socket.socket:
    """Take the port before anything else is done."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        free = f"make run PORT={settings.port % 65535 + 1}"
        if error.errno == errno.EADDRINUSE:
            stop(
                f"port {settings.port} is taken; stop what listens there, or choose another: {free}"
            )
        stop(
            f"port {settings.port} of {settings.host} cannot be opened ({error.strerror}); try {free}"
        )
    return listener


def prepare_database(settings: Settings) -> None:
    """Bring the schema up to date, unless a newer Aliquot has been here."""
    place = "DATABASE_URL"
    try:
        place = make_url(settings.database).render_as_string()
        found = migrations.current(settings.database)
        standing = migrations.standing(found)
        if standing is migrations.Standing.NEWER:
            stop(
                f"the database was made by a newer Aliquot (its schema is {found}, this code knows "
                f"{migrations.head()}); start that version, or name another DATA_DIR or DATABASE_URL"
            )
        if standing is not migrations.Standing.CURRENT:
            say("bringing the database up to date")
            migrations.upgrade(settings.database)
    except (DatabaseUnavailable, SQLAlchemyError) as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        stop(
            f"the database at {place} cannot be used ({reason}); is it running, and the address right?"
        )


async def fill(settings: Settings) -> Callable[[], tuple[str, ...]]:
    """Fill the demonstration into an empty database; what to tell whoever started this."""
    database = create_database(settings.database, pool_size=2)
    try:
        async with reading(database) as reads:
            is_empty = not await accounts.is_set_up(reads)
        if settings.demo and is_empty:
            say("filling the demonstration")
            await demo.fill(database, settings)
        elif is_empty:
            # The application mints the code when it starts, so it is asked for afterwards.
            return lambda: (
                f"Set it up at {settings.base_url}/setup",
                f"with the one-time code {accounts.setup.code()}",
            )
        async with reading(database) as reads:
            is_demo = settings.demo and await demo.is_filled(reads)
    finally:
        await database.dispose()
    people = f"Log in as {', '.join(demo.ACCOUNTS)}"
    return lambda: (people, f"with the password {demo.PASSWORD}") if is_demo else ()


@contextmanager
def worker_beside(settings: Settings) -> Iterator[None]:
    """With Redis the worker is a process of its own; without, the server is the worker too."""
    if settings.is_embedded:
        yield
        return
    environment = {
        "ALIQUOT_WORKER_GRACE": str(GRACE),
        "ALIQUOT_WORKER_HEALTH_PORT": "0",
        **os.environ,
        "PYTHONPATH": str(HERE),
    }
    # In a session of its own: Ctrl-C reaches it once, from here.
    command = [sys.executable, "-m", "src.tasks"]
    worker = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        yield
    finally:
        end(worker, signal.SIGTERM)


class Server(uvicorn.Server):
    """Uvicorn that says where it is once it is there."""

    def __init__(self, config: uvicorn.Config, greet: Callable[[], None]) -> None:
        super().__init__(config)
        self.greet = greet

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then greet."""
        await super().startup(sockets)
        self.greet()


def serve() -> None:
    """Prepare everything, then serve until Ctrl-C."""
    settings = read_settings()
    if "--sources" in sys.argv[1:]:
        assets.library.serve_sources()
    open_folder(settings.data_dir)
    listener = open_port(settings)
    logs.configure(settings)
    for name in ("alembic", "uvicorn.error"):  # what they tell is told here in fewer words
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(greeting.__name__).setLevel(logging.ERROR)
    prepare_database(settings)
    accounts.configure(settings)
    told = asyncio.run(fill(settings))
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )

    def greet() -> None:
        say(f"Aliquot runs on {settings.base_url}", *told(), "Ctrl-C ends it")

    with worker_beside(settings):
        Server(config, greet).run(sockets=[listener])


if __name__ == "__main__":
    try:
        serve()
    except SystemExit as ended:
        if ended.code:
            raise
    # All is closed by now. Taking every object apart would last longer than all of the above.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
