"""The catalogue, its rules, and its calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.ext.asyncio import AsyncSession
from starlette_admin.fields import (
    BooleanField,
    IntegerField,
    StringField,
    TagsField,
)

from src.core.actor import Actor, Permission
from src.core.language import mark
from src.domain import resources, schema
from src.domain.resources.tables import Duty, HoldKind, ResourceState
from src.web.admin.columns import Choice, Line, Lines, Moment, Reference
from src.web.admin.editing import Editable
from src.web.admin.listing import ReadOnly

_ZONE = mark("A name such as Europe/Berlin.")
_units = schema.metadata.tables["units"]
_holds = schema.metadata.tables["holds"]


class Types(Editable):
    """Confocal microscopes, flow cytometers, meeting rooms."""

    table, label, one = "resource_types", mark("Types of resources"), mark("Type")
    icon = "fa-solid fa-shapes"
    manages = Permission.RESOURCES_MANAGE
    fields = (
        StringField("id", mark("Id")),
        Line("name", mark("Name"), required=True, maxlength=120),
        Lines("description", mark("Description"), maxlength=10_000),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "description", "created_at")
    found_by = ("name", "description")
    form = ("name", "description")
    fields_default_sort = (("name", False),)

    async def create_row(self, session: AsyncSession, actor: Actor, values: dict[str, Any]) -> UUID:
        """A type that no resource has yet."""
        return (await resources.create_type(session, actor, **values)).id

    async def update_row(
        self,
        session: AsyncSession,
        actor: Actor,
        row_id: UUID,
        changes: dict[str, Any],
        version: int,
    ) -> None:
        """Its name or its description."""
        await resources.update_type(
            session, actor, row_id, changes=changes, expected_version=version
        )

    async def delete_row(self, session: AsyncSession, actor: Actor, row_id: UUID) -> None:
        """Unless a resource is of this type."""
        await resources.delete_type(session, actor, row_id)


class Locations(Editable):
    """Sites, buildings, rooms: a tree."""

    table, label, one = "locations", mark("Locations"), mark("Location")
    icon = "fa-solid fa-location-dot"
    manages = Permission.RESOURCES_MANAGE
    fields = (
        StringField("id", mark("Id")),
        Line("name", mark("Name"), required=True, maxlength=120),
        Reference(
            "parent_id", mark("Lies in"), key="locations", help_text=mark("Empty for a site.")
        ),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "parent_id", "created_at")
    found_by = ("name",)
    form = ("name", "parent_id")
    fields_default_sort = (("name", False),)

    async def create_row(self, session: AsyncSession, actor: Actor, values: dict[str, Any]) -> UUID:
        """At the root, or in another."""
        return (await resources.create_location(session, actor, **values)).id

    async def update_row(
        self,
        session: AsyncSession,
        actor: Actor,
        row_id: UUID,
        changes: dict[str, Any],
        version: int,
    ) -> None:
        """Its name, or where it lies with all that lies in it."""
        await resources.update_location(
            session, actor, row_id, changes=changes, expected_version=version
        )

    async def delete_row(self, session: AsyncSession, actor: Actor, row_id: UUID) -> None:
        """Unless something lies in it."""
        await resources.delete_location(session, actor, row_id)


class Resources(Editable):
    """What describes a resource; its state, units, hours and rules have their pages."""

    table, label, one = "resources", mark("Resources"), mark("Resource")
    icon = "fa-solid fa-microscope"
    manages = Permission.RESOURCES_MANAGE
    page = "/resources/{id}"
    fields = (
        StringField("id", mark("Id")),
        Line("name", mark("Name"), required=True, maxlength=120),
        Lines("description", mark("Description"), maxlength=10_000),
        Reference("type_id", mark("Type"), key="resource-types", required=True),
        Reference("location_id", mark("Location"), key="locations", required=True),
        Choice("state", mark("State"), enum=ResourceState),
        StringField("state_reason", mark("Why")),
        Line("timezone", mark("Time zone"), required=True, help_text=_ZONE),
        Reference("contact_id", mark("Contact"), key="users"),
        TagsField("tags", mark("Tags")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "type_id", "location_id", "state", "contact_id", "updated_at")
    found_by = ("name", "description", "tags")
    form = ("name", "description", "type_id", "location_id", "timezone", "contact_id", "tags")
    fields_default_sort = (("name", False),)

    async def update_row(
        self,
        session: AsyncSession,
        actor: Actor,
        row_id: UUID,
        changes: dict[str, Any],
        version: int,
    ) -> None:
        """Everything the form holds, checked as everywhere."""
        await resources.update(session, actor, row_id, changes=changes, expected_version=version)


class Responsibilities(ReadOnly):
    """Who answers for which resource."""

    table, label, one = "responsibilities", mark("Responsibilities"), mark("Responsibility")
    icon = "fa-solid fa-user-tag"
    keys = ("resource_id", "role", "user_id")
    named = "role"
    fields = (
        Reference("resource_id", mark("Resource"), key="resources"),
        Choice("role", mark("As"), enum=Duty),
        Reference("user_id", mark("Person"), key="users"),
        IntegerField("position", mark("Place among them")),
    )
    listed = ("resource_id", "role", "user_id", "position")


class Units(ReadOnly):
    """The places of each resource."""

    table, label, one = "units", mark("Units"), mark("Unit")
    icon = "fa-solid fa-cubes"
    named = "number"
    fields = (
        IntegerField("id", mark("Id")),
        Reference("resource_id", mark("Resource"), key="resources"),
        IntegerField("number", mark("Number")),
        BooleanField("is_active", mark("In service")),
    )
    listed = ("resource_id", "number", "is_active")


_RULES = {
    "slot_minutes": mark("Grid, minutes"),
    "min_minutes": mark("Shortest, minutes"),
    "max_minutes": mark("Longest, minutes"),
    "earliest_minutes": mark("At most ahead, minutes"),
    "latest_minutes": mark("At least ahead, minutes"),
    "buffer_before_minutes": mark("Kept free before, minutes"),
    "buffer_after_minutes": mark("Kept free after, minutes"),
    "cancel_notice_minutes": mark("Notice of cancelling, minutes"),
    "check_in_grace_minutes": mark("Grace of check-in, minutes"),
    "request_hold_minutes": mark("A request holds, minutes"),
    "max_upcoming": mark("Bookings ahead per person"),
}


class Policies(ReadOnly):
    """The rules as they are written down; what is empty is left to the level above."""

    table, label, one = "policies", mark("Booking rules"), mark("Booking rules")
    icon = "fa-solid fa-scale-balanced"
    named = "level"
    fields = (
        StringField("id", mark("Id")),
        StringField("level", mark("Level")),
        Reference("type_id", mark("Type"), key="resource-types"),
        Reference("resource_id", mark("Resource"), key="resources"),
        *(IntegerField(name, label) for name, label in _RULES.items()),
        BooleanField("is_check_in_required", mark("Check-in needed")),
        BooleanField("is_approval_required", mark("Approval needed")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("type_id", "resource_id", "min_minutes", "max_minutes", "slot_minutes",
              "is_approval_required", "updated_at")  # fmt: skip
    found_by = ("level",)


class OpeningHours(ReadOnly):
    """Weekly intervals, in the resource's local time."""

    table, label, one = "opening_hours", mark("Opening hours"), mark("Opening hours")
    icon = "fa-solid fa-clock"
    named = "weekday"
    fields = (
        IntegerField("id", mark("Id")),
        Reference("resource_id", mark("Resource"), key="resources"),
        IntegerField("weekday", mark("Weekday, 0 is Monday")),
        IntegerField("opens", mark("Opens, minutes from midnight")),
        IntegerField("closes", mark("Closes, minutes from midnight")),
    )
    listed = ("resource_id", "weekday", "opens", "closes")


