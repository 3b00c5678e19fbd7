"""Calendars over HTTP: what they show, and what a second look costs."""

from __future__ import annotations

from typing import Any

import time_machine

from tests.support.application import Lab, moment

NOW = "2026-11-16T08:00:10Z"


def _range(start: float = 0, end: float = 24) -> dict[str, Any]:
    return {"from": moment(start), "to": moment(end)}


def test_a_calendar_shows_bookings_closures_and_open_hours(lab: Lab) -> None:
    mine = lab.book(9)
    closed = {
        "starts_at": moment(20),
        "ends_at": moment(22),
        "reason": "Cleaning",
        "resource_ids": [str(lab.ids.confocal)],
    }
    assert lab.post("/closures", by="manager", json=closed).status_code == 201
    answer = lab.get(f"/resources/{lab.ids.confocal}/calendar", params=_range())
    assert answer.status_code == 200, answer.text
    calendar = answer.json()["data"]
    (row,) = calendar["resources"]
    assert row["open"] == [{"starts_at": moment(0), "ends_at": moment(24)}]
    entries = calendar["entries"]
    assert [entry["kind"] for entry in entries] == ["booking", "block"]
    assert entries[0]["booking"]["id"] == mine["id"]
    assert entries[1]["title"] == "Cleaning"


def test_many_calendars_come_in_one_answer(lab: Lab) -> None:
    lab.book(9)
    everything = lab.get("/calendar", params=_range()).json()["data"]
    assert [row["name"] for row in everything["resources"]] == ["Confocal", "Cytometer"]
    some = lab.get("/calendar", params={**_range(), "resource_id": str(lab.ids.cytometer)})
    assert some.json()["data"]["entries"] == []


