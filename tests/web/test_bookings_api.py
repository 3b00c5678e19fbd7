"""Bookings over HTTP."""

from __future__ import annotations

from tests.support.application import Lab, moment


def test_a_booking_is_made_read_moved_and_cancelled(lab: Lab) -> None:
    made = lab.post("/bookings", json=lab.wish(9))
    assert made.status_code == 201, made.text
    booking = made.json()["data"]
    assert made.headers["Location"] == f"/api/v1/bookings/{booking['id']}"
    assert booking["status"] == "confirmed"
    assert booking["booked_for"] == {"id": str(lab.ids.member), "name": "Member Example"}

    read = lab.get(f"/bookings/{booking['id']}")
    assert read.json()["data"] == booking
    etag = read.headers["ETag"]
    assert etag == made.headers["ETag"]
    again = lab.get(f"/bookings/{booking['id']}", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")

    later = {"starts_at": moment(14), "ends_at": moment(15)}
    moved = lab.patch(f"/bookings/{booking['id']}", etag=etag, json=later)
    assert moved.status_code == 200, moved.text
    assert moved.json()["data"]["starts_at"] == moment(14)
    stale = lab.patch(f"/bookings/{booking['id']}", etag=etag, json=later)
    assert stale.status_code == 412

    gone = lab.post(f"/bookings/{booking['id']}/cancel", json={"reason": "No sample"})
    assert gone.json()["data"]["status"] == "cancelled"
    assert lab.post("/bookings", by="other", json=lab.wish(14)).status_code == 201


def test_a_cancellation_is_taken_back_while_its_time_is_free(lab: Lab) -> None:
    path = f"/bookings/{lab.book(9)['id']}"
    gone = lab.post(f"{path}/cancel", json={}).json()["data"]
    assert gone["allowed"] == ["restore"]
    assert gone["restorable_until"] > gone["updated_at"]
    back = lab.post(f"{path}/restore")
    assert (back.status_code, back.json()["data"]["status"]) == (200, "confirmed")
    assert lab.get(path).json()["data"] == back.json()["data"]
    again = lab.post(f"{path}/restore")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/booking-state")

    lab.post(f"{path}/cancel", json={})
    lab.book(9, by="other")
    taken = lab.post(f"{path}/restore")
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/booking-overlaps")
    assert taken.json()["suggestions"]


def test_a_refusal_names_whom_to_ask(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    named = {"contact_id": str(lab.ids.manager)}
    set_ = lab.patch(f"/resources/{lab.ids.confocal}", by="manager", json=named)
    assert set_.status_code == 200, set_.text
    mine = lab.book(9)
    taken = lab.post("/bookings", by="other", json=lab.wish(9)).json()
    assert taken["contact"] == {
        "id": str(lab.ids.manager), "name": "Manager Example", "email": "manager@example.org"
    }  # fmt: skip
    checked = {**lab.wish(9.5), "booking_id": mine["id"]}
    answer = lab.post("/bookings:check", json=checked).json()["data"]
    assert answer["outcome"] == "confirmed", "its own time is not in the way"
    assert answer["contact"] == taken["contact"]


def test_a_taken_slot_is_refused_with_what_is_free_instead(lab: Lab) -> None:
    lab.book(9)
    answer = lab.post("/bookings", by="other", json=lab.wish(9))
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "/problems/booking-overlaps"
    assert problem["conflicts"][0]["title"] == "Booked"
    assert problem["conflicts"][0]["booked_for"] is None
    assert problem["suggestions"]
    first = problem["suggestions"][0]
    instead = lab.wish(
        resource_id=first["resource"]["id"],
        starts_at=first["starts_at"],
        ends_at=first["ends_at"],
        unit=first["unit"],
    )
    assert lab.post("/bookings", by="other", json=instead).status_code == 201


def test_what_would_happen_is_told_without_storing_anything(lab: Lab) -> None:
    free = lab.post("/bookings:check", json=lab.wish(9))
    assert free.json()["data"]["outcome"] == "confirmed"
    lab.book(9)
    taken = lab.post("/bookings:check", by="other", json=lab.wish(9)).json()["data"]
    assert taken["outcome"] == "refused"
    assert taken["conflicts"]
    assert len(lab.get("/bookings").json()["data"]) == 1


def test_others_see_that_a_time_is_taken_and_no_more(lab: Lab) -> None:
    mine = lab.book(9, title="Secret project")
    seen = lab.get(f"/bookings/{mine['id']}", by="other").json()["data"]
    assert (seen["title"], seen["booked_for"], seen["is_masked"]) == ("Booked", None, True)
    assert seen["allowed"] == []
    assert lab.get(f"/bookings/{mine['id']}", by="manager").json()["data"]["title"] == (
        "Secret project"
    )
    refused = lab.post(f"/bookings/{mine['id']}/cancel", by="other", json={})
    assert refused.status_code == 403


def test_a_list_is_filtered_sorted_and_cut_into_pages(lab: Lab) -> None:
    for hour in (9, 11, 13):
        lab.book(hour)
    first = lab.get("/bookings", params={"limit": 2, "sort": "-starts_at"}).json()
    assert [item["starts_at"] for item in first["data"]] == [moment(13), moment(11)]
    cursor = first["meta"]["pagination"]["next"]
    rest = lab.get("/bookings", params={"limit": 2, "sort": "-starts_at", "cursor": cursor}).json()
    assert [item["starts_at"] for item in rest["data"]] == [moment(9)]
    assert rest["meta"]["pagination"]["next"] is None

    numbered = lab.get("/bookings", params={"page": 2, "limit": 2}).json()["meta"]["pagination"]
    assert (numbered["page"], numbered["total"]) == (2, 3)
    window = lab.get("/bookings", params={"from": moment(10), "to": moment(12)}).json()["data"]
    assert [item["starts_at"] for item in window] == [moment(11)]
    nobody = lab.get("/bookings", by="other", params={"mine": "true"}).json()["data"]
    assert nobody == []
    bad = lab.get("/bookings", params={"cursor": "AAAA"})
    assert bad.status_code == 422
    assert bad.json()["errors"][0]["parameter"] == "cursor"


def test_what_was_booked_together_is_found_by_its_series_or_group(lab: Lab) -> None:
    lab.book(14)
    made = lab.post("/booking-series", json={**lab.wish(9), "rule": "FREQ=DAILY;COUNT=2"})
    assert made.status_code == 201, made.text
    series_id = made.json()["data"]["id"]
    found = lab.get("/bookings", params={"series_id": series_id}).json()["data"]
    assert [each["series_id"] for each in found] == [series_id] * 2
    # An id of a series is none of a group.
    assert lab.get("/bookings", params={"group_id": series_id}).json()["data"] == []


def test_fields_prunes_and_include_adds(lab: Lab) -> None:
    lab.book(9)
    (pruned,) = lab.get("/bookings", params={"fields": "id,title"}).json()["data"]
    assert set(pruned) == {"id", "title"}
    (whole,) = lab.get("/bookings", params={"include": "resource"}).json()["data"]
    assert whole["resource"]["name"] == "Confocal"
    unknown = lab.get("/bookings", params={"fields": "id,colour"})
    assert unknown.status_code == 422
    assert unknown.json()["errors"][0]["parameter"] == "fields"


def test_two_bookings_swap_their_times_in_one_batch(lab: Lab) -> None:
    one, two = lab.book(9), lab.book(11)
    swap = [
        {
            "action": "update",
            "id": mine["id"],
            "version": mine["version"],
            "starts_at": its["starts_at"],
            "ends_at": its["ends_at"],
        }
        for mine, its in ((one, two), (two, one))
    ]
    answer = lab.post("/bookings:batch", json={"items": swap})
    assert answer.status_code == 200, answer.text
    assert [item["starts_at"] for item in answer.json()["data"]] == [moment(11), moment(9)]


def test_a_batch_does_all_or_nothing(lab: Lab) -> None:
    items = [lab.wish(9), lab.wish(11), lab.wish(9.5)]
    answer = lab.post("/bookings:batch", json={"items": items})
    assert answer.status_code == 409, answer.text
    assert lab.get("/bookings").json()["data"] == []


def test_a_batch_of_each_tells_its_failures_by_index(lab: Lab) -> None:
    items = [lab.wish(9), lab.wish(9.5), lab.wish(11)]
    answer = lab.post("/bookings:batch", json={"mode": "each", "items": items})
    assert answer.status_code == 207, answer.text
    said = answer.json()
    assert [item is not None for item in said["data"]] == [True, False, True]
    (failure,) = said["errors"]
    assert failure["pointer"].startswith("#/items/1")
    assert "taken" in failure["code"] or "overlap" in failure["code"]


def test_a_request_is_approved_by_somebody_else(lab: Lab) -> None:
    rules = {"is_approval_required": True}
    set_ = lab.patch(f"/resources/{lab.ids.confocal}/policy", by="manager", json=rules)
    assert set_.status_code == 200, set_.text
    asked = lab.book(9)
    assert asked["status"] == "requested"
    own = lab.post(f"/bookings/{asked['id']}/approve", json={})
    assert own.status_code == 403
    done = lab.post(f"/bookings/{asked['id']}/approve", by="manager", json={"note": "Fine"})
    assert done.json()["data"]["status"] == "confirmed"
    again = lab.post(f"/bookings/{asked['id']}/reject", by="manager", json={})
    assert again.status_code == 409
    problem = again.json()
    assert problem["type"] == "/problems/booking-state"
    assert (problem["status"], problem["state"]) == (409, "confirmed")


def test_a_resource_that_is_free_now_is_not_sent_again(sqlite_lab: Lab) -> None:
    path = f"/resources/{sqlite_lab.ids.confocal}"
    first = sqlite_lab.get(path)
    assert first.json()["data"]["is_free_now"] is True
    again = sqlite_lab.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
