"""Incidents over HTTP: from report to closed, without a name, and what nobody else may learn."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest
import structlog
from fastapi.routing import iter_route_contexts

from tests.support import photographs
from tests.support.application import Lab, count
from tests.support.statements import counted
from tests.web.test_events_api import exported

SECRET = "Quicksilver"  # stands in everything that is said of the restricted incident
OUTSIDERS = ("manager", "other")
# What is no page of a reader: files of the house, what never ends, what asks for a second step.
_APART = re.compile(
    r"/static|/events/stream|/docs|/redoc|/openapi|/metrics|/healthz|/readyz|/logout"
)


@pytest.fixture
def types(lab: Lab) -> dict[str, str]:
    """A type for everybody, and one that is restricted; by their codes."""
    return _types(lab)


def _types(lab: Lab) -> dict[str, str]:
    kinds = (
        {"code": "failure", "name": "Failure", "may_be_anonymous": True},
        {"code": "injury", "name": "Injury", "default_visibility": "restricted"},
    )
    made: dict[str, str] = {}
    for kind in kinds:
        answer = lab.post("/incident-types", by="admin", json=kind)
        assert answer.status_code == 201, answer.text
        made[str(kind["code"])] = answer.json()["data"]["id"]
    return made


def _reported(lab: Lab, type_id: str, title: str = "It smokes", **more: Any) -> dict[str, Any]:
    by = more.pop("by", "member")
    body = {"type_id": type_id, "title": title, **more}
    answer = lab.post("/incidents", by=by, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def _down(lab: Lab) -> list[dict[str, str]]:
    return [{"resource_id": str(lab.ids.confocal), "effect": "down"}]


def test_an_incident_is_run_over_the_interface(lab: Lab, types: dict[str, str]) -> None:
    lab.book(9, by="other")
    made = _reported(lab, types["failure"], resources=_down(lab), tags=["#Smoke"])
    path = f"/incidents/{made['id']}"
    assert (made["reference"], made["state"], made["tags"]) == ("INC-1", "open", ["smoke"])
    resource = lab.get(f"/resources/{lab.ids.confocal}").json()["data"]
    assert (resource["state"], resource["state_reason"]) == ("down", "INC-1")
    refused = lab.post("/bookings", by="other", json=lab.wish(11))
    assert refused.status_code == 422
    assert "INC-1, It smokes" in refused.json()["detail"]
    hits = lab.get(f"/resources/{lab.ids.confocal}/displacement", by="manager")
    assert hits.status_code in {200, 404, 405}
    jumped = lab.post(f"{path}/transition", by="manager", json={"to": "closed"})
    assert (jumped.status_code, jumped.json()["allowed"]) == (409, ["in_progress"])
    assert lab.post(f"{path}/transition", by="other", json={"to": "in_progress"}).status_code == 403
    seen = lab.get(path, by="manager")
    assert lab.patch(path, by="manager", etag=None, json={"severity": "high"}).status_code == 428
    changed = lab.patch(
        path, by="manager", etag=seen.headers["ETag"], json={"severity": "high", "team_id": None}
    )
    assert changed.json()["data"]["severity_rank"] == 3
    stale = lab.patch(path, by="manager", etag=seen.headers["ETag"], json={"title": "x"})
    assert stale.status_code == 412
    for body, status in (
        ({"to": "in_progress"}, 200),
        ({"to": "resolved"}, 422),
        ({"to": "resolved", "notes": "New tube"}, 200),
        ({"to": "closed"}, 409),  # nobody leads it
    ):
        answer = lab.post(f"{path}/transition", by="manager", json=body)
        assert answer.status_code == status, answer.text
    assert answer.json()["allowed"] == ["in_progress"]
    assert [each["pointer"] for each in answer.json()["errors"]] == ["#/lead"]
    lead = {"role": "lead", "user_id": str(lab.ids.manager)}
    assert lab.post(f"{path}/roles", by="manager", json=lead).status_code == 201
    closed = lab.post(f"{path}/transition", by="manager", json={"to": "closed"}).json()["data"]
    assert closed["seconds_to_close"] is not None
    assert lab.get(f"/resources/{lab.ids.confocal}").json()["data"]["state"] == "available"
    shut = lab.patch(path, by="manager", json={"title": "Later"})
    assert (shut.status_code, shut.json()["allowed"]) == (409, ["in_progress"])
    with counted(lab.app.state.database) as said:
        listed = lab.get("/incidents", params={"limit": 200})
    assert [one["id"] for one in listed.json()["data"]] == [made["id"]]
    assert len(said) <= 6, said


def test_without_a_name_nothing_is_kept_that_leads_to_one(lab: Lab, types: dict[str, str]) -> None:
    body = {"what": "I slipped on oil.\nNobody saw it.", "type_id": types["failure"]}
    before = count(lab, "idempotency_keys")
    headers = {"Idempotency-Key": "my-own-key-1", "X-Request-Id": "request-of-mine-1"}
    with structlog.testing.capture_logs() as said:
        answer = lab.post("/near-misses", json={**body, "is_anonymous": True}, headers=headers)
    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]
    assert count(lab, "idempotency_keys") == before
    lines = [line for line in said if line.get("path") == "/api/v1/near-misses"]
    assert [line["client"] for line in lines] == [None]
    one = lab.get(f"/incidents/{made['incident_id']}", by="admin").json()["data"]
    assert (one["reported_by"], one["is_anonymous"], one["is_near_miss"]) == (None, True, True)
    assert one["title"] == "I slipped on oil."
    found = lab.get("/events", by="admin", params={"subject_id": made["incident_id"]}).json()
    for event in found["data"]:
        assert (event["actor"], event["ip"], event["request_id"]) == (None, None, None)
    mine = lab.get("/incidents", params={"is_mine": "true"}).json()["data"]
    assert mine == []
    again = lab.post("/near-misses", json={**body, "is_anonymous": True}, headers=headers)
    assert again.json()["data"]["incident_id"] != made["incident_id"]
    named = lab.post("/near-misses", json=body).json()["data"]
    shown = lab.get(f"/incidents/{named['incident_id']}").json()["data"]
    assert shown["reported_by"]["id"] == str(lab.ids.member)
    wrong = lab.post("/near-misses", json={**body, "type_id": types["injury"]})
    assert wrong.json()["errors"][0]["pointer"] == "#/type_id"


def test_types_and_priorities_are_set_by_those_who_configure(lab: Lab) -> None:
    wish = {"name": "Soon", "rank": 2, "response_minutes": 60}
    assert lab.post("/incident-priorities", json=wish).status_code == 403
    soon = lab.post("/incident-priorities", by="admin", json=wish)
    assert soon.status_code == 201, soon.text
    twice = lab.post("/incident-priorities", by="admin", json={**wish, "rank": 3})
    assert twice.json()["errors"][0]["pointer"] == "#/name"
    kind = {
        "code": "spill", "name": "Spill", "default_severity": "high",
        "default_priority_id": soon.json()["data"]["id"],
        "leads": {"kind": "person", "value": str(lab.ids.other)},
        "tasks": [{"title": "Air the room", "is_mandatory": True, "due_minutes": 30}],
    }  # fmt: skip
    made = lab.post("/incident-types", by="admin", json=kind)
    assert made.status_code == 201, made.text
    path = f"/incident-types/{made.json()['data']['id']}"
    for bad, pointer in (
        ({"leads": {"kind": "role", "value": "nobody-has-it"}}, "#/leads"),
        ({"name": None}, "#/name"),
        ({"default_priority_id": str(lab.ids.member)}, "#/default_priority_id"),
    ):
        answer = lab.patch(path, by="admin", json=bad)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    one = _reported(lab, made.json()["data"]["id"])
    assert (one["severity"], one["priority"]["name"]) == ("high", "Soon")
    assert one["lead"]["id"] == str(lab.ids.other)
    assert one["response_due_at"] is not None
    tasks = lab.get(f"/incidents/{one['id']}/tasks").json()["data"]
    assert [(task["title"], task["is_mandatory"]) for task in tasks] == [("Air the room", True)]
    cleared = lab.patch(path, by="admin", json={"default_priority_id": None, "is_active": False})
    assert cleared.json()["data"]["default_priority"] is None
    out = lab.post("/incidents", json={"type_id": one["type"]["id"], "title": "Again"})
    assert out.json()["errors"][0]["pointer"] == "#/type_id"


def _secret(lab: Lab, type_id: str) -> dict[str, Any]:
    """A restricted incident with everything that can hang on one."""
    made = _reported(
        lab, type_id, f"{SECRET} on a hand",
        description=f"{SECRET} ran out. [@Other Example](/people/{lab.ids.other})",
        resources=_down(lab), tags=[SECRET],
    )  # fmt: skip
    path = f"/incidents/{made['id']}"
    about = {"subject_type": "incident", "subject_id": made["id"]}
    for address, body, by in (
        (f"{path}/tasks", {"title": f"{SECRET} to the waste"}, "member"),
        (f"{path}/timeline", {"text": f"{SECRET} under the bench"}, "member"),
        (f"{path}/transition", {"to": "in_progress"}, "admin"),
        ("/comments", {**about, "text": f"{SECRET} again"}, "member"),
        (
            "/status-updates",
            {"done": "Swept", "links": [{"type": "incident", "id": made["id"]}]},
            "member",
        ),
    ):
        answer = lab.post(address, by=by, json=body)
        assert answer.is_success, answer.text
    photo = lab.post(
        "/files", params={**about, "name": f"{SECRET}.png", "kind": "picture"},
        content=photographs.png(), headers={"Content-Type": "application/octet-stream"},
    )  # fmt: skip
    assert photo.is_success, photo.text
    linked = _reported(lab, lab.get(path).json()["data"]["type"]["id"], "Again", by="admin",
                       visibility="open")  # fmt: skip
    answer = lab.patch(f"/incidents/{linked['id']}", by="admin", json={"recurrence_of": made["id"]})
    assert answer.is_success, answer.text
    return made


def _addresses(lab: Lab, made: dict[str, Any]) -> list[str]:
    """Every address that is read without an id, the resource's own, and those that search."""
    paths = {
        str(context.path)
        for context in iter_route_contexts(lab.app.routes)
        if "GET" in (getattr(context.original_route, "methods", None) or ())
    }
    found = {path for path in paths if "{" not in path and not _APART.search(path)}
    resource, api = f"/resources/{lab.ids.confocal}", "/api/v1"
    return [
        *sorted(found),
        resource, f"{resource}/displacement", f"{resource}/here",
        f"{api}{resource}", f"{api}{resource}/events", f"{api}{resource}/calendar?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z",
        f"{api}/search?q={SECRET}", f"/search?q={SECRET}", f"{api}/incidents?q={SECRET}",
        f"{api}/incidents?tag={SECRET}", f"{api}/incidents?resource_id={lab.ids.confocal}&page=1",
        f"{api}/events?subject_id={made['id']}", f"{api}/events?verb=incident.",
        "/events?verb=incident.", f"/incidents?resource_id={lab.ids.confocal}",
        f"{api}/comments?subject_type=incident&subject_id={made['id']}",
        f"{api}/files?subject_type=incident&subject_id={made['id']}",
        f"/incidents/new?resource_id={lab.ids.confocal}",
    ]  # fmt: skip


