"""Series, who takes part, templates and transfers: to be read; they change on their own pages."""

from __future__ import annotations

from starlette_admin.fields import IntegerField, StringField, TextAreaField

from src.core.actor import Permission
from src.core.language import mark
from src.domain.bookings.tables import Response, TransferState
from src.web.admin.columns import Choice, Data, Moment, Reference
from src.web.admin.listing import ReadOnly

_NEEDS = (Permission.BOOKINGS_READ_DETAILS,)


class Series(ReadOnly):
    """Bookings that repeat."""

    table, label, one = "booking_series", mark("Series of bookings"), mark("Series")
    icon = "fa-solid fa-repeat"
    needs = _NEEDS
    page = "/booking-series/{id}"
    named = "rule"
    fields = (
        StringField("id", mark("Id")),
        Reference("resource_id", mark("Resource"), key="resources"),
        StringField("rule", mark("Rule")),
        Moment("starts_at", mark("First")),
        StringField("timezone", mark("Time zone")),
        IntegerField("minutes", mark("Minutes")),
        Data("skipped", mark("Left out")),
        Reference("booked_for", mark("For"), key="users"),
        Reference("booked_by", mark("Booked by"), key="users"),
        Reference("team_id", mark("Team"), key="teams"),
        StringField("title", mark("Title")),
        TextAreaField("notes", mark("Notes")),
        Moment("cancelled_at", mark("Cancelled")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("resource_id", "rule", "starts_at", "booked_for", "title", "cancelled_at")
    found_by = ("resource_id", "booked_for", "title")


class Attendees(ReadOnly):
    """Who is invited to what."""

    table, label, one = "booking_attendees", mark("Attendees"), mark("Attendee")
    icon = "fa-solid fa-user-group"
    needs = _NEEDS
    keys = ("booking_id", "user_id")
    named = "user_id"
    fields = (
        Reference("booking_id", mark("Booking"), key="bookings"),
        Reference("user_id", mark("Person"), key="users"),
        Choice("response", mark("Answer"), enum=Response),
        Moment("added_at", mark("Invited")),
        Moment("responded_at", mark("Answered")),
    )
    listed = ("booking_id", "user_id", "response", "added_at")
    found_by = ("user_id",)


class Templates(ReadOnly):
    """Bookings kept to be made again."""

    table, label, one = "booking_templates", mark("Templates of bookings"), mark("Template")
    icon = "fa-regular fa-bookmark"
    needs = _NEEDS
    fields = (
        StringField("id", mark("Id")),
        StringField("name", mark("Name")),
        Reference("owner_id", mark("Whose"), key="users"),
        Reference("team_id", mark("Shared with"), key="teams"),
        Reference("resource_id", mark("Resource"), key="resources"),
        IntegerField("minutes", mark("Minutes")),
        StringField("title", mark("Title")),
        TextAreaField("notes", mark("Notes")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "owner_id", "team_id", "resource_id", "minutes")
    found_by = ("name", "owner_id", "resource_id")


class Transfers(ReadOnly):
    """Bookings that are handed over."""

    table, label, one = "booking_transfers", mark("Transfers"), mark("Transfer")
    icon = "fa-solid fa-right-left"
    needs = _NEEDS
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        Reference("booking_id", mark("Booking"), key="bookings"),
        Reference("from_id", mark("From"), key="users"),
        Reference("to_id", mark("To"), key="users"),
        Choice("state", mark("State"), enum=TransferState),
        StringField("note", mark("Note")),
        Moment("expires_at", mark("Lapses")),
        Moment("decided_at", mark("Decided")),
        Reference("new_booking_id", mark("Taken as"), key="bookings"),
        Moment("created_at", mark("Made")),
    )
    listed = ("booking_id", "from_id", "to_id", "state", "expires_at")
    found_by = ("from_id", "to_id", "booking_id")


GROUP = (
    mark("Series and parties"),
    "fa-solid fa-user-group",
    (Series, Attendees, Templates, Transfers),
)
