"""Waiting lists, offers, alerts and slots: to be read. They are made and answered on their pages."""

from __future__ import annotations

from starlette_admin.fields import IntegerField, StringField, TextAreaField

from src.core.actor import Permission
from src.core.language import mark
from src.domain.bookings.tables import OfferState, WaitingState
from src.web.admin.columns import Choice, Moment, Reference
from src.web.admin.listing import ReadOnly


class WaitingEntries(ReadOnly):
    """Who waits for what."""

    table, label, one = "waiting_entries", mark("Waiting lists"), mark("Entry")
    icon = "fa-solid fa-hourglass-half"
    needs = (Permission.BOOKINGS_READ_DETAILS,)
    page = "/waiting"
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        Reference("person_id", mark("Person"), key="users"),
        Reference("resource_id", mark("Resource"), key="resources"),
        Reference("type_id", mark("Type"), key="resource-types"),
        Moment("earliest_at", mark("Not before")),
        Moment("latest_at", mark("Not after")),
        IntegerField("min_minutes", mark("At least, minutes")),
        IntegerField("max_minutes", mark("At most, minutes")),
        IntegerField("rank", mark("Rank")),
        IntegerField("lapses", mark("Offers that lapsed")),
        Choice("state", mark("State"), enum=WaitingState),
        StringField("title", mark("Title")),
        TextAreaField("notes", mark("Notes")),
        Moment("ended_at", mark("Ended")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("person_id", "resource_id", "type_id", "earliest_at", "latest_at", "rank", "state")
    found_by = ("person_id", "resource_id", "type_id")
    narrowed_by = ("state", "earliest_at", "person_id", "resource_id", "type_id")


class Offers(ReadOnly):
    """Freed time that was held for those who wait."""

    table, label, one = "waiting_offers", mark("Offers"), mark("Offer")
    icon = "fa-solid fa-gift"
    needs = (Permission.BOOKINGS_READ_DETAILS,)
    page = "/waiting"
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        Reference("entry_id", mark("Entry"), key="waiting-entries"),
        Reference("resource_id", mark("Resource"), key="resources"),
        Reference("unit_id", mark("Unit"), key="units"),
        Moment("starts_at", mark("From")),
        Moment("ends_at", mark("To")),
        Moment("expires_at", mark("Held until")),
        Choice("state", mark("State"), enum=OfferState),
        Reference("booking_id", mark("Booking"), key="bookings"),
        Moment("decided_at", mark("Answered")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("resource_id", "starts_at", "ends_at", "expires_at", "state", "entry_id")
    found_by = ("resource_id",)
    narrowed_by = ("state", "starts_at", "resource_id")


class FreeAlerts(ReadOnly):
    """Who is told when time becomes free."""

    table, label, one = "free_alerts", mark("Alerts of free time"), mark("Alert")
    icon = "fa-solid fa-bell"
    needs = (Permission.BOOKINGS_READ_DETAILS,)
    page = "/waiting"
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        Reference("person_id", mark("Person"), key="users"),
        Reference("resource_id", mark("Resource"), key="resources"),
        IntegerField("min_minutes", mark("At least, minutes")),
        Moment("earliest_at", mark("Not before")),
        Moment("latest_at", mark("Not after")),
        Moment("told_at", mark("Told last")),
        Moment("cancelled_at", mark("Cancelled")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("person_id", "resource_id", "min_minutes", "told_at", "cancelled_at")
    found_by = ("person_id", "resource_id")
    narrowed_by = ("person_id", "resource_id", "told_at")


class SlotHolds(ReadOnly):
    """Times that are kept for a few minutes."""

    table, label, one = "slot_holds", mark("Slots"), mark("Slot")
    icon = "fa-solid fa-hand"
    needs = (Permission.BOOKINGS_READ_DETAILS,)
    page = "/find"
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        Reference("person_id", mark("Person"), key="users"),
        Reference("resource_id", mark("Resource"), key="resources"),
        Reference("unit_id", mark("Unit"), key="units"),
        Moment("starts_at", mark("From")),
        Moment("ends_at", mark("To")),
        Moment("expires_at", mark("Held until")),
        Moment("created_at", mark("Made")),
    )
    listed = ("person_id", "resource_id", "starts_at", "ends_at", "expires_at")
    found_by = ("person_id", "resource_id")
    narrowed_by = ("expires_at", "person_id", "resource_id")


GROUP = (
    mark("Waiting"),
    "fa-solid fa-hourglass-half",
    (WaitingEntries, Offers, FreeAlerts, SlotHolds),
)