def test_an_unchanged_calendar_is_304_and_a_changed_one_is_not(lab: Lab) -> None:
    with time_machine.travel(NOW, tick=False):  # the ETag holds for a minute
        path = f"/resources/{lab.ids.confocal}/calendar"
        params = _range()
        etag = lab.get(path, params=params).headers["ETag"]
        known = {"If-None-Match": etag}
        again = lab.get(path, params=params, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert lab.get(path, params=params, headers=known, by="other").status_code == 200
        lab.book(9, by="other")
        changed = lab.get(path, params=params, headers=known)
        assert changed.status_code == 200
        assert changed.headers["ETag"] != etag


def test_a_calendar_in_another_language_is_another_one(lab: Lab) -> None:
    with time_machine.travel(NOW, tick=False):
        lab.book(9, by="other")
        path, params = f"/resources/{lab.ids.confocal}/calendar", _range()
        english = lab.get(path, params=params)
        known = {"If-None-Match": english.headers["ETag"]}
        german = lab.get(path, params={**params, "lang": "de"}, headers=known)
    assert english.json()["data"]["entries"][0]["title"] == "Booked"
    assert german.status_code == 200
    assert german.json()["data"]["entries"][0]["title"] == "Gebucht"


def test_a_range_that_is_none_is_refused_with_its_parameter(lab: Lab) -> None:
    backwards = lab.get("/calendar", params={"from": moment(9), "to": moment(8)})
    assert backwards.status_code == 422
    assert backwards.json()["errors"][0]["parameter"] == "to"
    zoneless = lab.get("/calendar", params={"from": "2026-01-01T00:00:00", "to": moment(1)})
    assert zoneless.json()["errors"][0]["parameter"] == "from"


def test_what_drawing_needs_stands_in_the_entry(lab: Lab) -> None:
    policy = {"buffer_before_minutes": 5, "buffer_after_minutes": 15, "slot_minutes": 30,
              "max_minutes": 240, "is_approval_required": True}  # fmt: skip
    path = f"/resources/{lab.ids.confocal}/policy"
    assert lab.patch(path, by="admin", json=policy).status_code == 200
    mine = lab.book(9)
    lab.book(14, by="other")
    data = lab.get("/calendar", params={**_range(), "resource_id": str(lab.ids.confocal)}).json()
    (row,) = data["data"]["resources"]
    assert row["is_bookable"]
    assert (row["rules"]["max_minutes"], row["slot_minutes"]) == (240, 30)
    assert row["rules"]["is_approval_required"]
    own, other = data["data"]["entries"]
    assert (own["booking_id"], own["status"], own["version"]) == (mine["id"], "requested", 1)
    assert own["is_own"]
    assert not own["is_masked"]
    assert "edit" in own["allowed"]
    assert own["person"] == "Member Example"
    # The time around a masked booking is taken as well; who and what stay hidden.
    assert (other["buffer_before"], other["buffer_after"]) == (5, 15)
    assert (other["is_masked"], other["person"], other["title"], other["allowed"]) == (
        True, None, "Booked", [])  # fmt: skip


def test_the_fields_that_are_asked_for_are_all_that_comes(lab: Lab) -> None:
    lab.book(9)
    params = {**_range(), "fields": "kind,resource_id,starts_at,ends_at"}
    (entry,) = lab.get("/calendar", params=params).json()["data"]["entries"]
    assert set(entry) == {"kind", "resource_id", "starts_at", "ends_at"}
    assert lab.get("/calendar", params={**_range(), "fields": "secret"}).status_code == 422


def _names(lab: Lab, **params: Any) -> list[str]:
    data = lab.get("/calendar", params={**_range(), **params}).json()["data"]
    return [row["name"] for row in data["resources"]]


def test_rows_are_chosen_by_type_place_words_and_set(lab: Lab) -> None:
    room = lab.post("/resource-types", by="admin", json={"name": "Room"}).json()["data"]
    below = {"name": "Cellar", "parent_id": str(lab.ids.location)}
    cellar = lab.post("/locations", by="admin", json=below).json()["data"]
    body = {"name": "Dark room", "type_id": room["id"], "location_id": cellar["id"]}
    dark = lab.post("/resources", by="admin", json={**body, "timezone": "UTC"}).json()["data"]
    assert _names(lab) == ["Confocal", "Cytometer", "Dark room"]
    assert _names(lab, type_id=room["id"]) == ["Dark room"]
    assert _names(lab, location_id=str(lab.ids.location)) == ["Confocal", "Cytometer", "Dark room"]
    assert _names(lab, location_id=cellar["id"], q="dark") == ["Dark room"]
    assert _names(lab, q="microscope cyto") == ["Cytometer"]
    ids = [dark["id"], str(lab.ids.confocal)]
    kept = lab.post("/resource-sets", json={"name": "Mine", "resource_ids": ids}).json()["data"]
    assert _names(lab, set_id=kept["id"]) == ["Confocal", "Dark room"]
    confocal, cytometer = str(lab.ids.confocal), str(lab.ids.cytometer)
    assert _names(lab, set_id=kept["id"], resource_id=[cytometer, confocal]) == ["Confocal"]
    assert _names(lab, set_id=kept["id"], resource_id=[cytometer]) == []
    strangers = lab.get("/calendar", by="other", params={**_range(), "set_id": kept["id"]})
    assert strangers.status_code == 404


def test_groups_and_pages_cut_the_rows_and_not_the_answer(lab: Lab) -> None:
    room = lab.post("/resource-types", by="admin", json={"name": "A room"}).json()["data"]
    body = {"type_id": room["id"], "location_id": str(lab.ids.location), "timezone": "UTC"}
    assert lab.post("/resources", by="admin", json={**body, "name": "Zoo"}).status_code == 201
    params = {**_range(), "group": "type", "page": 1, "limit": 2}
    first = lab.get("/calendar", params=params).json()
    assert [group["name"] for group in first["data"]["groups"]] == ["A room", "Microscope"]
    assert [row["name"] for row in first["data"]["resources"]] == ["Zoo", "Confocal"]
    assert first["data"]["resources"][0]["group_id"] == room["id"]
    assert (first["meta"]["pagination"]["page"], first["meta"]["pagination"]["total"]) == (1, 3)
    second = lab.get("/calendar", params={**params, "page": 2}).json()["data"]
    assert [row["name"] for row in second["resources"]] == ["Cytometer"]
    assert lab.get("/calendar", params={**params, "page": 9}).json()["data"]["resources"] == []


def test_a_new_name_of_a_group_is_a_change_and_nothing_else_is(lab: Lab) -> None:
    with time_machine.travel(NOW, tick=False):
        params = {**_range(), "group": "type", "page": 1}
        etag = lab.get("/calendar", params=params).headers["ETag"]
        known = {"If-None-Match": etag}
        assert lab.get("/calendar", params=params, headers=known).status_code == 304
        renamed = lab.call(
            "PATCH", f"/resource-types/{lab.ids.type}", by="admin", json={"name": "Light"},
            headers={"If-Match": "*"},
        )  # fmt: skip
        assert renamed.status_code == 200, renamed.text
        assert lab.get("/calendar", params=params, headers=known).status_code == 200
