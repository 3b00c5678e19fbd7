"""People, photos, sets, search and pick lists over HTTP."""

from __future__ import annotations

from typing import Any

from tests.support import darkroom, photographs
from tests.support.application import Lab

PNG = photographs.png()


def _photo(lab: Lab, content: bytes = PNG) -> Any:
    query = {
        "subject_type": "resource",
        "subject_id": str(lab.ids.confocal),
        "kind": "photo",
        "name": "confocal.png",
    }
    headers = {"Content-Type": "application/octet-stream"}
    return lab.post("/files", by="manager", params=query, content=content, headers=headers)


def test_people_are_set_against_the_version_of_their_resource(lab: Lab) -> None:
    path = f"/resources/{lab.ids.confocal}"
    body = {"people": [{"role": "safety", "user_id": str(lab.ids.other)}]}

    def put(by: str, etag: str | None) -> Any:
        headers = {"If-Match": etag} if etag else {}
        return lab.call("PUT", f"{path}/people", by=by, json=body, headers=headers)

    etag = lab.get(path).headers["ETag"]
    assert put("manager", None).status_code == 428
    assert put("member", etag).status_code == 403
    assert put("manager", etag).status_code == 200
    assert put("manager", etag).status_code == 412
    (person,) = lab.get(f"{path}/people").json()["data"]["people"]
    assert (person["role"], person["id"]) == ("safety", str(lab.ids.other))
    assert "@" in person["email"]
    body["people"][0]["user_id"] = str(lab.ids.confocal)
    refused = put("manager", "*")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/people/0/user_id"


def test_a_photo_is_uploaded_chosen_shown_and_removed(lab: Lab) -> None:
    path = f"/resources/{lab.ids.confocal}"
    assert _photo(lab, b"<html>hello</html>").status_code == 422
    with darkroom.closed():
        file_id = _photo(lab).json()["data"]["id"]
        any_version = {"If-Match": "*"}
        chosen = lab.call(
            "PUT", f"{path}/photo", by="manager", json={"file_id": file_id}, headers=any_version
        )
        assert chosen.status_code == 200, chosen.text
        assert lab.get(path).json()["data"]["photo_id"] == file_id
        early = lab.get(f"/files/{file_id}/content")
        assert (early.status_code, early.json()["type"]) == (409, "/problems/picture-not-ready")
        assert early.headers["Retry-After"] == "2"
        assert lab.get(f"/files/{file_id}").json()["data"]["picture"]["state"] == "waiting"
    darkroom.developed(lab)
    shown = lab.get(f"/files/{file_id}/content", params={"inline": True})
    assert photographs.tells(shown.content) == []
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["Cache-Control"].startswith("private")
    known = {"If-None-Match": shown.headers["ETag"]}
    assert lab.get(f"/files/{file_id}/content", headers=known).status_code == 304
    described = lab.get(f"/files/{file_id}").json()["data"]["picture"]
    assert described == {"state": "ready", "width": 1200, "height": 800, "fault": None}
    small = lab.get(f"/files/{file_id}/content", params={"inline": True, "width": 320})
    assert photographs.read(small.content).size == (320, 213)
    assert small.headers["Content-Type"] == "image/webp"
    assert "immutable" in small.headers["Cache-Control"]
    assert small.headers["ETag"] != shown.headers["ETag"]
    known = {"If-None-Match": small.headers["ETag"]}
    again = lab.get(f"/files/{file_id}/content", params={"width": 320}, headers=known)
    assert (again.status_code, again.headers["ETag"]) == (304, small.headers["ETag"])
    removed = lab.call("DELETE", f"{path}/photo", by="manager", headers=any_version)
    assert removed.json()["data"]["photo_id"] is None
    assert lab.get(f"/files/{file_id}").status_code == 404
    verbs = [event["verb"] for event in lab.get(f"{path}/events", by="manager").json()["data"]]
    assert verbs[:2] == ["resource.photo-removed", "resource.photo-set"]


def test_a_set_is_made_once_changed_by_version_and_nobody_elses(lab: Lab) -> None:
    body = {"name": "Mine", "resource_ids": [str(lab.ids.cytometer), str(lab.ids.confocal)]}
    key = {"Idempotency-Key": "a-set-of-mine"}
    made = lab.post("/resource-sets", json=body, headers=key)
    assert made.status_code == 201, made.text
    path = made.headers["Location"].removeprefix("/api/v1")
    again = lab.post("/resource-sets", json=body, headers=key)
    assert again.json()["data"]["id"] == made.json()["data"]["id"]
    assert lab.post("/resource-sets", json=body).json()["type"] == "/problems/name-taken"
    etag = lab.get(path).headers["ETag"]
    assert lab.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert lab.get(path, by="other").status_code == 404
    assert lab.get("/resource-sets", by="other").json()["data"] == []
    changed = lab.patch(path, etag=etag, json={"name": "Ours"})
    assert changed.json()["data"]["resource_ids"] == body["resource_ids"]
    assert lab.patch(path, etag=etag, json={"name": "Theirs"}).status_code == 412
    assert lab.call("DELETE", path, headers={"If-Match": "*"}).status_code == 204
    assert lab.get("/resource-sets").json()["data"] == []


def test_a_search_finds_things_and_people_are_picked_by_name(lab: Lab) -> None:
    lab.book(9, title="Confocal slides")
    groups = lab.get("/search", params={"q": "confocal"}).json()["data"]
    assert [group["kind"] for group in groups] == ["resource", "booking"]
    assert groups[0]["hits"][0]["path"] == f"/resources/{lab.ids.confocal}"
    assert lab.get("/search", by=None, params={"q": "confocal"}).status_code == 401
    assert lab.get("/search").status_code == 422
    picked = lab.get("/people", params={"q": "o", "limit": 1}, by="manager").json()
    assert set(picked["data"][0]) == {"id", "name"}


def test_a_list_of_resources_is_narrowed_to_what_is_free_now(lab: Lab) -> None:
    everything = {"free_now": True, "sort": "next_free_at", "page": 1}
    answer = lab.get("/resources", params=everything).json()
    assert answer["meta"]["pagination"]["total"] == len(answer["data"])
    assert all(one["is_free_now"] for one in answer["data"])
    down = {"state": "down", "reason": "Laser"}
    assert lab.post(f"/resources/{lab.ids.confocal}/state", by="manager", json=down).is_success
    names = [one["name"] for one in lab.get("/resources", params=everything).json()["data"]]
    assert "Confocal" not in names
