"""`make run`: from nothing to a running Aliquot, and clear sentences where that cannot be."""

from __future__ import annotations

import ast
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.support.servers import free_port, wait_until

SERVER = Path(__file__).resolve().parents[1] / "server"
MAIN = SERVER / "main.py"
# The promise is two seconds; a machine that also runs the other tests may take one more.
PROMPT = 3.0


def environment(**settings: object) -> dict[str, str]:
    # Hashing that costs nothing: forty people get the same hash, but log-ins are tried too.
    cheap = {"ALIQUOT_ARGON2_MEMORY_KIB": "8192", "ALIQUOT_ARGON2_TIME_COST": "1"}
    return {**os.environ, **cheap, **{name: str(value) for name, value in settings.items()}}


@dataclass
class Running:
    """A runner that answers."""

    url: str
    process: subprocess.Popen[bytes]
    output: Path

    def said(self) -> str:
        return self.output.read_text()

    def interrupt(self) -> float:
        """Ctrl-C; how many seconds it took to end."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(60) == 0, self.said()
        return time.monotonic() - started


@contextmanager
def running(folder: Path, **settings: object) -> Iterator[Running]:
    port = free_port()
    output = folder / f"output-{port}"
    with output.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, MAIN], cwd=folder, stdout=written, stderr=subprocess.STDOUT,
            env=environment(PORT=port, DATA_DIR=folder / "var", **settings),
        )  # fmt: skip
    started = Running(f"http://127.0.0.1:{port}", process, output)

    def answers() -> bool:
        assert process.poll() is None, started.said()
        try:
            return httpx2.get(f"{started.url}/healthz").status_code == 200
        except httpx2.TransportError:
            return False

    try:
        wait_until(answers, seconds=60, what="the runner")
        yield started
    finally:
        process.kill()
        process.wait()


def token(url: str, email: str) -> str:
    form = {"username": email, "password": "aliquot-demo-password", "grant_type": "password"}
    answer = httpx2.post(f"{url}/api/v1/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def bookings(url: str) -> int:
    bearer = {"Authorization": f"Bearer {token(url, 'admin@example.org')}"}
    answer = httpx2.get(f"{url}/api/v1/bookings", params={"page": 1, "limit": 1}, headers=bearer)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["meta"]["pagination"]["total"])


def test_it_fills_a_demonstration_once_survives_a_restart_and_ends_at_once(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as first:
        for told in (first.url, "member@example.org", "aliquot-demo-password"):
            wait_until(lambda told=told: told in first.said(), what=told)  # type: ignore[misc]
        assert token(first.url, "manager@example.org")
        assert token(first.url, "member@example.org")
        count = bookings(first.url)
        assert count > 1000
        # Somebody who stays connected does not keep it from ending.
        port = int(first.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as idle:
            idle.sendall(b"GET /healthz HTTP/1.1\r\n")
            assert first.interrupt() < PROMPT
        assert "Traceback" not in first.said()
    with running(tmp_path) as second:
        assert bookings(second.url) == count
        assert "filling the demonstration" not in second.said()


def test_without_the_demonstration_it_prints_a_code_for_the_set_up_page(tmp_path: Path) -> None:
    with running(tmp_path, DEMO=0) as runner:
        pattern = re.compile(r"one-time code ([A-Z0-9]{4}(-[A-Z0-9]{4}){3})")
        wait_until(lambda: bool(pattern.search(runner.said())), what="the code")
        page = httpx2.get(f"{runner.url}/setup")
        assert page.status_code == 200
        assert "password" not in runner.said()
        found = pattern.search(runner.said())
        assert found is not None
        assert runner.said().count(found[1]) == 1
        _set_up(runner.url, found[1])
        assert httpx2.get(f"{runner.url}/setup").status_code == 404


def _set_up(url: str, code: str) -> None:
    """Fill in the page with the code that was printed, as a browser would."""
    with httpx2.Client(base_url=url, headers={"Origin": url}) as browser:
        page = browser.get("/setup").text
        csrf = re.search(r'name="csrf_token" value="([^"]+)"', page)
        form = {
            "code": code, "name": "Institute", "timezone": "Europe/Berlin", "currency": "EUR",
            "mail_from": "", "admin_name": "Ann", "email": "ann@example.org",
            "password": "seven brass herons sing", "csrf_token": csrf[1] if csrf else "",
        }  # fmt: skip
        answer = browser.post("/setup", data=form)
        assert answer.status_code == 303, answer.text


@dataclass(frozen=True, slots=True)
class Refusal:
    """A runner that cannot start, and what its one sentence must contain."""

    settings: dict[str, object]
    words: tuple[str, ...]


def taken_port(folder: Path) -> Iterator[Refusal]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        yield Refusal({"PORT": port, "DATA_DIR": folder}, (f"port {port} is taken", "PORT="))


def unwritable_folder(folder: Path) -> Iterator[Refusal]:
    (folder / "file").write_text("not a folder")
    place = folder / "file" / "var"
    yield Refusal({"DATA_DIR": place}, (str(place), "cannot be written", "DATA_DIR="))


def unreachable_database(folder: Path) -> Iterator[Refusal]:
    url = f"postgresql://someone:hidden-word@127.0.0.1:{free_port()}/aliquot"
    yield Refusal({"DATABASE_URL": url, "DATA_DIR": folder}, ("cannot be used", "someone:***@"))


def newer_schema(folder: Path) -> Iterator[Refusal]:
    with sqlite3.connect(folder / "aliquot.db") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
    database.close()
    yield Refusal({"DATA_DIR": folder}, ("newer Aliquot", "9999"))


def wrong_setting(folder: Path) -> Iterator[Refusal]:
    yield Refusal({"PORT": "eighty", "DATA_DIR": folder}, ("settings", "PORT"))


@pytest.mark.parametrize(
    "obstacle", [taken_port, unwritable_folder, unreachable_database, newer_schema, wrong_setting]
)
def test_what_stands_in_the_way_is_said_in_one_sentence(tmp_path: Path, obstacle: object) -> None:
    assert callable(obstacle)
    for refusal in obstacle(tmp_path):
        settings = {"PORT": free_port(), **refusal.settings}
        ended = subprocess.run(
            [sys.executable, MAIN], cwd=tmp_path, env=environment(**settings),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ended.returncode == 1
        assert ended.stderr.startswith("aliquot: ")
        assert ended.stderr.count("\n") == 1
        assert "hidden-word" not in ended.stderr
        for word in refusal.words:
            assert word in ended.stderr


def test_an_older_python_reads_it_and_is_told(tmp_path: Path) -> None:
    ast.parse(MAIN.read_text(), feature_version=(3, 8))
    pretending = (
        "import runpy, sys; sys.version_info = (3, 8, 20); "
        f"runpy.run_path({str(MAIN)!r}, run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", pretending], cwd=tmp_path, env=environment(), capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "Python 3.11 or later is needed, and this is 3.8" in ended.stderr


def test_with_reload_a_change_starts_it_again_and_ctrl_c_ends_all(tmp_path: Path) -> None:
    """On a copy of the tree, so that nobody else's files are touched."""
    copy = tmp_path / "server"
    shutil.copytree(SERVER, copy, ignore=shutil.ignore_patterns("__pycache__", "static", "docs"))
    (copy / "static").symlink_to(SERVER / "static")
    port, output = free_port(), tmp_path / "output"
    with output.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, copy / "main.py", "--reload"], cwd=tmp_path, stdout=written,
            stderr=subprocess.STDOUT, start_new_session=True,
            env=environment(PORT=port, DATA_DIR=tmp_path / "var", DEMO=0),
        )  # fmt: skip
    try:
        wait_until(lambda: "Ctrl-C ends it" in output.read_text(), seconds=60, what="the start")
        (copy / "src" / "core" / "clock.py").touch()
        again = "clock.py changed: starting again"
        wait_until(lambda: again in output.read_text(), seconds=60, what="the change")
        wait_until(
            lambda: output.read_text().count("Ctrl-C ends it") == 2, seconds=60, what="the restart"
        )
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) == 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