def test_a_restricted_incident_leaks_through_nothing(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    types = _types(lab)
    lab.book(9, by="other")
    made = _secret(lab, types["injury"])
    signs = (SECRET.lower(), made["id"], UUID(made["id"]).hex)
    walked = 0
    for by in OUTSIDERS:
        for address in _addresses(lab, made):
            answer = lab.client.get(address, headers=lab.headers(by) | {"Accept": "*/*"})
            walked += answer.status_code == 200
            # What was asked for stands in the answer to it.
            text = answer.text.lower().replace(f"q={SECRET}".lower(), "")
            if SECRET in address or made["id"] in address:
                text = re.sub(r'value="[^"]*"', "", text)
                assert answer.status_code in {200, 403, 404}, (by, address)
                if answer.status_code == 200 and address.startswith("/api/"):
                    data = answer.json()["data"]
                    assert json.dumps(data).lower().find(signs[0]) < 0, (by, address)
                continue
            leaks = [text[max(0, text.index(sign) - 400) :][:500] for sign in signs if sign in text]
            assert not leaks, (by, address)
        for path in ("", "/roles", "/timeline", "/tasks", "/updates", "/review"):
            assert lab.get(f"/incidents/{made['id']}{path}", by=by).status_code == 404, path
            page = f"/incidents/{made['id']}{path}"
            assert lab.client.get(page, headers=lab.headers(by)).status_code == 404, page
        for change in ({"title": "x"},):
            assert lab.patch(f"/incidents/{made['id']}", by=by, json=change).status_code == 404
        follow = {"subject_type": "incident", "subject_id": made["id"]}
        assert lab.call("PUT", "/follows", by=by, json=follow).status_code in {404, 405, 422}
    assert walked > 150, "pages and lists that could be read"
    # Those concerned find it everywhere.
    for by in ("member", "admin"):
        assert SECRET in lab.get("/incidents", by=by).text
        assert lab.get(f"/incidents/{made['id']}", by=by).status_code == 200
    address = exported(lab, "manager")
    assert not [sign for sign in signs if sign in lab.get(address, by="manager").text.lower()]
    assert made["id"] in lab.get(exported(lab, "admin"), by="admin").text
