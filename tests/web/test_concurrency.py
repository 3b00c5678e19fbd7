"""Many at once, a pool of two, and a database that is away."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
import time_machine

from src.core import migrations
from tests.support import servers
from tests.support.application import Lab, count, moment, running
from tests.support.databases import Templates, create_schema
from tests.support.statements import counted


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


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("/resources/{confocal}/calendar?from={start}&to={end}", 4),
        ("/calendar?from={start}&to={end}", 8),
        ("/bookings?limit=200", 6),
        ("/resources", 6),
        ("/resources?free_at={start}", 6),
        ("/resources?free_at={start}&page=1", 6),
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
    with counted(lab.app.state.database) as seen:
        assert lab.get(address, by="admin").status_code == 200
    assert len(seen) <= budget, "\n".join(seen)


RULES = {
    "slot_minutes": 15,
    "min_minutes": 15,
    "max_minutes": 480,
    "earliest_minutes": 60 * 24 * 60,
    "latest_minutes": 10,
    "buffer_before_minutes": 5,
    "buffer_after_minutes": 10,
    "cancel_notice_minutes": 60,
    "is_check_in_required": True,
    "max_upcoming": 400,
}


def test_a_booking_with_all_rules_costs_at_most_twelve_statements(lab: Lab) -> None:
    path = f"/resources/{lab.ids.confocal}"
    assert lab.patch(f"{path}/policy", by="manager", json=RULES).status_code == 200
    lab.book(7)
    with counted(lab.app.state.database) as seen:
        lab.book(9)
    assert len(seen) <= 12, "\n".join(seen)
    # The statement of the terms looks for quotas by the teams of who is booked for, in itself.
    others = [said for said in seen if "FROM resources" not in said]
    identity = [said for said in others if " users" in said or " team_members" in said]
    assert len(identity) == 1  # what they may do is remembered


def test_a_calendar_read_again_costs_three_and_two_while_it_is_the_same(lab: Lab) -> None:
    with time_machine.travel("2026-11-16T08:00:10Z", tick=False):  # the ETag holds for a minute
        path = f"/resources/{lab.ids.confocal}/calendar?from={moment(0)}&to={moment(24)}"
        lab.book(7)
        known = {"If-None-Match": lab.get(path).headers["etag"]}
        with counted(lab.app.state.database) as seen:
            assert lab.get(path, headers=known).status_code == 304
        assert len(seen) == 2
        assert not any("FROM bookings" in said for said in seen)
        lab.book(9)
        with counted(lab.app.state.database) as seen:
            assert lab.get(path, headers=known).status_code == 200
        assert len(seen) <= 3, "\n".join(seen)


def test_batches_that_name_resources_in_different_orders_do_not_wait_for_each_other_for_ever(
    lab: Lab,
) -> None:
    both = [str(lab.ids.confocal), str(lab.ids.cytometer)]

    def call(number: int) -> httpx2.Response:
        order = both if number % 2 else both[::-1]
        items = [lab.wish(number * 2, hours=0.5, resource_id=resource_id) for resource_id in order]
        mode = "each" if number % 4 < 2 else "all"
        return lab.post("/bookings:batch", json={"mode": mode, "items": items})

    answers = _at_once(10, call)
    assert {answer.status_code for answer in answers} == {200, 207}
    assert all(None not in answer.json()["data"] for answer in answers)


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
