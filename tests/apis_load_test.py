"""Many people at once against a deployment, by Locust; a verdict and a report at the end.

    python -m src.commands load-accounts make --count 100 > accounts.jsonl
    locust -f tests/apis_load_test.py --headless --host http://localhost:8000 -u 100 -r 20 -t 60s \
        --accounts accounts.jsonl --p95 150 --most-errors 0 --report load.json

Rate limits stay on: an answer 429 is counted apart, waited out, and is no error. A refusal that is
due (an overlap, a rule) is an answer like any other. With `--read-only` nothing is written. It
imports nothing of the server.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import random
from collections import Counter
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import gevent
from locust import HttpUser, constant, events, task
from locust.argument_parser import LocustArgumentParser
from locust.clients import ResponseContextManager
from locust.env import Environment
from locust.exception import StopUser
from locust.stats import StatsEntry

API = "/api/v1"
MARK = "Load test"
LATE = 429
REFUSALS = {409, 422}  # of a wish that others had first, or that a rule forbids
log = logging.getLogger("load")
accounts: list[dict[str, str]] = []
taken = count()
limited: Counter[str] = Counter()
refused: Counter[str] = Counter()
random_ = random.Random(20_260_214)


@events.init_command_line_parser.add_listener
def _options(parser: LocustArgumentParser) -> None:
    parser.add_argument("--accounts", default="accounts.jsonl", help="from load-accounts make")
    parser.add_argument("--p95", type=float, default=0, help="milliseconds; 0: any")
    parser.add_argument("--most-errors", type=float, default=0, help="share of requests, 0.01")
    parser.add_argument("--read-only", action="store_true", help="write nothing")
    parser.add_argument("--report", default="", help="a file for the figures, as JSON")
    parser.add_argument("--think", type=float, default=5, help="seconds between two acts, about")


@events.init.add_listener
def _load_accounts(environment: Environment, **_more: Any) -> None:
    options = environment.parsed_options
    if options is None or accounts:
        return
    lines = Path(options.accounts).read_text(encoding="utf-8").splitlines()
    accounts.extend(json.loads(line) for line in lines if line.strip())
    if not accounts:
        raise SystemExit(f"no accounts in {options.accounts}")


class Person(HttpUser):
    """Somebody with an account, and what everybody here does."""

    abstract = True
    role = "member"

    def on_start(self) -> None:
        mine = [one for one in accounts if one["role"] == self.role] or accounts
        account = mine[next(taken) % len(mine)]
        self.client.headers["Authorization"] = f"Bearer {account['key']}"
        self.is_reading = bool(self.environment.parsed_options.read_only)
        listed = self.data(self.read("/resources", params={"state": "available", "limit": 50}))
        self.resources = [one["id"] for one in listed or []]
        if not self.resources:
            log.error("nothing to book here, or no way in")
            raise StopUser

    def wait_time(self) -> float:
        """Around what `--think` says, as people do."""
        think: float = self.environment.parsed_options.think
        return random_.uniform(think * 0.5, think * 1.5)

    def read(self, path: str, *, name: str | None = None, **more: Any) -> Any:
        """GET; None where it was limited or failed."""
        return self._answer("GET", path, name, more, due={200, 304})

    def write(self, method: str, path: str, *, name: str | None = None, **more: Any) -> Any:
        """A change with a key of its own; what is due to be refused is no error."""
        headers = {"Idempotency-Key": str(uuid4()), **more.pop("headers", {})}
        more["headers"] = headers
        return self._answer(method, path, name, more, due={200, 201, 202, 204, 207} | REFUSALS)

    def _answer(
        self, method: str, path: str, name: str | None, more: dict[str, Any], *, due: set[int]
    ) -> Any:
        called = f"{method} {name or path}"
        asked: AbstractContextManager[ResponseContextManager] = self.client.request(
            method, API + path, name=called, catch_response=True, **more
        )
        with asked as answer:
            status = answer.status_code
            if status == LATE:
                limited[called] += 1
                answer.success()
                gevent.sleep(min(30.0, float(answer.headers.get("Retry-After", 1))))
                return None
            if status not in due:
                answer.failure(f"{status} {answer.text[:200] if answer.text else ''}")
                return None
            if status in REFUSALS:
                refused[f"{called} {status}"] += 1
            answer.success()
            return answer

    @staticmethod
    def data(answer: Any) -> Any:
        """What an answer holds; None of one that holds nothing."""
        is_good = answer is not None and answer.status_code in {200, 201, 202}
        return answer.json()["data"] if is_good else None

    def hour(self, *, days: int) -> dict[str, str]:
        """An hour at some day to come."""
        day = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        starts = day + timedelta(days=random_.randint(1, days), hours=random_.randint(0, 10))
        return {
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
        }


class AtTheBench(Person):
    """Looks at weeks, books, moves, cancels."""

    weight = 10

    def on_start(self) -> None:
        super().on_start()
        self.mine: list[tuple[str, str]] = []  # id and ETag

    @task(6)
    def week(self) -> None:
        """The calendar of one resource."""
        resource = random_.choice(self.resources)
        now = datetime.now(UTC)
        wanted = {"from": now.isoformat(), "to": (now + timedelta(days=7)).isoformat()}
        name = "/resources/{id}/calendar"
        self.read(f"/resources/{resource}/calendar", name=name, params=wanted)

    @task(2)
    def find(self) -> None:
        """What one has, and what there is."""
        self.read("/bookings", params={"mine": True, "limit": 20})
        self.read("/search", params={"q": random_.choice(["con", "room", "mass", "cryo"])})

    @task(3)
    def book(self) -> None:
        """An hour somewhere in two weeks."""
        if self.is_reading:
            return
        wish = {"resource_id": random_.choice(self.resources), "title": MARK, **self.hour(days=14)}
        answer = self.write("POST", "/bookings", json=wish)
        if answer is not None and answer.status_code == 201:
            self.mine.append((answer.json()["data"]["id"], answer.headers["ETag"]))

    @task(1)
    def move(self) -> None:
        """To another hour."""
        if self.is_reading or not self.mine:
            return
        place = random_.randrange(len(self.mine))
        booking, etag = self.mine[place]
        answer = self.write(
            "PATCH", f"/bookings/{booking}", name="/bookings/{id}",
            json=self.hour(days=14), headers={"If-Match": etag},
        )  # fmt: skip
        if answer is not None and answer.status_code == 200:
            self.mine[place] = (booking, answer.headers["ETag"])

    @task(1)
    def cancel(self) -> None:
        """The oldest of one's own."""
        if self.is_reading or not self.mine:
            return
        booking, _etag = self.mine.pop(0)
        path, name = f"/bookings/{booking}/cancel", "/bookings/{id}/cancel"
        self.write("POST", path, name=name, json={"reason": MARK})

    def on_stop(self) -> None:
        """Leave nothing booked."""
        for booking, _etag in self.mine:
            path, name = f"/bookings/{booking}/cancel", "/bookings/{id}/cancel"
            self.write("POST", path, name=name, json={"reason": MARK})


