"""`Idempotency-Key`: repeating a request repeats no effect."""

from __future__ import annotations

import threading
from typing import Any

import httpx2
import pytest

from src.core import idempotency
from tests.support.application import Lab, count
from tests.support.databases import on_postgresql
from tests.support.servers import wait_until

KEY = {"Idempotency-Key": "a-key-of-the-caller"}


def test_the_same_request_again_gives_the_first_answer_again(lab: Lab) -> None:
    first = lab.post("/bookings", json=lab.wish(9), headers=KEY)
    again = lab.post("/bookings", json=lab.wish(9), headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(lab, "bookings") == 1


def test_the_same_key_with_another_body_is_refused(lab: Lab) -> None:
    lab.post("/bookings", json=lab.wish(9), headers=KEY)
    other = lab.post("/bookings", json=lab.wish(11), headers=KEY)
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert count(lab, "bookings") == 1


def test_a_key_counts_for_one_person_and_one_address(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    assert lab.post("/bookings", json=lab.wish(9), headers=KEY).status_code == 201
    assert lab.post("/bookings", json=lab.wish(9), by="other", headers=KEY).status_code == 409
    made = lab.post("/teams", by="admin", json={"name": "A"}, headers=KEY)
    assert made.status_code == 201


def test_a_refusal_is_not_kept(lab: Lab) -> None:
    taken = lab.book(9, by="other")
    assert lab.post("/bookings", json=lab.wish(9), headers=KEY).status_code == 409
    assert count(lab, "idempotency_keys") == 0
    lab.post(f"/bookings/{taken['id']}/cancel", by="other", json={})
    assert lab.post("/bookings", json=lab.wish(9), headers=KEY).status_code == 201


def test_an_answer_is_kept_for_a_day(sqlite_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "KEPT", -1)
    lab = sqlite_lab
    assert lab.post("/bookings", json=lab.wish(9), headers=KEY).status_code == 201
    assert lab.post("/bookings", json=lab.wish(9), headers=KEY).status_code == 409


def test_of_twins_at_once_one_acts_and_both_hear_the_same(lab: Lab) -> None:
    answers: list[httpx2.Response] = []

    def send() -> None:
        answers.append(lab.post("/bookings", json=lab.wish(9), headers=KEY))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert count(lab, "bookings") == 1


@on_postgresql
def test_a_twin_that_waits_too_long_is_told_so(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE", 0.2)
    entered, leave = threading.Event(), threading.Event()
    keep = idempotency.keep

    async def slow_keep(*args: Any, **kwargs: Any) -> None:
        import asyncio

        entered.set()
        await asyncio.to_thread(leave.wait, 20)
        await keep(*args, **kwargs)

    monkeypatch.setattr(idempotency, "keep", slow_keep)
    answers: list[httpx2.Response] = []
    first = threading.Thread(
        target=lambda: answers.append(lab.post("/bookings", json=lab.wish(9), headers=KEY))
    )
    first.start()
    wait_until(entered.is_set, what="the first request")
    twin = lab.post("/bookings", json=lab.wish(9), headers=KEY)
    leave.set()
    first.join()
    assert twin.status_code == 409, twin.text
    assert twin.json()["type"] == "/problems/request-in-progress"
    assert answers[0].status_code == 201
