"""Calendars elsewhere, by the interface and by their addresses."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import icalendar
from sqlalchemy import update

from src.core import clock
from src.domain.bookings import feeds
from src.domain.bookings.tables import CalendarFeed
from tests.support.application import Lab, moment
from tests.web.pages.visitor import Shown, Visitor
from tests.web.test_jobs_api import write


def made(lab: Lab, **body: Any) -> dict[str, Any]:
    answer = lab.post("/me/calendar-feeds", json=body)
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def path(feed: dict[str, Any]) -> str:
    return f"/calendar/{feed['address'].rpartition('/')[2]}"


def told(page: Shown) -> str:
    """The address on a page."""
    found = re.search(r'value="(http[^"]+\.ics)"', page.response.text)
    assert found is not None
    return found[1]


def test_an_address_is_told_once_and_read_without_logging_in(lab: Lab) -> None:
    feed = made(lab, name="Phone")
    booked = lab.book(9, title="Slides")
    assert lab.get(f"/me/calendar-feeds/{feed['id']}").json()["data"].get("address") is None
    assert feed["address"] not in lab.get("/me/calendar-feeds").text
    answer = lab.client.get(path(feed))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    calendar = icalendar.Calendar.from_ical(answer.content)
    assert calendar["x-wr-calname"] == "Phone"
    (event,) = calendar.walk("VEVENT")
    assert event["uid"] == f"{booked['id']}@aliquot"


def test_what_has_not_changed_is_not_sent_again(lab: Lab) -> None:
    feed = made(lab)
    booked = lab.book(9)
    first = lab.client.get(path(feed))
    known = {"If-None-Match": first.headers["ETag"]}
    again = lab.client.get(path(feed), headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    changed = lab.call("PATCH", f"/bookings/{booked['id']}", json={"title": "Now"},
                       headers={"If-Match": "*"})  # fmt: skip
    assert changed.status_code == 200
    third = lab.client.get(path(feed), headers=known)
    assert third.status_code == 200
    (event,) = icalendar.Calendar.from_ical(third.content).walk("VEVENT")
    assert event["sequence"] == 1


def test_a_stale_address_is_404_whatever_made_it_so(lab: Lab) -> None:
    feed = made(lab)
    renewed = lab.post(f"/me/calendar-feeds/{feed['id']}/renew").json()["data"]
    assert lab.client.get(path(feed)).status_code == 404
    assert lab.client.get(path(renewed)).status_code == 200
    assert lab.call("DELETE", f"/me/calendar-feeds/{feed['id']}").status_code == 204
    answer = lab.client.get(path(renewed))
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/calendar-feed-not-found"
    assert lab.client.get("/calendar/nonsense.ics").status_code == 404
    assert lab.post(f"/me/calendar-feeds/{feed['id']}/renew").status_code == 404
    watching = made(lab, kind="resource", subject_id=str(lab.ids.confocal))
    suspended = lab.post(f"/users/{lab.ids.member}/suspend", by="admin",
                         json={"reason": "Left"}, headers={"If-Match": "*"})  # fmt: skip
    assert suspended.is_success, suspended.text
    assert lab.client.get(path(watching)).status_code == 404


def test_a_revoked_address_is_listed_for_a_month(lab: Lab) -> None:
    feed = made(lab)
    lab.call("DELETE", f"/me/calendar-feeds/{feed['id']}")
    assert len(lab.get("/me/calendar-feeds").json()["data"]) == 1

    async def age(session: Any) -> None:
        await session.execute(
            update(CalendarFeed).values(revoked_at=clock.now() - timedelta(days=31))
        )

    write(lab, age)
    assert lab.get("/me/calendar-feeds").json()["data"] == []


def test_a_booking_is_had_as_a_file(sqlite_lab: Lab) -> None:
    booked = sqlite_lab.book(9, title="Slides")
    answer = sqlite_lab.get(f"/bookings/{booked['id']}/calendar.ics")
    assert answer.status_code == 200
    assert "booking.ics" in answer.headers["Content-Disposition"]
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert event.decoded("dtstart").isoformat() == moment(9).replace("Z", "+00:00")
    masked = sqlite_lab.get(f"/bookings/{booked['id']}/calendar.ics", by="other")
    assert masked.status_code == 404


def test_the_page_makes_renews_names_and_revokes(sqlite_lab: Lab) -> None:
    visitor = Visitor.logged_in(sqlite_lab, "member")
    page = visitor.see(f"/me/calendars?resource_id={sqlite_lab.ids.confocal}")
    shown = visitor.send(page.form("/me/calendars"), name="Wall")
    assert shown.status == 201
    address = told(shown)
    token = address.rpartition("/")[2].removesuffix(".ics")
    assert feeds.address("", token) in address
    assert sqlite_lab.client.get(f"/calendar/{token}.ics").status_code == 200
    page = visitor.see("/me/calendars")
    assert token not in page.response.text
    assert "Everything on Confocal" in page.text
    (feed,) = sqlite_lab.get("/me/calendar-feeds").json()["data"]
    named = visitor.send(page.form(f"/me/calendars/{feed['id']}/name"), name="Door")
    assert "Door" in named.text
    renewed = visitor.send(named.form(f"/me/calendars/{feed['id']}/renew"))
    assert told(renewed) != address
    assert sqlite_lab.client.get(f"/calendar/{token}.ics").status_code == 404
    page = visitor.see("/me/calendars")
    gone = visitor.send(page.form(f"/me/calendars/{feed['id']}/revoke"))
    assert "The address was revoked" in gone.text


def test_the_page_says_at_the_field_what_is_missing(sqlite_lab: Lab) -> None:
    visitor = Visitor.logged_in(sqlite_lab, "member")
    page = visitor.see("/me/calendars")
    refused = visitor.send(page.form("/me/calendars"), kind="resource", resource_id="")
    assert refused.status == 422
    assert "Say whose calendar it shall be." in refused.text