class Closures(ReadOnly):
    """Times in which nothing can be booked."""

    table, label, one = "closures", mark("Closures"), mark("Closure")
    icon = "fa-solid fa-ban"
    named = "reason"
    fields = (
        StringField("id", mark("Id")),
        Moment("starts_at", mark("From")),
        Moment("ends_at", mark("To")),
        StringField("reason", mark("Reason")),
        BooleanField("is_everything", mark("Closes everything")),
        Reference("created_by", mark("By"), key="users"),
        Moment("cancelled_at", mark("Cancelled")),
        Moment("created_at", mark("Made")),
    )
    listed = ("starts_at", "ends_at", "reason", "is_everything", "created_by", "cancelled_at")
    found_by = ("reason",)


class Closed(ReadOnly):
    """Which resources a closure closes."""

    table, label, one = "closure_resources", mark("Closed resources"), mark("Closed resource")
    icon = "fa-solid fa-ban"
    keys = ("closure_id", "resource_id")
    fields = (
        Reference("closure_id", mark("Closure"), key="closures"),
        Reference("resource_id", mark("Resource"), key="resources"),
    )
    listed = ("closure_id", "resource_id")


class Holds(ReadOnly):
    """What is taken: the truth about the calendar."""

    table, label, one = "holds", mark("Holds"), mark("Hold")
    icon = "fa-solid fa-calendar-check"
    named = "kind"
    is_big = True
    fields = (
        IntegerField("id", mark("Id")),
        Reference("resource_id", mark("Resource"), key="resources"),
        Reference("unit_id", mark("Unit"), key="units"),
        Moment("starts_at", mark("From")),
        Moment("ends_at", mark("To")),
        Choice("kind", mark("Kind"), enum=HoldKind),
        StringField("holder_id", mark("Held by")),
        Moment("expires_at", mark("Until")),
    )
    listed = ("resource_id", "unit_id", "starts_at", "ends_at", "kind", "expires_at")
    found_by = ("holder_id",)
    narrowed_by = ("ends_at", "expires_at", "holder_id", "kind")

    def source(self) -> FromClause:
        """With the units, which know their resource."""
        return _holds.join(_units, _units.c.id == _holds.c.unit_id)

    def joined_columns(self) -> Mapping[str, ColumnElement[Any]]:
        """Whose unit it is."""
        return {"resource_id": _units.c.resource_id}


GROUP = (
    mark("Resources"),
    "fa-solid fa-microscope",
    (
        Resources,
        Types,
        Locations,
        Responsibilities,
        Units,
        Policies,
        OpeningHours,
        Closures,
        Closed,
        Holds,
    ),
)
