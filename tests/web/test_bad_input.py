"""Bad input: the right problem, with where the fault is, and nothing stored."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest

from tests.support import servers
from tests.support.application import Lab, count, moment

NOBODYS = "01980000-0000-7000-8000-00000000dead"
ZONELESS = "2031-03-01T09:00:00"

# What is changed in a good booking, the pointer of the fault and its code.
FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("a number for a time", {"starts_at": 1_900_000_000}, "#/starts_at", "datetime-type"),
    ("digits for a time", {"starts_at": "1900000000"}, "#/starts_at", "datetime-type"),
    ("no date", {"starts_at": "tomorrow"}, "#/starts_at", "datetime"),
    ("zone-less start", {"starts_at": ZONELESS}, "#/starts_at", "timezone-aware"),
    ("zone-less end", {"ends_at": ZONELESS}, "#/ends_at", "timezone-aware"),
    ("no id", {"resource_id": "confocal"}, "#/resource_id", "uuid-parsing"),
    ("null id", {"resource_id": None}, "#/resource_id", "uuid-type"),
    ("title of a number", {"title": 5}, "#/title", "string-type"),
    ("title too long", {"title": "x" * 201}, "#/title", "string-too-long"),
    ("title of two lines", {"title": "a\nb"}, "#/title", "string-pattern-mismatch"),
    ("notes with NUL", {"notes": "a\x00b"}, "#/notes", "string-pattern-mismatch"),
    ("unit of a word", {"unit": "1"}, "#/unit", "int-type"),
    ("unit of a truth", {"unit": True}, "#/unit", "int-type"),
    ("a list for a booking's title", {"title": []}, "#/title", "string-type"),
    ("unit zero", {"unit": 0}, "#/unit", "greater-than-equal"),
    ("unit too large", {"unit": 10**30}, "#/unit", "less-than-equal"),
    ("unknown field", {"colour": "red"}, "#/colour", "extra-forbidden"),
    ("unknown field with a slash", {"a/b": 1}, "#/a~1b", "extra-forbidden"),
    ("end before start", {"ends_at": moment(8)}, "#/ends_at", "ends-before-start"),
    ("in the past", {"starts_at": moment(9, days=-3), "ends_at": moment(10, days=-3)},
     "#/starts_at", "in-the-past"),
    ("unknown unit", {"unit": 7}, "#/unit", "unit-unknown"),
    ("year beyond calendars", {"ends_at": "9999-12-31T23:59:59Z"}, "#/ends_at", "less-than-equal"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "pointer", "code"), [fault[1:] for fault in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    shared_lab: Lab, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = shared_lab.post("/bookings", json=shared_lab.wish(9) | change)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    named = {(fault.get("pointer"), fault["code"]) for fault in answer.json()["errors"]}
    assert any(where == pointer and said.startswith(code) for where, said in named), named
    assert count(shared_lab, "bookings") == 0


def _naming(lab: Lab, field: str) -> list[tuple[str, dict[str, Any]]]:
    """Everything that may name a team and a project, with one that is not there."""
    wish = lab.wish(9) | {field: NOBODYS}
    times = {name: wish[name] for name in ("starts_at", "ends_at")}
    awaited = {
        "earliest_at": times["starts_at"], "latest_at": times["ends_at"],
        "min_minutes": 60, "max_minutes": 60,
    }  # fmt: skip
    resource, account = {"resource_id": wish["resource_id"]}, {field: NOBODYS}
    return [
        ("/bookings", wish),
        ("/bookings:group", {**times, **account, "items": [resource]}),
        ("/booking-series", {**wish, "rule": "FREQ=DAILY;COUNT=2"}),
        ("/booking-templates", {**resource, **account, "name": "Often", "minutes": 60}),
        ("/waiting-list", {**resource, **awaited, **account}),
    ]


@pytest.mark.parametrize("by", ["member", "admin"])
@pytest.mark.parametrize("field", ["team_id", "project_id"])
def test_an_account_that_is_not_there_is_named_wherever_something_is_booked(
    shared_lab: Lab, field: str, by: str
) -> None:
    for path, body in _naming(shared_lab, field):
        answer = shared_lab.post(path, by=by, json=body)
        assert answer.status_code == 422, (path, answer.text)
        codes = {fault["code"] for fault in answer.json()["errors"]}
        assert codes == {f"unknown-{field.removesuffix('_id')}"}, (path, answer.text)
    assert count(shared_lab, "bookings") == 0


def test_a_booking_cannot_be_changed_to_an_account_that_is_not_there(sqlite_lab: Lab) -> None:
    path = f"/bookings/{sqlite_lab.book(9)['id']}"
    for field in ("team_id", "project_id"):
        answer = sqlite_lab.patch(path, by="admin", json={field: NOBODYS})
        assert answer.status_code == 422, answer.text
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"#/{field}"]


@pytest.mark.parametrize(
    ("item", "pointers"),
    [
        ({}, {"resource_id", "starts_at", "ends_at"}),
        ({"action": "update"}, {"id"}),
        ({"action": "cancel", "id": 5, "colour": "red"}, {"id", "colour"}),
        ({"action": "fly", "resource_id": 5}, {"action"}),
        ({"action": None}, {"action"}),
        ({"action": ["create"]}, {"action"}),
    ],
)
def test_faults_of_a_batch_name_the_fields_of_what_was_asked_for(
    shared_lab: Lab, item: dict[str, Any], pointers: set[str]
) -> None:
    items = [shared_lab.wish(9), item]
    answer = shared_lab.post("/bookings:batch", json={"items": items})
    assert answer.status_code == 422, answer.text
    faults = answer.json()["errors"]
    assert {fault["pointer"] for fault in faults} == {f"#/items/1/{name}" for name in pointers}
    assert "fly" not in answer.text


def test_an_item_of_a_batch_that_is_none_is_named_itself(shared_lab: Lab) -> None:
    answer = shared_lab.post("/bookings:batch", json={"items": [5]})
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["#/items/0"]


def test_limits_of_time_are_told_as_they_are_written(shared_lab: Lab) -> None:
    wish = shared_lab.wish(starts_at="1999-01-01T00:00:00Z", ends_at="2200-01-01T00:00:00Z")
    faults = shared_lab.post("/bookings", json=wish).json()["errors"]
    assert {fault["detail"].rpartition(" ")[2] for fault in faults} == {
        "2000-01-01T00:00:00Z.",
        "2199-12-31T00:00:00Z.",
    }


def test_a_second_choice_for_the_same_booking_is_named(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    booking = lab.book(9)
    choices = [{"booking_id": booking["id"], "action": action} for action in ("keep", "cancel")]
    closure = {"starts_at": moment(8), "ends_at": moment(12), "reason": "Cleaning"}
    down = {"state": "down", "reason": "Broken"}
    for path, body in (("/closures", closure), (f"/resources/{lab.ids.confocal}/state", down)):
        answer = lab.post(path, by="manager", json={**body, "choices": choices})
        assert answer.status_code == 422, answer.text
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("#/choices/1/booking_id", "duplicate")
    assert lab.get(f"/bookings/{booking['id']}").json()["data"]["status"] == "confirmed"


def test_every_missing_field_is_named_at_once(shared_lab: Lab) -> None:
    faults = shared_lab.post("/bookings", json={}).json()["errors"]
    assert {fault["pointer"] for fault in faults} == {"#/resource_id", "#/starts_at", "#/ends_at"}


def test_the_input_is_never_echoed(shared_lab: Lab) -> None:
    answer = shared_lab.post("/bookings", json=shared_lab.wish(title=["s3cret-value"]))
    assert answer.status_code == 422
    assert "s3cret-value" not in answer.text


@pytest.mark.parametrize(
    ("content", "content_type", "status", "kind"),
    [
        (b"{", "application/json", 422, "invalid-request"),
        (b"\xff\xfe{", "application/json", 422, "invalid-request"),
        (b"[]", "application/json", 422, "invalid-request"),
        (b"", "application/json", 422, "invalid-request"),
        (b"resource_id=1", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b"<booking/>", "text/xml", 415, "unsupported-media-type"),
        (b'{"title": "' + b"x" * 2_000_000 + b'"}', "application/json", 413, "too-large"),
    ],
)
def test_a_wrong_body_is_refused(
    shared_lab: Lab, content: bytes, content_type: str, status: int, kind: str
) -> None:
    headers = {"Content-Type": content_type}
    answer = shared_lab.post("/bookings", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"/problems/{kind}"
    assert count(shared_lab, "bookings") == 0


def test_a_body_without_length_is_counted_while_it_comes(shared_lab: Lab) -> None:
    pieces = (b"x" * 100_000 for _ in range(20))
    headers = {"Content-Type": "application/json"}
    answer = shared_lab.post("/bookings", content=pieces, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/too-large"


@pytest.mark.parametrize(
    "path",
    [
        f"/bookings/{NOBODYS}",
        f"/resources/{NOBODYS}",
        f"/resources/{NOBODYS}/policy",
        f"/users/{NOBODYS}",
        f"/teams/{NOBODYS}",
        f"/closures/{NOBODYS}",
        f"/resource-types/{NOBODYS}",
        f"/locations/{NOBODYS}",
        "/nothing-of-the-kind",
    ],
)
def test_an_unknown_id_is_404(shared_lab: Lab, path: str) -> None:
    answer = shared_lab.get(path, by="admin")
    assert answer.status_code == 404
    assert answer.json()["status"] == 404


def test_an_id_that_is_none_names_the_parameter(shared_lab: Lab) -> None:
    answer = shared_lab.get("/bookings/seventeen")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "booking_id"


def test_a_change_without_if_match_is_428_and_with_a_stale_one_412(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    booking = lab.book(9)
    path = f"/bookings/{booking['id']}"
    assert lab.patch(path, etag=None, json={"title": "New"}).status_code == 428
    for stale in ('"99-0123456789ab"', '"nonsense"', 'W/"1-0123456789ab"'):
        answer = lab.patch(path, etag=stale, json={"title": "New"})
        assert answer.status_code == 412, stale
        assert answer.json()["type"] == "/problems/precondition-failed"
    assert lab.get(path).json()["data"]["title"] == "Slides"
    assert lab.patch(path, json={"title": "New"}).json()["data"]["title"] == "New"


def test_null_clears_and_absent_leaves(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    path = f"/resources/{lab.ids.confocal}"
    contact = {"contact_id": str(lab.ids.manager)}
    assert lab.patch(path, by="manager", json=contact).json()["data"]["contact"] is not None
    left = lab.patch(path, by="manager", json={"description": "Bright"}).json()["data"]
    assert left["contact"] is not None
    cleared = lab.patch(path, by="manager", json={"contact_id": None}).json()["data"]
    assert (cleared["contact"], cleared["description"]) == (None, "Bright")
    never = lab.patch(path, by="manager", json={"name": None})
    assert never.status_code == 422


def test_an_unknown_version_of_the_interface_is_406_and_a_known_one_is_answered(
    shared_lab: Lab,
) -> None:
    wanted = {"Accept": "application/vnd.aliquot.v2+json"}
    unknown = shared_lab.get("/me", headers=wanted)
    assert unknown.status_code == 406
    assert unknown.json()["type"] == "/problems/unknown-version"
    known = shared_lab.get("/me", headers={"Accept": "application/vnd.aliquot.v1+json"})
    assert known.headers["content-type"] == "application/vnd.aliquot.v1+json"
    assert known.json()["meta"]["version"] == "1.0"


def test_a_wrong_method_names_the_right_ones(shared_lab: Lab) -> None:
    answer = shared_lab.call("DELETE", "/bookings")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("said", ["9" * 5000, "9" * 30, "-1", "many"])
def test_a_body_that_says_it_is_longer_than_anything_is_refused(shared_lab: Lab, said: str) -> None:
    assert shared_lab.post("/bookings", headers={"Content-Length": said}).status_code == 413


def test_a_problem_leads_to_its_explanation(shared_lab: Lab) -> None:
    problem = shared_lab.get(f"/bookings/{NOBODYS}").json()
    page = shared_lab.client.get(problem["type"])
    assert page.json()["data"]["code"] == "booking-not-found"
    assert shared_lab.client.get("/problems/never-heard-of").status_code == 404


def test_a_client_that_leaves_while_it_sends_is_no_fault_of_the_server(sqlite_lab: Lab) -> None:
    sent: list[MutableMapping[str, Any]] = []
    messages = iter([{"type": "http.request", "body": b"email=a", "more_body": True}])

    async def receive() -> dict[str, object]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"testserver"), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/login",
        "query_string": b"",
        "headers": headers,
        "client": ("testclient", 1),
        "server": ("testserver", 80),
    }
    servers.in_thread(lambda: sqlite_lab.app(scope, receive, send))
    assert sent[0]["status"] == 400
