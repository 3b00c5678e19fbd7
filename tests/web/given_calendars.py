"""What the operations of calendars elsewhere are given, so that each can succeed once."""

from __future__ import annotations

from tests.support.application import Lab
from tests.web.given import Given, made


def calendars(lab: Lab) -> Given:
    """Addresses of the administrator's, and a booking to be had as a file."""
    feeds = [
        {"feed_id": made(lab, "/me/calendar-feeds", json={"name": name})}
        for name in ("Phone", "Laptop", "Wall", "Door")
    ]
    answer = lab.post("/me/calendar-feeds", by="admin", json={"name": "Read"})
    token = answer.json()["data"]["address"].rpartition("/")[2].removesuffix(".ics")
    booking = made(lab, "/bookings", json=lab.wish(21))
    return {
        "calendar_feeds_create": {"body": {"name": "Tablet"}},
        "calendar_feeds_get": {"path": feeds[0]},
        "calendar_feeds_update": {"path": feeds[1], "body": {"name": "Changed"}},
        "calendar_feeds_renew": {"path": feeds[2]},
        "calendar_feeds_revoke": {"path": feeds[3]},
        "calendar_feeds_read": {"path": {"token": token}},
        "bookings_calendar_file": {"path": {"booking_id": booking}},
    }