class Rival(AtTheBench):
    """Wants what all rivals want: the first resource, tomorrow."""

    weight = 3

    @task(4)
    def collide(self) -> None:
        """One of a few hours of tomorrow; most get an overlap with suggestions."""
        if self.is_reading:
            return
        day = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
        starts = day + timedelta(days=1, hours=random_.randint(0, 3))
        wish = {
            "resource_id": self.resources[0],
            "title": MARK,
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
        }
        answer = self.write("POST", "/bookings", name="/bookings (popular)", json=wish)
        if answer is not None and answer.status_code == 201:
            self.mine.append((answer.json()["data"]["id"], answer.headers["ETag"]))


class Manager(Person):
    """Decides on requests of people of this test."""

    weight = 1
    role = "manager"

    @task(3)
    def decide(self) -> None:
        """Approve the first request that this test made."""
        waiting = self.data(self.read("/bookings", params={"status": "requested", "limit": 50}))
        ours = [one for one in waiting or [] if one["title"] == MARK]
        if ours and not self.is_reading:
            path = f"/bookings/{random_.choice(ours)['id']}/approve"
            self.write("POST", path, name="/bookings/{id}/approve", json={"note": MARK})

    @task(1)
    def morning(self) -> None:
        """What broke, what blocks, and what happened."""
        for path in ("/incidents", "/blockers", "/decisions", "/summaries"):
            self.read(path, params={"limit": 20})


