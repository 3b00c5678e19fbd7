"""Status updates, comments and acknowledgements over HTTP."""

from __future__ import annotations

from typing import Any

from tests.support.application import Lab
from tests.support.statements import counted


def _posted(lab: Lab, *, by: str = "member", **body: Any) -> dict[str, Any]:
    answer = lab.post("/status-updates", by=by, json={"done": "Aligned", **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    assert answer.headers["Location"].endswith(f"/status-updates/{made['id']}")
    return made


def test_an_update_is_posted_read_changed_and_deleted(lab: Lab) -> None:
    about = [{"type": "resource", "id": str(lab.ids.confocal)}]
    made = _posted(lab, tags=["#Laser"], links=about)
    path = f"/status-updates/{made['id']}"
    assert (made["tags"], made["author"]["name"]) == (["laser"], "Member Example")
    assert made["links"][0]["title"] == "Confocal"
    read = lab.get(path, by="other")
    etag = read.headers["ETag"]
    assert lab.get(path, by="other", headers={"If-None-Match": etag}).status_code == 304
    assert lab.patch(path, json={"done": "x"}, etag=None).status_code == 428
    assert lab.patch(path, json={"done": "x"}, by="manager").status_code == 403
    assert lab.patch(path, json={"author_id": str(lab.ids.other)}).status_code == 422
    changed = lab.patch(path, json={"next": "Clean", "tags": None, "links": None}, etag=etag)
    assert changed.status_code == 200, changed.text
    data = changed.json()["data"]
    assert (data["done"], data["next"], data["tags"], data["links"]) == ("Aligned", "Clean", [], [])
    assert lab.patch(path, json={"done": "x"}, etag=etag).status_code == 412
    (before,) = lab.get(f"{path}/revisions", by="other").json()["data"]
    assert (before["number"], before["content"]["tags"]) == (1, ["laser"])
    empty = lab.patch(path, json={"done": None, "next": None})
    assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (422, "#/done")
    assert lab.call("DELETE", path, by="other").status_code == 403
    assert lab.call("DELETE", path, by="member").status_code == 204
    gone = lab.get(path)
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/update-not-found")
    events = lab.get("/events", by="admin", params={"subject_id": made["id"]}).json()["data"]
    assert [one["verb"] for one in events] == ["update.deleted", "update.changed", "update.posted"]
    assert "Aligned" not in str(events)


def test_the_same_key_posts_once_and_a_wrong_link_is_pointed_at(lab: Lab) -> None:
    headers = {"Idempotency-Key": "posted-once-0001"}
    first, second = (
        lab.post("/status-updates", json={"done": "x"}, headers=headers) for _ in range(2)
    )
    assert first.json()["data"]["id"] == second.json()["data"]["id"]
    nothing = [{"type": "resource", "id": str(lab.ids.member)}]
    refused = lab.post("/status-updates", json={"done": "x", "links": nothing})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/links/0")


def test_lists_are_narrowed_paged_and_cheap_whatever_their_length(lab: Lab) -> None:
    for number in range(5):
        _posted(lab, done=f"Number {number}", tags=["even" if number % 2 == 0 else "odd"])
    _posted(lab, by="other", done="Ordered ethanol")

    def found(**query: Any) -> list[str]:
        answer = lab.get("/status-updates", params=query)
        assert answer.status_code == 200, answer.text
        return [one["done"] for one in answer.json()["data"]]

    assert found(tag="odd") == ["Number 3", "Number 1"]
    assert found(author_id=str(lab.ids.other)) == ["Ordered ethanol"]
    assert found(q="ethan") == ["Ordered ethanol"]
    assert found(q="?!") == []
    with counted(lab.app.state.database) as said:
        answer = lab.get("/status-updates", params={"limit": 4})
    assert len(said) <= 6
    more = lab.get(
        "/status-updates",
        params={"limit": 4, "cursor": answer.json()["meta"]["pagination"]["next"]},
    )
    both = answer.json()["data"] + more.json()["data"]
    assert [one["done"] for one in both] == ["Ordered ethanol", *(f"Number {n}" for n in range(4, -1, -1))]  # fmt: skip


def test_comments_stand_below_what_they_are_about(lab: Lab) -> None:
    update = _posted(lab)
    path = f"/status-updates/{update['id']}/comments"
    about = {"subject_type": "update", "subject_id": update["id"]}
    one = lab.post(path, by="other", json={"text": "Well done"}).json()["data"]
    two = lab.post("/comments", json={**about, "text": "Thanks"}).json()["data"]
    for answer in (lab.get(path), lab.get("/comments", params=about)):
        assert [each["id"] for each in answer.json()["data"]] == [one["id"], two["id"]]
    address = f"/comments/{one['id']}"
    assert lab.patch(address, json={"text": "x"}).status_code == 403
    assert lab.patch(address, by="other", json={"text": "Very well"}).json()["data"]["edited_at"]
    kept = lab.get(f"{address}/revisions").json()["data"]
    assert [each["content"] for each in kept] == [{"text": "Well done"}]
    assert lab.call("DELETE", address, by="other").status_code == 204
    left = lab.get(address).json()["data"]
    assert (left["text"], left["deleted_at"] is not None) == ("", True)
    again = lab.patch(address, by="other", json={"text": "x"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/comment-deleted")
    assert lab.get("/status-updates").json()["data"][0]["comments"] == 1
    on_nothing = {"subject_type": "resource", "subject_id": str(lab.ids.confocal), "text": "x"}
    assert lab.post("/comments", json=on_nothing).status_code == 404


def test_who_has_read_it_says_so_once(lab: Lab) -> None:
    update = _posted(lab)
    path = f"/acknowledgements/update/{update['id']}"
    for _ in range(2):
        assert lab.call("PUT", path, by="other").status_code == 204
    (one,) = lab.get(path).json()["data"]
    assert one["person"]["id"] == str(lab.ids.other)
    seen = lab.get(f"/status-updates/{update['id']}", by="other").json()["data"]
    assert (seen["acknowledgements"], seen["is_acknowledged"]) == (1, True)
    assert lab.call("DELETE", path, by="other").status_code == 204
    assert lab.get(path).json()["data"] == []


def test_who_of_a_team_said_nothing_is_told_to_its_members(lab: Lab) -> None:
    team = lab.post("/teams", by="admin", json={"name": "Optics"}).json()["data"]["id"]
    for person in ("member", "other"):
        user_id = getattr(lab.ids, person)
        lab.call("PUT", f"/teams/{team}/members/{user_id}", by="admin", json={})
    _posted(lab, team_id=team)
    (found,) = lab.get("/status-updates:silent").json()["data"]
    assert [one["name"] for one in found["silent"]] == ["Other Example"]
    assert lab.get("/status-updates:silent", by="admin").json()["data"] == []
    asked = lab.get("/status-updates:silent", by="admin", params={"team_id": team, "days": 7})
    assert asked.json()["data"][0]["members"] == 2
