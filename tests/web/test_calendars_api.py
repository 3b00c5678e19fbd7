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


def test_a_range_that_is_none_is_refused_with_its_parameter(lab: Lab) -> None:
    backwards = lab.get("/calendar", params={"from": moment(9), "to": moment(8)})
    assert backwards.status_code == 422
    assert backwards.json()["errors"][0]["parameter"] == "to"
    zoneless = lab.get("/calendar", params={"from": "2026-01-01T00:00:00", "to": moment(1)})
    assert zoneless.json()["errors"][0]["parameter"] == "from"