class OfTheTeam(Person):
    """Reads what the others did, and says what they do."""

    weight = 4

    @task(4)
    def feed(self) -> None:
        """Updates of everybody, and what is open."""
        self.read("/status-updates", params={"limit": 20})
        self.read("/incidents", params={"limit": 20})

    @task(1)
    def post(self) -> None:
        """An update, taken back at once so that no team reads it."""
        if self.is_reading:
            return
        said = {
            "done": f"{MARK}: calibrated the **stage**.",
            "next": "Rest.",
            "tags": ["load-test"],
        }
        made = self.data(self.write("POST", "/status-updates", json=said))
        if made:
            path, name = f"/status-updates/{made['id']}", "/status-updates/{id}"
            self.write("DELETE", path, name=name)

    @task(1)
    def look_for(self) -> None:
        """Something somebody wrote."""
        self.read("/search", params={"q": random_.choice(["laser", "leak", "vacuum", "order"])})


class Integrator(Person):
    """A program that polls with what it knows."""

    weight = 2
    wait_time = constant(2)

    def on_start(self) -> None:
        super().on_start()
        self.known: dict[str, str] = {}

    @task
    def poll(self) -> None:
        """A week, by ETag: mostly 304."""
        resource = self.resources[0]
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        wanted = {"from": today.isoformat(), "to": (today + timedelta(days=7)).isoformat()}
        etag = self.known.get(resource)
        answer = self.read(
            f"/resources/{resource}/calendar", name="/resources/{id}/calendar (ETag)",
            params=wanted, headers={"If-None-Match": etag} if etag else {},
        )  # fmt: skip
        if answer is not None and "ETag" in answer.headers:
            self.known[resource] = answer.headers["ETag"]


SHOWN = ("requests", "requests_per_second", "failures", "milliseconds", "limited", "refused")


@events.quitting.add_listener
def _judge(environment: Environment, **_more: Any) -> None:
    """The figures, on the screen and in a file; the exit code says whether they are in bounds."""
    options, total = environment.parsed_options, environment.stats.total
    if options is None:
        return
    p95 = total.get_response_time_percentile(0.95) or 0
    faults = []
    if not total.num_requests:
        faults.append("nothing was asked")
    if options.p95 and p95 > options.p95:
        faults.append(f"p95 is {p95:.0f} ms, {options.p95:.0f} at most")
    if total.fail_ratio > options.most_errors:
        faults.append(f"{total.num_failures} of {total.num_requests} failed")
    figures = {**_figures(environment), "faults": faults}
    if options.report:
        Path(options.report).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({name: figures[name] for name in (*SHOWN, "faults")}, indent=2))
    environment.process_exit_code = 1 if faults else 0


def _figures(environment: Environment) -> dict[str, Any]:
    stats = environment.stats
    options = environment.parsed_options
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": environment.host,
        "machine": {"processors": os.cpu_count(), "system": platform.platform()},
        "people": options.num_users if options else None,
        "requests": stats.total.num_requests,
        "requests_per_second": round(stats.total.total_rps, 1),
        "failures": stats.total.num_failures,
        "limited": dict(limited),
        "refused": dict(refused),
        "milliseconds": _percentiles(stats.total, 50, 95, 99),
        "by_name": {
            entry.name: {
                "requests": entry.num_requests,
                "failures": entry.num_failures,
                **_percentiles(entry, 50, 95),
            }
            for entry in stats.entries.values()
        },
        "errors": {
            f"{one.name} {one.error}"[:300]: one.occurrences for one in stats.errors.values()
        },
    }


def _percentiles(entry: StatsEntry, *wanted: int) -> dict[str, float | None]:
    return {f"p{one}": entry.get_response_time_percentile(one / 100) for one in wanted}
