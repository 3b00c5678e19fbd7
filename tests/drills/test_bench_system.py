"""What a whole Aliquot costs: printed, and asserted where no clock is asked. `make bench`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from src.core.settings import SERVER_ROOT
from src.domain.accounts import RoleName
from src.domain.demo import PASSWORD
from tests.drills.test_delivery import all_told
from tests.support.application import Lab, moment, running
from tests.support.callers import asked, browser, caller
from tests.support.databases import Templates
from tests.support.statements import counted
from tests.support.system import Ground, Institute, Post, Process, System

pytestmark = pytest.mark.bench

TIMES = 100
EMBEDDED_MEMORY, WORKER_MEMORY = 200.0, 148.0  # megabytes
PATHS = (
    "/",
    "/resources",
    "/bookings",
    "/bookings?whose=all",
    "/notifications",
    "/api/v1/resources",
    "/api/v1/bookings",
    "/api/v1/me",
)
_WORKER = "from src import tasks; from src.core.settings import Settings; import src.tasks.__main__; tasks.load(Settings())"


def told(name: str, seconds: list[float]) -> None:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    p50, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    print(f"\n{name}: p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms ({len(ordered)} times)")


def test_how_long_a_worker_takes_to_import() -> None:
    taken = []
    for _ in range(4):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", _WORKER], cwd=SERVER_ROOT, check=True)
        taken.append(time.perf_counter() - began)
    print(f"\nworker, everything imported (with bytecode): {min(taken[1:]):.2f} s")


async def test_a_worker_apart(deployed: System, post: Post) -> None:
    server, worker = deployed.start_server(), deployed.start_worker(hurried=False)
    await deployed.ready(server, worker)
    async with caller(server.url) as member:
        answers = [
            await member.book(deployed.institute.resource_ids[0], number) for number in range(TIMES)
        ]
    assert {answer.status for answer in answers} == {201}
    told("a booking, PostgreSQL and Redis", [answer.seconds for answer in answers])
    await all_told(deployed, post, TIMES)
    print(f"server {server.memory:.0f} MB, worker {worker.memory:.0f} MB after {TIMES} bookings")
    assert worker.memory < WORKER_MEMORY


async def test_one_process_with_the_demonstration(
    ground: Ground, post: Post, tmp_path: Path
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'demo.db'}"
    system = System(tmp_path, url, Institute(()), post, more={"DEMO": "1"})
    with ExitStack() as stack:
        stack.callback(system.close)
        cold = await start(system)
        cold.end()
        server = await start(system)
        await look_around(server)
        print(f"{server.memory:.0f} MB with the demonstration, after {TIMES} pages and answers")
        assert server.memory < EMBEDDED_MEMORY


async def start(system: System) -> Process:
    """Start the runner, and tell how long it took to be ready."""
    began = time.perf_counter()
    server = system.start_server(is_runner=True)
    await system.ready(server)
    print(f"\nmake run, without its environment: ready after {time.perf_counter() - began:.1f} s")
    return server


async def look_around(server: Process) -> None:
    """Read pages and answers as an administrator."""
    async with (
        browser(server.url, RoleName.ADMIN, password=PASSWORD) as person,
        caller(server.url, RoleName.ADMIN, password=PASSWORD) as program,
    ):
        for path in PATHS:
            client = program.client if path.startswith("/api") else person.client
            answers = [await asked(client.get(path)) for _ in range(TIMES // len(PATHS))]
            assert {answer.status for answer in answers} == {200}, path
            told(f"GET {path}", [answer.seconds for answer in answers])


def test_statements_of_each_request(templates: Templates, tmp_path: Path) -> None:
    with templates.with_schema("sqlite") as url, running(url, tmp_path) as lab:
        tell_statements(lab)


def tell_statements(lab: Lab) -> None:
    """Make each request once, and count."""
    booking = lab.book(9)
    path = f"/bookings/{booking['id']}"
    week = {"from": moment(0), "to": moment(0, days=10)}
    requests: dict[str, Callable[[], httpx2.Response]] = {
        "POST /bookings": lambda: lab.post("/bookings", json=lab.wish(11)),
        "POST /bookings, taken": lambda: lab.post("/bookings", json=lab.wish(11)),
        "POST /bookings:check": lambda: lab.post("/bookings:check", json=lab.wish(12)),
        "GET /bookings": lambda: lab.get("/bookings"),
        "GET /bookings/{id}": lambda: lab.get(path),
        "PATCH /bookings/{id}": lambda: lab.patch(path, json={"ends_at": moment(10.5)}),
        "POST /bookings/{id}/cancel": lambda: lab.post(f"{path}/cancel", json={}),
        "GET /calendar": lambda: lab.get("/calendar", params=week),
        "GET /resources": lambda: lab.get("/resources"),
        "GET /resources/{id}": lambda: lab.get(f"/resources/{lab.ids.confocal}"),
        "GET /me": lambda: lab.get("/me"),
        "GET /notifications": lambda: lab.get("/notifications"),
        "GET /users": lambda: lab.get("/users", by="admin"),
        "GET /events": lambda: lab.get("/events", by="admin"),
        "GET /jobs": lambda: lab.get("/jobs", by="admin"),
    }
    print()
    for name, request in requests.items():
        with counted(lab.app.state.database) as said:
            answer = request()
        assert answer.status_code < 500, answer.text
        print(f"{len(said):3} statements  {name} ({answer.status_code})")
