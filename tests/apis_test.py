"""Journeys against a deployment, by `pytest tests/apis_test.py` and the environment.

    BASE_URL                http://localhost:8000
    ALIQUOT_TEST_EMAIL      who signs in (member@example.org)
    ALIQUOT_TEST_PASSWORD   (aliquot-demo-password, the demo's)
    ALIQUOT_TEST_READ_ONLY  1: nothing is written but the log-in

What it books it cancels, what it posts it deletes; incidents, blockers and decisions stay, closed,
archived and withdrawn, named "Deployment test", and so does a near miss. It imports nothing of the
server, so that it tests what is deployed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

BASE_URL = os.environ.get("BASE_URL", "http://localhost:8000")
EMAIL = os.environ.get("ALIQUOT_TEST_EMAIL", "member@example.org")
PASSWORD = os.environ.get("ALIQUOT_TEST_PASSWORD", "aliquot-demo-password")
MARK = "Deployment test"

writes = pytest.mark.skipif(
    bool(os.environ.get("ALIQUOT_TEST_READ_ONLY")), reason="ALIQUOT_TEST_READ_ONLY is set"
)


@pytest.fixture(scope="module")
def anonymous() -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=BASE_URL, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def client(anonymous: httpx2.Client) -> Iterator[httpx2.Client]:
    """Signed in; whatever it booked is cancelled in the end."""
    form = {"username": EMAIL, "password": PASSWORD}
    answer = anonymous.post("/api/v1/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    with httpx2.Client(base_url=BASE_URL, timeout=20, headers=headers) as signed_in:
        yield signed_in
        mine = signed_in.get("/api/v1/bookings", params={"mine": True, "q": MARK, "limit": 200})
        for booking in mine.json()["data"]:
            if "cancel" in booking["allowed"]:
                signed_in.post(f"/api/v1/bookings/{booking['id']}/cancel", json={})


def _free_wish(client: httpx2.Client) -> dict[str, Any]:
    """A booking that would be confirmed or requested, asked for until one is found."""
    found = client.get("/api/v1/resources", params={"state": "available", "limit": 50})
    day = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for resource in found.json()["data"]:
        for ahead in range(24, 24 * 6):
            starts = day + timedelta(hours=ahead)
            wish = {
                "resource_id": resource["id"],
                "starts_at": starts.isoformat(),
                "ends_at": (starts + timedelta(hours=1)).isoformat(),
                "title": MARK,
            }
            said = client.post("/api/v1/bookings:check", json=wish).json()["data"]
            if said["outcome"] != "refused":
                return wish
            if not said["conflicts"] and ahead > 48:
                break
    pytest.fail("nothing can be booked in the next days")


def test_it_is_alive_and_ready(anonymous: httpx2.Client) -> None:
    assert anonymous.get("/healthz").json() == {"status": "ok"}
    ready = anonymous.get("/readyz")
    assert ready.status_code == 200, ready.text


def test_it_describes_itself(anonymous: httpx2.Client) -> None:
    document = anonymous.get("/openapi.json").json()
    assert document["info"]["title"] == "Aliquot"
    for page in ("/docs", "/redoc"):
        assert anonymous.get(page).status_code == 200


def test_nobody_is_let_in_without_a_credential(anonymous: httpx2.Client) -> None:
    answer = anonymous.get("/api/v1/bookings")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    page = anonymous.get("/bookings", headers={"Accept": "text/html"})
    assert page.headers["location"].startswith("/login")


def test_one_knows_oneself(client: httpx2.Client) -> None:
    me = client.get("/api/v1/me").json()["data"]
    assert me["email"] == EMAIL.casefold()
    assert me["permissions"]


def test_resources_are_listed_and_read(client: httpx2.Client) -> None:
    listed = client.get("/api/v1/resources", params={"limit": 5}).json()
    assert listed["data"], "this deployment has no resources"
    first = listed["data"][0]
    read = client.get(f"/api/v1/resources/{first['id']}")
    assert read.json()["data"]["name"] == first["name"]
    known = {"If-None-Match": read.headers["etag"]}
    again = client.get(f"/api/v1/resources/{first['id']}", headers=known)
    assert again.status_code in (200, 304)  # it may have been booked meanwhile


def test_a_calendar_is_read(client: httpx2.Client) -> None:
    resource = client.get("/api/v1/resources", params={"limit": 1}).json()["data"][0]
    now = datetime.now(UTC)
    wanted = {"from": now.isoformat(), "to": (now + timedelta(days=7)).isoformat()}
    answer = client.get(f"/api/v1/resources/{resource['id']}/calendar", params=wanted)
    assert answer.json()["data"]["resources"][0]["id"] == resource["id"]


def test_what_does_not_exist_is_a_problem(client: httpx2.Client) -> None:
    problem = client.get(f"/api/v1/bookings/{uuid4()}")
    assert problem.status_code == 404
    explained = client.get(problem.json()["type"])
    assert explained.json()["data"]["status"] == 404


@writes
def test_a_booking_is_made_once_refused_to_overlap_and_cancelled(client: httpx2.Client) -> None:
    wish = _free_wish(client)
    key = {"Idempotency-Key": str(uuid4())}
    made = client.post("/api/v1/bookings", json=wish, headers=key)
    assert made.status_code == 201, made.text
    booking = made.json()["data"]
    again = client.post("/api/v1/bookings", json=wish, headers=key)
    assert again.json()["data"]["id"] == booking["id"]

    unit = wish | {"unit": booking["unit"]}
    taken = client.post("/api/v1/bookings", json=unit)
    assert taken.status_code in (409, 422), taken.text
    assert taken.json()["suggestions"] is not None

    address = f"/api/v1/bookings/{booking['id']}"
    stale = client.patch(address, json={"title": "x"}, headers={"If-Match": '"999-0"'})
    assert stale.status_code == 412
    renamed = client.patch(
        address, json={"title": f"{MARK}, renamed"}, headers={"If-Match": made.headers["etag"]}
    )
    assert renamed.status_code == 200, renamed.text

    gone = client.post(f"{address}/cancel", json={"reason": "Test"})
    assert gone.json()["data"]["status"] == "cancelled"
    free = client.post("/api/v1/bookings:check", json=wish).json()["data"]
    assert free["outcome"] != "refused"


def _free_slots(client: httpx2.Client, *, days: int = 14) -> list[dict[str, Any]]:
    """Free hours that ask no question, so that they can be booked as they are."""
    now = datetime.now(UTC)
    wanted: dict[str, str | int] = {
        "length_minutes": 60,
        "from": (now + timedelta(days=2)).isoformat(),
        "to": (now + timedelta(days=days)).isoformat(),
        "nights": True,
        "weekends": True,
        "limit": 100,
    }
    found = client.get("/api/v1/slots", params=wanted)
    assert found.status_code == 200, found.text
    slots: list[dict[str, Any]] = found.json()["data"]
    return [slot for slot in slots if slot["outcome"] == "confirmed"]


def _wish_of(slot: dict[str, Any]) -> dict[str, Any]:
    return {
        "resource_id": slot["resource"]["id"],
        "starts_at": slot["starts_at"],
        "ends_at": slot["ends_at"],
        "title": MARK,
    }


@writes
def test_a_time_is_found_kept_and_booked(client: httpx2.Client) -> None:
    for slot in _free_slots(client):
        wish = _wish_of(slot)
        if client.post("/api/v1/bookings:check", json=wish).json()["data"]["outcome"] == "refused":
            continue  # it asks something at booking
        held = {name: wish[name] for name in ("resource_id", "starts_at", "ends_at")}
        kept = client.post("/api/v1/slot-holds", json=held)
        assert kept.status_code == 201, kept.text
        made = client.post("/api/v1/bookings", json={**wish, "slot_id": kept.json()["data"]["id"]})
        assert made.status_code == 201, made.text
        file = client.get(f"/api/v1/bookings/{made.json()['data']['id']}/calendar.ics")
        assert file.text.startswith("BEGIN:VCALENDAR\r\n")
        return
    pytest.fail("no free time was found in two weeks")


@writes
def test_a_series_is_asked_about_booked_and_cancelled(client: httpx2.Client) -> None:
    for slot in _free_slots(client):
        wish = {**_wish_of(slot), "rule": "FREQ=WEEKLY;COUNT=2"}
        asked = client.post("/api/v1/booking-series:check", json=wish)
        assert asked.status_code == 200, asked.text
        occurrences = asked.json()["data"]["occurrences"]
        assert len(occurrences) == 2
        if any(one["outcome"] != "confirmed" for one in occurrences):
            continue
        made = client.post("/api/v1/booking-series", json=wish)
        assert made.status_code == 201, made.text
        series = made.json()["data"]
        assert series["count"] == 2
        gone = client.post(f"/api/v1/booking-series/{series['id']}/cancel", json={"scope": "all"})
        assert gone.json()["data"]["ahead"] == 0
        return
    pytest.skip("nothing is free twice at the same hour")


@writes
def test_one_waits_for_time_and_stops_waiting(client: httpx2.Client) -> None:
    resource = client.get("/api/v1/resources", params={"limit": 1}).json()["data"][0]
    now = datetime.now(UTC)
    awaited = {
        "resource_id": resource["id"],
        "earliest_at": (now + timedelta(days=20)).isoformat(),
        "latest_at": (now + timedelta(days=20, hours=2)).isoformat(),
        "min_minutes": 110,
        "max_minutes": 120,
        "title": MARK,
    }
    entry = client.post("/api/v1/waiting-list", json=awaited)
    assert entry.status_code == 201, entry.text
    address = f"/api/v1/waiting-list/{entry.json()['data']['id']}"
    assert client.get(address).status_code == 200
    gone = client.post(f"{address}/cancel", json={})
    assert gone.json()["data"]["state"] == "cancelled"


def test_one_sees_where_one_stands(client: httpx2.Client) -> None:
    for path in ("quotas", "approvals", "booking-templates", "offers", "me/calendar-feeds"):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, (path, answer.text)


@writes
def test_an_address_of_ones_calendar_is_made_read_and_revoked(client: httpx2.Client) -> None:
    me = client.get("/api/v1/me").json()["data"]
    wanted = {"kind": "person", "subject_id": me["id"], "name": MARK}
    made = client.post("/api/v1/me/calendar-feeds", json=wanted)
    assert made.status_code == 201, made.text
    feed = made.json()["data"]
    path = feed["address"].partition("/calendar/")[2]
    calendar = client.get(f"/calendar/{path}", headers={"Authorization": ""})
    assert calendar.headers["content-type"].startswith("text/calendar")
    client.request("DELETE", f"/api/v1/me/calendar-feeds/{feed['id']}")
    assert client.get(f"/calendar/{path}").status_code == 404


def _changed(answer: httpx2.Response, status: int = 200) -> dict[str, Any]:
    """What came of it, and the condition under which it may be changed again."""
    assert answer.status_code == status, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return {**data, "if": {"If-Match": answer.headers["etag"]}}


def test_the_days_lists_are_read(client: httpx2.Client) -> None:
    for path in (
        "status-updates", "incidents", "incident-types", "incident-priorities", "incident-tasks",
        "incident-subscriptions", "blockers", "decisions", "summaries", "summary-settings",
        "handovers", "follows", "me/notification-preferences", "notifications/unread",
    ):  # fmt: skip
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, (path, answer.text)


def test_what_goes_on_stands_first_and_the_worst_of_it_on_top(client: httpx2.Client) -> None:
    ranks = {"open": 2, "in_progress": 2, "resolved": 1, "closed": 0}
    rows = client.get("/api/v1/incidents", params={"limit": 200}).json()["data"]
    order = [(ranks[row["state"]], row["severity_rank"]) for row in rows]
    assert order == sorted(order, reverse=True)


def test_the_mornings_summary_is_read(client: httpx2.Client) -> None:
    listed = client.get("/api/v1/summaries", params={"limit": 1}).json()["data"]
    if not listed:
        pytest.skip("no summary was made yet")
    first = listed[0]
    team = first["team"]["id"] if first["team"] else "all"
    read = client.get(f"/api/v1/summaries/{team}/{first['date']}")
    assert read.status_code == 200, read.text
    assert read.json()["data"]["date"] == first["date"]


@writes
def test_an_update_is_posted_found_commented_on_acknowledged_and_deleted(
    client: httpx2.Client,
) -> None:
    word = f"quokka{uuid4().hex[:10]}"
    body = {"done": f"{MARK}: {word}", "tags": ["deployment-test"]}
    key = {"Idempotency-Key": str(uuid4())}
    post = _changed(client.post("/api/v1/status-updates", json=body, headers=key), 201)
    again = client.post("/api/v1/status-updates", json=body, headers=key)
    assert again.json()["data"]["id"] == post["id"]
    address, subject = f"/api/v1/status-updates/{post['id']}", f"update/{post['id']}"
    try:
        groups = client.get("/api/v1/search", params={"q": word}).json()["data"]
        assert [hit["id"] for group in groups for hit in group["hits"]] == [post["id"]]
        said = _changed(client.post(f"{address}/comments", json={"text": "Seen."}), 201)
        comments = client.get(f"{address}/comments").json()["data"]
        assert [one["id"] for one in comments] == [said["id"]]
        gone = client.request("DELETE", f"/api/v1/comments/{said['id']}", headers=said["if"])
        assert gone.status_code == 204, gone.text
        assert client.put(f"/api/v1/acknowledgements/{subject}").status_code in (200, 204)
        assert client.get(address).json()["data"]["is_acknowledged"]

        followed = client.put(f"/api/v1/follows/{subject}", json={})
        assert followed.status_code in (200, 201), followed.text
        assert client.get(f"/api/v1/follows/{subject}").status_code == 200
        assert client.request("DELETE", f"/api/v1/follows/{subject}").status_code == 204
    finally:
        now = _changed(client.get(address))
        assert client.request("DELETE", address, headers=now["if"]).status_code == 204
    assert client.get(address).status_code == 404
    assert client.get("/api/v1/search", params={"q": word}).json()["data"] == []


@writes
def test_an_incident_is_reported_acknowledged_resolved_and_closed(client: httpx2.Client) -> None:
    types = client.get("/api/v1/incident-types", params={"is_active": True}).json()["data"]
    fit = [one for one in types if one["leads"]["kind"] == "reporter" and not one["needs_review"]]
    if not fit:
        pytest.skip("there is no type of incidents that whoever reports one leads")
    wish = {"type_id": fit[0]["id"], "title": MARK, "severity": "low", "visibility": "open"}
    found = _changed(client.post("/api/v1/incidents", json=wish), 201)
    address = f"/api/v1/incidents/{found['id']}"
    too_soon = client.post(f"{address}/transition", json={"to": "closed"}, headers=found["if"])
    assert too_soon.status_code == 409, too_soon.text
    found = _changed(client.post(f"{address}/acknowledge", headers=found["if"]))
    assert found["acknowledged_at"]
    steps: list[dict[str, str]] = [
        {"to": "in_progress"}, {"to": "resolved", "notes": "A test; nothing happened."},
        {"to": "closed"},
    ]  # fmt: skip
    for step in steps:
        if step["to"] != found["state"]:
            moved = client.post(f"{address}/transition", json=step, headers=found["if"])
            found = _changed(moved)
    assert found["state"] == "closed"
    assert client.get(f"{address}/timeline").json()["data"]


@writes
def test_a_near_miss_is_reported_without_a_name(client: httpx2.Client) -> None:
    answer = client.post("/api/v1/near-misses", json={"what": MARK, "is_anonymous": True})
    if answer.status_code == 422:
        pytest.skip("no type of near misses may be anonymous here")
    assert answer.status_code == 201, answer.text
    receipt = answer.json()["data"]
    assert receipt["is_anonymous"]


@writes
def test_a_blocker_is_raised_resolved_and_archived(client: httpx2.Client) -> None:
    wish = {"title": MARK, "waiting_on": "other", "waiting_on_name": "Nobody", "impact": "low"}
    found = _changed(client.post("/api/v1/blockers", json=wish), 201)
    address = f"/api/v1/blockers/{found['id']}"
    early = client.post(f"{address}/archive", headers=found["if"])
    assert early.status_code == 409, early.text
    step = {"to": "resolved", "note": "A test."}
    found = _changed(client.post(f"{address}/transition", json=step, headers=found["if"]))
    found = _changed(client.post(f"{address}/archive", headers=found["if"]))
    renamed = client.patch(address, json={"title": "x"}, headers=found["if"])
    assert renamed.status_code == 409, renamed.text


@writes
def test_a_decision_is_proposed_and_withdrawn(client: httpx2.Client) -> None:
    wish = {"title": MARK, "context": "A test.", "options": [{"title": "Yes"}, {"title": "No"}]}
    found = _changed(client.post("/api/v1/decisions", json=wish), 201)
    step = {"to": "withdrawn", "reason": "A test."}
    address = f"/api/v1/decisions/{found['id']}/transition"
    found = _changed(client.post(address, json=step, headers=found["if"]))
    assert found["state"] == "withdrawn"
    assert client.post(address, json={"to": "accepted"}, headers=found["if"]).status_code == 409
