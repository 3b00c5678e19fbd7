"""Quotas, their ledger and projects: to be read. They are made and changed on their own pages."""

from __future__ import annotations

from starlette_admin.fields import BooleanField, DateField, IntegerField, StringField

from src.core.actor import Permission
from src.core.language import mark
from src.domain.bookings.tables import EntryKind, HolderKind, Period, QuotaUnit
from src.web.admin.columns import Choice, Moment, Reference
from src.web.admin.listing import ReadOnly


class Quotas(ReadOnly):
    """Who may book how much of what."""

    table, label, one = "allocations", mark("Quotas"), mark("Quota")
    icon = "fa-solid fa-chart-pie"
    needs = (Permission.QUOTAS_MANAGE,)
    page = "/quotas/{id}"
    named = "name"
    fields = (
        StringField("id", mark("Id")),
        StringField("name", mark("Name")),
        Choice("holder_kind", mark("For whom"), enum=HolderKind),
        StringField("holder_id", mark("Whose")),
        StringField("role", mark("Role")),
        Reference("resource_id", mark("Resource"), key="resources"),
        Reference("type_id", mark("Type"), key="resource-types"),
        Choice("period", mark("Period"), enum=Period),
        Choice("unit", mark("Unit"), enum=QuotaUnit),
        IntegerField("amount", mark("Amount")),
        DateField("starts_on", mark("First day")),
        DateField("ends_on", mark("Last day")),
        BooleanField("is_active", mark("Counts")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "holder_kind", "amount", "unit", "period", "resource_id", "is_active")
    found_by = ("name",)
    narrowed_by = ("holder_kind", "period", "is_active", "resource_id", "type_id")


class QuotaEntries(ReadOnly):
    """What bookings reserved, used and gave back."""

    table, label, one = "quota_entries", mark("Ledger of quotas"), mark("Line")
    icon = "fa-solid fa-receipt"
    needs = (Permission.QUOTAS_MANAGE, Permission.BOOKINGS_READ_DETAILS)
    named = "id"
    is_big = True
    fields = (
        IntegerField("id", mark("Id")),
        Reference("allocation_id", mark("Quota"), key="allocations"),
        StringField("holder_id", mark("Whose")),
        DateField("period_start", mark("Period")),
        Reference("booking_id", mark("Booking"), key="bookings"),
        Choice("kind", mark("What"), enum=EntryKind),
        IntegerField("amount", mark("Amount")),
        Moment("at", mark("When")),
    )
    listed = ("at", "allocation_id", "kind", "amount", "booking_id", "period_start")
    found_by = ("allocation_id", "booking_id")
    narrowed_by = ("at", "kind", "allocation_id", "booking_id")


class Projects(ReadOnly):
    """What bookings are made for."""

    table, label, one = "projects", mark("Projects"), mark("Project")
    icon = "fa-solid fa-folder"
    needs = (Permission.QUOTAS_MANAGE,)
    page = "/projects"
    named = "code"
    fields = (
        StringField("id", mark("Id")),
        StringField("code", mark("Code")),
        StringField("name", mark("Name")),
        Reference("team_id", mark("Team"), key="teams"),
        BooleanField("is_active", mark("Offered")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("code", "name", "team_id", "is_active")
    found_by = ("code", "name", "team_id")
    narrowed_by = ("is_active", "team_id")


GROUP = (mark("Quotas"), "fa-solid fa-chart-pie", (Quotas, QuotaEntries, Projects))
