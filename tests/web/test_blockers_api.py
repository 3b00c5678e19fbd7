"""Blockers over HTTP: what is archived answers 409 to every change, null clears, lists are cheap."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.application import Lab
from tests.support.statements import counted

WISH = {"title": "No nitrogen", "waiting_on": "vendor", "waiting_on_name": "Linde"}
RESOLVED = {"to": "resolved", "note": "It came"}


def _raised(lab: Lab, **body: Any) -> dict[str, Any]:
    answer = lab.post("/blockers", json={**WISH, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    assert answer.headers["Location"].endswith(f"/blockers/{made['id']}")
    return made


def test_a_blocker_is_raised_unassigned_resolved_and_comes_back(lab: Lab) -> None:
    about = [{"type": "resource", "id": str(lab.ids.confocal)}]
    made = _raised(
        lab, owner_id=str(lab.ids.other), needed_by="2026-12-01", impact="critical",
        tags=["#Cold"], links=about,
    )  # fmt: skip
    path = f"/blockers/{made['id']}"
    assert (made["owner"]["name"], made["impact_rank"], made["tags"]) == (
        "Other Example", 4, ["cold"]
    )  # fmt: skip
    assert made["links"][0]["title"] == "Confocal"
    assert made["allowed"] == ["change", "comment", "resolve"]
    etag = lab.get(path, by="other").headers["ETag"]
    assert lab.patch(path, json={"title": "x"}, etag=None).status_code == 428
    done = lab.patch(path, json={"owner_id": None, "needed_by": None, "links": None}, etag=etag)
    data = done.json()["data"]
    assert (data["owner"], data["needed_by"], data["links"]) == (None, None, [])
    assert data["title"] == WISH["title"]
    assert lab.patch(path, json={"title": "x"}, etag=etag).status_code == 412
    assert lab.patch(path, json={"title": None}).status_code == 422
    assert lab.patch(path, json={"state": "resolved"}).status_code == 422
    wordless = lab.post(f"{path}/transition", json={"to": "resolved", "note": " "})
    assert (wordless.status_code, wordless.json()["errors"][0]["pointer"]) == (422, "#/note")
    assert lab.post(f"{path}/transition", json=RESOLVED).json()["data"]["state"] == "resolved"
    again = lab.post(f"{path}/transition", json=RESOLVED)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/blocker-state")
    assert again.json()["allowed"] == ["active"]
    back = lab.post(f"{path}/transition", json={"to": "active", "note": "Empty again"})
    assert (back.json()["data"]["state"], back.json()["data"]["resolution"]) == ("active", "")
    early = lab.post(f"{path}/archive")
    assert (early.status_code, early.json()["allowed"]) == (409, ["resolved"])


@pytest.mark.parametrize(
    ("method", "below", "body"),
    [
        ("PATCH", "", {"title": "Other"}),
        ("PATCH", "", {"owner_id": None}),
        ("PATCH", "", {"tags": ["cold"]}),
        ("PATCH", "", {"links": None}),
        ("POST", "/transition", {"to": "active", "note": "Back"}),
        ("POST", "/transition", RESOLVED),
        ("POST", "/archive", None),
    ],
)
def test_what_is_archived_is_read_only(
    sqlite_lab: Lab, method: str, below: str, body: dict[str, Any] | None
) -> None:
    lab = sqlite_lab
    path = f"/blockers/{_raised(lab)['id']}"
    said = lab.post("/comments", json=_about(path) | {"text": "Soon"}).json()["data"]
    assert lab.post(f"{path}/transition", json=RESOLVED).is_success
    assert lab.post(f"{path}/archive").is_success
    before = lab.get(path, by="manager").json()["data"]
    headers = {"If-Match": "*"}
    refused = lab.call(method, path + below, by="manager", json=body, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/blocker-archived")
    comment = lab.post("/comments", by="manager", json=_about(path) | {"text": "No"})
    assert (comment.status_code, comment.json()["type"]) == (409, "/problems/blocker-archived")
    for answer in (
        lab.patch(f"/comments/{said['id']}", json={"text": "Never"}),
        lab.call("DELETE", f"/comments/{said['id']}", headers=headers),
    ):
        assert answer.json()["type"] == "/problems/blocker-archived"
    assert lab.get(path, by="manager").json()["data"] == before
    assert before["allowed"] == ["unarchive"]
    assert lab.post(f"{path}/unarchive").status_code == 403
    assert lab.post(f"{path}/unarchive", by="manager").json()["data"]["archived_at"] is None


def test_the_same_key_raises_one(sqlite_lab: Lab) -> None:
    headers = {"Idempotency-Key": "raised-once-0001"}
    first, second = (sqlite_lab.post("/blockers", json=WISH, headers=headers) for _ in range(2))
    assert first.json()["data"]["id"] == second.json()["data"]["id"]


def test_lists_are_by_rank_narrowed_and_cheap_whatever_their_length(lab: Lab) -> None:
    for number, impact in enumerate(("low", "critical", "high", "critical", "undetermined")):
        _raised(lab, title=f"Number {number}", impact=impact, tags=[impact])
    over = _raised(lab, title="Over", impact="critical")
    assert lab.post(f"/blockers/{over['id']}/transition", json=RESOLVED).is_success

    def found(**query: Any) -> list[str]:
        answer = lab.get("/blockers", params=query)
        assert answer.status_code == 200, answer.text
        return [one["title"] for one in answer.json()["data"]]

    order = ["Number 1", "Number 3", "Number 2", "Number 0", "Number 4", "Over"]
    assert found() == order
    assert found(state="active", impact=["low", "high"]) == ["Number 2", "Number 0"]
    assert found(q="number 3") == ["Number 3"]
    assert found(tag="low") == ["Number 0"]
    assert found(owned=True) == []
    assert found(archived=True) == []
    with counted(lab.app.state.database) as said:
        first = lab.get("/blockers", params={"limit": 4})
    assert len(said) <= 6
    cursor = first.json()["meta"]["pagination"]["next"]
    both = first.json()["data"] + lab.get("/blockers", params={"cursor": cursor}).json()["data"]
    assert [one["title"] for one in both] == order


def _about(path: str) -> dict[str, Any]:
    return {"subject_type": "blocker", "subject_id": path.rsplit("/", 1)[1]}
