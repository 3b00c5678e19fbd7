"""An incident's room over HTTP: who may, what is refused, and how its files leave."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.application import Lab, moment


@pytest.fixture
def incident(lab: Lab) -> str:
    """An open incident that wants a review; the member reported it, nobody leads it."""
    kind = {"code": "outage", "name": "Outage", "needs_review": True}
    made = lab.post("/incident-types", by="admin", json=kind)
    assert made.status_code == 201, made.text
    body = {"type_id": made.json()["data"]["id"], "title": "No compressed air"}
    answer = lab.post("/incidents", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


def test_whoever_leads_runs_it_without_the_permission(lab: Lab, incident: str) -> None:
    path = f"/incidents/{incident}"
    wish = {"role": "lead", "user_id": str(lab.ids.other), "note": "You are there"}
    assert lab.post(f"{path}/roles", json=wish).status_code == 403
    given = lab.post(f"{path}/roles", by="manager", json=wish)
    assert given.status_code == 201, given.text
    held = given.json()["data"]
    again = lab.post(f"{path}/roles", by="manager", json=wish)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/incident-role-taken")
    handed = {"role": "lead", "user_id": str(lab.ids.member), "instead_of": held["id"]}
    assert lab.post(f"{path}/roles", by="other", json=handed).status_code == 201
    stale = lab.post(f"{path}/roles", by="manager", json={**handed, "user_id": str(lab.ids.admin)})
    assert stale.status_code == 409
    roles = lab.get(f"{path}/roles", by="other").json()["data"]
    assert [(one["person"]["name"], one["until_at"] is None) for one in roles] == [
        ("Member Example", True), ("Other Example", False)
    ]  # fmt: skip
    over = lab.post(f"{path}/roles/{roles[0]['id']}/end", by="member", json={"note": "Ill"})
    assert over.json()["data"]["until_at"]
    gone = {"role": "lead", "user_id": str(lab.ids.confocal)}
    assert lab.post(f"{path}/roles", by="manager", json=gone).status_code == 422


def test_a_note_is_written_once_and_stays(lab: Lab, incident: str) -> None:
    path = f"/incidents/{incident}/timeline"
    headers = {"Idempotency-Key": "note-number-1"}
    body = {"text": "The pressure **fell**", "at": "2026-01-05T09:00:00+01:00"}
    first, again = (lab.post(path, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    made = first.json()["data"]
    assert (made["is_backdated"], made["at"]) == (True, "2026-01-05T08:00:00Z")
    assert lab.get(f"{path}/{made['id']}", by="other").json()["data"]["text"] == body["text"]
    assert lab.post(path, by="other", json=body).status_code == 403
    assert lab.post(path, json={"text": "", "at": None}).status_code == 422
    assert lab.post(path, json={"text": "Later", "at": moment(9)}).status_code == 422
    assert lab.call("PUT", f"{path}/{made['id']}/pin").json()["data"]["is_pinned"]
    pinned = lab.get(path, params={"is_pinned": "true"}).json()["data"]
    assert [one["id"] for one in pinned] == [made["id"]]
    assert not lab.call("DELETE", f"{path}/{made['id']}/pin").json()["data"]["is_pinned"]
    assert lab.get(path, params={"sort": "name"}).status_code == 422
    german = lab.get(path, params={"kind": "state"}).json()["data"]
    assert [one["words"] for one in german] == ["Reported"]
    assert lab.call("DELETE", f"{path}/{made['id']}").status_code == 405


def test_a_task_is_changed_against_its_version(lab: Lab, incident: str) -> None:
    path = f"/incidents/{incident}/tasks"
    wish = {"title": "Call", "owner_id": str(lab.ids.other), "due_at": moment(9)}
    made = lab.post(path, json=wish)
    assert made.status_code == 201, made.text
    one = f"{path}/{made.json()['data']['id']}"
    assert lab.patch(one, etag=None, json={"title": "Ring"}).status_code == 428
    changed = lab.patch(one, etag=made.headers["ETag"], json={"due_at": None})
    assert changed.json()["data"]["due_at"] is None
    assert lab.patch(one, etag=made.headers["ETag"], json={"title": "Ring"}).status_code == 412
    mine = lab.get("/incident-tasks", by="other").json()["data"]
    assert [(each["title"], each["incident"]["title"]) for each in mine] == [
        ("Call", "No compressed air")
    ]
    done = lab.post(f"{one}/transition", by="other", json={"to": "done", "outcome": "They come"})
    assert (done.json()["data"]["state"], done.json()["data"]["allowed"]) == ("done", ["open"])
    twice = lab.post(f"{one}/transition", by="other", json={"to": "dropped", "outcome": "No"})
    assert (twice.status_code, twice.json()["allowed"]) == (409, ["open"])
    assert lab.get("/incident-tasks", by="other").json()["data"] == []


def test_a_review_is_signed_as_it_was_read(lab: Lab, incident: str) -> None:
    path = f"/incidents/{incident}/review"
    assert lab.get(path).status_code == 404

    def call(method: str, part: str, by: str, etag: str, **options: Any) -> Any:
        return lab.call(method, path + part, by=by, headers={"If-Match": etag}, **options)

    parts = {"what_happened": "A hose burst", "impact": "A day", "root_cause": "Age"}
    assert lab.call("PUT", path, json=parts).status_code == 428
    draft = call("PUT", "", "member", "*", json=parts)
    assert draft.status_code == 200, draft.text
    etag = draft.headers["ETag"]
    better = call("PUT", "", "manager", etag, json={**parts, "lessons": "Look at hoses"})
    assert call("PUT", "", "member", etag, json=parts).status_code == 412
    assert call("POST", "/sign", "admin", etag).status_code == 412
    etag = better.headers["ETag"]
    own = call("POST", "/sign", "manager", etag)
    assert (own.status_code, own.json()["type"]) == (403, "/problems/own-incident-review")
    signed = call("POST", "/sign", "admin", etag)
    assert signed.json()["data"]["signed_by"]["name"] == "Ada Admin"
    assert call("PUT", "", "member", "*", json=parts).status_code == 409
    back = call("POST", "/reopen", "manager", "*", json={"reason": "The cause was another"})
    assert back.json()["data"]["signed_at"] is None


def test_an_update_and_a_subscription(lab: Lab, incident: str) -> None:
    path = f"/incidents/{incident}/updates"
    given = lab.post(path, json={"conditions": "No air", "needs": "A spare compressor"})
    assert given.status_code == 201, given.text
    assert lab.post(path, json={"actions": "We look"}).status_code == 422
    assert [one["needs"] for one in lab.get(path, by="other").json()["data"]] == [
        "A spare compressor"
    ]
    wish = {"name": "Severe", "filter": {"least_severity": "high", "tags": ["#Air"]}}
    made = lab.post("/incident-subscriptions", json=wish)
    assert made.status_code == 201, made.text
    assert made.json()["data"]["filter"]["tags"] == ["air"]
    one = f"/incident-subscriptions/{made.json()['data']['id']}"
    assert lab.get(one, by="other").status_code == 404
    rests = lab.patch(one, etag=made.headers["ETag"], json={"is_active": False})
    assert not rests.json()["data"]["is_active"]
    bad = lab.patch(one, json={"filter": {"team_ids": [str(lab.ids.confocal)]}})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "#/team_ids")
    assert lab.call("DELETE", one).status_code == 204
    assert lab.get("/incident-subscriptions").json()["data"] == []
