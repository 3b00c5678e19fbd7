"""Checklists and kiosks: to be read. They are filled in, made and revoked on their own pages."""

from __future__ import annotations

from starlette_admin.fields import StringField

from src.core.actor import Permission
from src.core.language import mark
from src.domain.bookings.tables import Moment as When
from src.web.admin.columns import Choice, Data, Moment, Reference
from src.web.admin.listing import ReadOnly


class Checklists(ReadOnly):
    """Lists as they were filled in before and after use."""

    table, label, one = "checklist_entries", mark("Checklists"), mark("Checklist")
    icon = "fa-solid fa-list-check"
    needs = (Permission.BOOKINGS_READ_DETAILS,)
    named = "id"
    is_big = True
    fields = (
        StringField("id", mark("Id")),
        Reference("booking_id", mark("Booking"), key="bookings"),
        Choice("moment", mark("When"), enum=When),
        Data("answers", mark("Answers")),
        Data("faults", mark("Outside their limits")),
        Reference("filled_by", mark("Filled in by"), key="users"),
        Moment("filled_at", mark("Filled in")),
    )
    listed = ("filled_at", "booking_id", "moment", "filled_by")
    found_by = ("booking_id", "filled_by")
    narrowed_by = ("filled_at", "moment", "filled_by")


class Kiosks(ReadOnly):
    """Tablets beside instruments; their addresses are known to nobody but them."""

    table, label, one = "kiosks", mark("Kiosks"), mark("Kiosk")
    icon = "fa-solid fa-tablet-screen-button"
    needs = (Permission.BOOKINGS_MANAGE,)
    page = "/kiosks"
    named = "name"
    fields = (
        StringField("id", mark("Id")),
        StringField("name", mark("Name")),
        Data("resource_ids", mark("Instruments")),
        Reference("created_by", mark("Made by"), key="users"),
        Moment("revoked_at", mark("Revoked")),
        Moment("last_seen_at", mark("Used last")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "created_at", "last_seen_at", "revoked_at")
    found_by = ("name",)
    narrowed_by = ("revoked_at",)


GROUP = (mark("At the instrument"), "fa-solid fa-list-check", (Checklists, Kiosks))
