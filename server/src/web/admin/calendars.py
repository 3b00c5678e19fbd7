"""Addresses of calendars: whose they are and what they show, never the addresses themselves."""

from __future__ import annotations

from starlette_admin.fields import StringField

from src.core.actor import Permission
from src.core.language import mark
from src.domain.bookings.tables import FeedKind
from src.web.admin.columns import Choice, Moment, Reference
from src.web.admin.listing import ReadOnly


class CalendarFeeds(ReadOnly):
    """By what other programs read calendars; they are made and revoked by their owners."""

    table, label, one = "calendar_feeds", mark("Calendar addresses"), mark("Calendar address")
    icon = "fa-solid fa-rss"
    needs = (Permission.USERS_MANAGE,)
    named = "name"
    fields = (
        Reference("owner_id", mark("Person"), key="users"),
        StringField("name", mark("Name")),
        Choice("kind", mark("Of what"), enum=FeedKind),
        StringField("subject_id", mark("Id of what it shows")),
        StringField("hint", mark("Ends in")),
        Moment("created_at", mark("Made")),
        Moment("last_used_at", mark("Last used")),
        Moment("revoked_at", mark("Revoked")),
    )
    listed = ("owner_id", "name", "kind", "created_at", "last_used_at", "revoked_at")
    found_by = ("owner_id", "name")
    narrowed_by = ("kind", "owner_id")


GROUP = (mark("Calendars elsewhere"), "fa-solid fa-rss", (CalendarFeeds,))
