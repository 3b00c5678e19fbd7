"""Bookings: to be read. They are made, decided and cancelled on their own pages."""

from __future__ import annotations

from starlette_admin.fields import (
    BooleanField,
    IntegerField,
    StringField,
    TextAreaField,
)

from src.core.actor import Permission
from src.core.language import mark
from src.domain.bookings.tables import Status
from src.web.admin.columns import Choice, Moment, Reference
from src.web.admin.listing import ReadOnly


class Bookings(ReadOnly):
    """Who has what, and when."""

    table, label, one = "bookings", mark("Bookings"), mark("Booking")
    icon = "fa-solid fa-calendar-days"
    needs = (Permission.BOOKINGS_READ_DETAILS,)
    page = "/bookings/{id}"
    named = "id"
    is_big = True
    fields = (
        StringField("id", mark("Id")),
        Reference("resource_id", mark("Resource"), key="resources"),
        Reference("unit_id", mark("Unit"), key="units"),
        Moment("starts_at", mark("From")),
        Moment("ends_at", mark("To")),
        Choice("status", mark("State"), enum=Status),
        Reference("booked_for", mark("For"), key="users"),
        Reference("booked_by", mark("Booked by"), key="users"),
        Reference("team_id", mark("Team"), key="teams"),
        StringField("title", mark("Title")),
        TextAreaField("notes", mark("Notes")),
        IntegerField("buffer_before", mark("Kept free before, minutes")),
        IntegerField("buffer_after", mark("Kept free after, minutes")),
        Moment("request_expires_at", mark("The request lapses")),
        Reference("decided_by", mark("Decided by"), key="users"),
        TextAreaField("decision_note", mark("Note of the decision")),
        TextAreaField("override_reason", mark("Why rules were passed over")),
        BooleanField("is_cancelled_late", mark("Cancelled late")),
        Moment("checked_in_at", mark("Checked in")),
        Moment("checked_out_at", mark("Checked out")),
        Moment("planned_ends_at", mark("Planned end")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("starts_at", "ends_at", "resource_id", "status", "booked_for", "team_id", "title")
    found_by = ("resource_id", "booked_for", "team_id")
    narrowed_by = ("starts_at", "ends_at", "status", "resource_id", "booked_for", "team_id")


GROUP = (mark("Bookings"), "fa-solid fa-calendar-days", (Bookings,))
