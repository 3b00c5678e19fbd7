"""A calendar as bookings, by the interface and by page."""

from __future__ import annotations

from typing import Any

from tests.support.application import Lab, moment
from tests.web.pages.visitor import Visitor


def calendar(*hours: int, place: str = "Confocal") -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Other//EN"]
    for number, hour in enumerate(hours):
        times = [moment(hour + more).replace("-", "").replace(":", "") for more in (0, 1)]
        lines += ["BEGIN:VEVENT", f"UID:{number}@example.org", "DTSTAMP:20261101T000000Z"]
        lines += [f"DTSTART:{times[0]}", f"DTEND:{times[1]}", f"SUMMARY:Run {number}"]
        lines += [f"LOCATION:{place}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def brought(lab: Lab, content: str, **params: Any) -> Any:
    return lab.call(
        "POST", "/bookings:import", content=content.encode(), params=params,
        headers={"Content-Type": "text/calendar"},
    )  # fmt: skip


def test_first_what_would_come_of_it_then_all_or_none(lab: Lab) -> None:
    lab.book(11, by="other")
    content = calendar(9, 11, 13)
    told = brought(lab, content, dry_run=True)
    assert told.status_code == 200, told.text
    data = told.json()["data"]
    assert [line["outcome"] for line in data["events"]] == ["confirmed", "refused", "confirmed"]
    assert data["events"][1]["faults"][0]["code"] == "booking-overlaps"
    assert (data["is_done"], data["booking_ids"]) == (False, [])
    refused = brought(lab, content)
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/calendar-import-refused"
    assert refused.json()["errors"][0]["pointer"] == "#/events/1"
    taken = brought(lab, content, key="2")
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/calendar-import-overlaps")
    assert taken.json()["errors"][0]["pointer"] == "#/events/1"
    assert taken.json()["suggestions"], "as a booking of its own would be told"
    assert lab.get("/bookings", params={"mine": True}).json()["data"] == []
    done = brought(lab, content, only_good=True).json()["data"]
    assert (done["is_done"], len(done["booking_ids"]), done["refused"]) == (True, 2, 1)
    chosen = brought(lab, calendar(15, 17), key="2").json()["data"]
    assert [line["title"] for line in chosen["events"]] == ["Run 1"]


def test_what_is_no_calendar_names_the_line(lab: Lab) -> None:
    answer = brought(lab, "BEGIN:VCALENDAR\r\nnonsense\r\nEND:VCALENDAR\r\n")
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/calendar-unreadable"


def test_the_page_shows_each_event_and_books_what_is_ticked(sqlite_lab: Lab) -> None:
    sqlite_lab.book(11, by="other")
    visitor = Visitor.logged_in(sqlite_lab, "member")
    page = visitor.see("/bookings/import")
    content = calendar(9, 11) + calendar(13, place="The moon")
    told = visitor.upload(page.form("/bookings/import"), "lab.ics", content.encode())
    assert told.status == 200, told.text
    assert "This time is taken." in told.text
    assert "No resource here is called The moon." in told.text
    assert told.form("/bookings/import/take").fields["key"] == ["1"]
    cytometer = {"on-3": str(sqlite_lab.ids.cytometer)}
    placed = visitor.send(
        told.form("/bookings/import/take"), button="/bookings/import", **cytometer
    )
    assert placed.form("/bookings/import/take").fields["key"] == ["1"]
    ticked = placed.form("/bookings/import/take")
    ticked.fields["key"] = ["1", "3"]
    done = visitor.send(ticked)
    assert "2 bookings were made." in done.text


def test_a_file_that_is_none_is_told_at_its_field(sqlite_lab: Lab) -> None:
    visitor = Visitor.logged_in(sqlite_lab, "member")
    page = visitor.see("/bookings/import")
    for content in (b"", b"nonsense", b"\xff" * 400_000):
        refused = visitor.upload(page.form("/bookings/import"), "lab.ics", content)
        assert refused.status == 422
        assert refused.has("/bookings/import")
