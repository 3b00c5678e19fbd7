"""Many at once, a pool of two, and a database that is away."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import event

from src.core import migrations
from tests.support import servers
from tests.support.application import Lab, count, moment, running
from tests.support.databases import Templates, create_schema


def _at_once(times: int, call: Callable[[int], httpx2.Response]) -> list[httpx2.Response]:
    answers: list[httpx2.Response] = []
    start = threading.Barrier(times)

    def work(number: int) -> None:
        start.wait()
        answers.append(call(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_fifty_at_once_one_gets_the_slot_and_the_others_hear_what_is_free(lab: Lab) -> None:
    people = ("member", "other", "manager")
    answers = _at_once(50, lambda n: lab.post("/bookings", by=people[n % 3], json=lab.wish(9)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
    for answer in answers:
        if answer.status_code == 409:
            problem = answer.json()
            assert problem["type"] == "/problems/booking-overlaps"
            assert problem["suggestions"]


def test_fifty_requests_share_two_connections(database_url: str, tmp_path: Path) -> None:
    with running(database_url, tmp_path, database_pool_size=2) as lab:

        def call(number: int) -> httpx2.Response:
            if number % 2:
                return lab.get("/bookings")
            wish = lab.wish(number / 2, hours=0.5)
            return lab.post("/bookings", json=wish)

        answers = _at_once(50, call)
        assert Counter(answer.status_code for answer in answers) == {200: 25, 201: 25}


@contextmanager
def _statements(lab: Lab) -> Iterator[list[str]]:
    """What reaches the cursor of either engine, without BEGIN and what lies around it."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    database = lab.app.state.database
    engines = {database.engine.sync_engine, database.reading_engine.sync_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("/resources/{confocal}/calendar?from={start}&to={end}", 4),
        ("/calendar?from={start}&to={end}", 8),
        ("/bookings?limit=200", 6),
        ("/resources", 6),
        ("/users", 6),
        ("/teams", 6),
        ("/closures", 6),
        ("/notifications", 6),
        ("/resource-types", 6),
        ("/locations", 6),
        ("/events", 6),
    ],
)
def test_a_list_costs_as_few_statements_as_promised_whatever_its_length(
    shared_lab: Lab, path: str, budget: int
) -> None:
    lab = shared_lab
    if not lab.get("/bookings").json()["data"]:
        for hour in range(12):
            lab.book(hour)
    address = path.format(confocal=lab.ids.confocal, start=moment(0), end=moment(24))
    with _statements(lab) as seen:
        assert lab.get(address, by="admin").status_code == 200
    assert len(seen) <= budget, "\n".join(seen)


def test_a_booking_with_all_rules_costs_at_most_fourteen_statements(lab: Lab) -> None:
    """Twelve, and two for who asks."""
    lab.book(7)
    with _statements(lab) as seen:
        lab.book(9)
    assert len(seen) <= 14, "\n".join(seen)


@pytest.mark.faults
def test_while_the_database_is_away_the_answer_is_503_and_it_recovers_by_itself(
    tmp_path: Path,
) -> None:
    try:
        own = servers.OwnPostgres()
    except servers.NoServerError as error:
        servers.missing("postgresql", error)
    with own:
        url = own.url()
        create_schema(url)
        with running(url, tmp_path) as lab:
            booked = lab.book(9)
            own.stop()
            for answer in (lab.get("/bookings"), lab.post("/bookings", json=lab.wish(11))):
                assert answer.status_code == 503, answer.text
                assert answer.json()["type"] == "/problems/database-unavailable"
                assert int(answer.headers["retry-after"]) > 0
            ready = lab.get("/readyz")
            assert ready.status_code == 503
            assert ready.json()["parts"]["database"]["ok"] is False
            assert lab.get("/healthz").status_code == 200
            own.start()
            servers.wait_until(lambda: lab.get("/bookings").status_code == 200, what="the recovery")
            assert [item["id"] for item in lab.get("/bookings").json()["data"]] == [booked["id"]]
            assert lab.post("/bookings", json=lab.wish(11)).status_code == 201


def test_without_its_broker_the_server_books_on_and_says_what_is_away(
    templates: Templates, tmp_path: Path
) -> None:
    away = f"redis://127.0.0.1:{servers.free_port()}/0"
    with templates.empty("sqlite") as url:
        migrations.upgrade(url)
        with running(url, tmp_path, redis_url=away) as lab:
            assert lab.post("/bookings", json=lab.wish(9)).status_code == 201
            ready = lab.get("/readyz")
            parts = ready.json()["parts"]
            assert (ready.status_code, parts["broker"]["ok"]) == (200, False)
            assert count(lab, "outbox") >= 1
