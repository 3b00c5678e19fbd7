"""Incidents and what hangs on them. Whoever may not read restricted ones sees none of these tables.

Types and priorities are changed here by their services; what happens to an incident has its pages.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette_admin.fields import BooleanField, IntegerField, StringField, TextAreaField

from src.core.actor import Actor, Permission
from src.core.language import mark
from src.domain.operations import incidents
from src.domain.operations.tables import (
    EntryKind,
    IncidentRole,
    IncidentState,
    Severity,
    TaskPhase,
    TaskState,
    Visibility,
)
from src.domain.resources.tables import Effect
from src.web.admin.columns import Choice, Data, Line, Lines, Moment, Reference
from src.web.admin.editing import Editable
from src.web.admin.listing import ReadOnly

# What a row says of a restricted one is for those alone who may know of every such.
ALL = (Permission.OPERATIONS_READ, Permission.INCIDENTS_READ_RESTRICTED)
_INCIDENT = Reference("incident_id", mark("Incident"), key="incidents")


class Incidents(ReadOnly):
    """What went wrong, or nearly."""

    table, label, one = "incidents", mark("Incidents"), mark("Incident")
    icon = "fa-solid fa-triangle-exclamation"
    needs = ALL
    page = "/incidents/{id}"
    named = "title"
    is_big = True
    fields = (
        StringField("id", mark("Id")),
        IntegerField("number", mark("Number")),
        StringField("title", mark("Title")),
        Reference("type_id", mark("Type"), key="incident-types"),
        TextAreaField("description", mark("Description")),
        Choice("severity", mark("Severity"), enum=Severity),
        Reference("priority_id", mark("Priority"), key="incident-priorities"),
        Choice("state", mark("State"), enum=IncidentState),
        Choice("visibility", mark("Who may know of it"), enum=Visibility),
        BooleanField("is_near_miss", mark("Near miss")),
        Reference("team_id", mark("Team"), key="teams"),
        Reference("location_id", mark("Place"), key="locations"),
        Reference("reported_by", mark("Reported by"), key="users"),
        Moment("occurred_at", mark("Happened")),
        Moment("reported_at", mark("Reported")),
        Moment("acknowledged_at", mark("Acknowledged")),
        Moment("resolved_at", mark("Resolved")),
        Moment("closed_at", mark("Closed")),
        TextAreaField("resolution", mark("What was done")),
        Reference("duplicate_of", mark("The same as"), key="incidents"),
        Reference("recurrence_of", mark("Again"), key="incidents"),
        Moment("response_due_at", mark("Answer due")),
        Moment("next_update_at", mark("Next update due")),
        BooleanField("is_imported", mark("Moved in")),
    )
    listed = ("number", "title", "severity", "state", "visibility", "team_id", "reported_at")
    found_by = ("number",)
    narrowed_by = ("state", "team_id", "type_id", "reported_by", "occurred_at")


class IncidentResources(ReadOnly):
    """What an incident does to resources."""

    table, label = "incident_resources", mark("Resources of incidents")
    one = mark("Resource")
    icon = "fa-solid fa-microscope"
    needs = ALL
    keys = ("incident_id", "resource_id")
    fields = (
        _INCIDENT,
        Reference("resource_id", mark("Resource"), key="resources"),
        Choice("effect", mark("Effect"), enum=Effect),
    )
    listed = ("incident_id", "resource_id", "effect")
    found_by = ("incident_id", "resource_id")


class Assignments(ReadOnly):
    """Who had which role, from when until when."""

    table, label = "incident_assignments", mark("Roles in incidents")
    one = mark("Role")
    icon = "fa-solid fa-user-tag"
    needs = ALL
    named = "role"
    fields = (
        _INCIDENT,
        Choice("role", mark("Role"), enum=IncidentRole),
        Reference("user_id", mark("Person"), key="users"),
        Moment("since_at", mark("From")),
        Moment("until_at", mark("To")),
        Reference("given_by", mark("Given by"), key="users"),
        TextAreaField("note", mark("Note")),
    )
    listed = ("incident_id", "role", "user_id", "since_at", "until_at")
    found_by = ("incident_id", "user_id")


class Entries(ReadOnly):
    """The timelines: append-only."""

    table, label, one = "incident_entries", mark("Timelines of incidents"), mark("Line")
    icon = "fa-solid fa-timeline"
    needs = ALL
    named = "kind"
    is_big = True
    fields = (
        StringField("id", mark("Id")),
        _INCIDENT,
        Choice("kind", mark("Kind"), enum=EntryKind),
        Moment("at", mark("When")),
        Moment("created_at", mark("Written")),
        Reference("author_id", mark("By"), key="users"),
        TextAreaField("text", mark("Text")),
        Data("details", mark("Details")),
        BooleanField("is_backdated", mark("Written afterwards")),
    )
    listed = ("incident_id", "kind", "at", "author_id", "is_backdated")
    found_by = ("incident_id",)
    narrowed_by = ("incident_id",)


class Pins(ReadOnly):
    """Lines that stand on top."""

    table, label, one = "incident_pins", mark("Pinned lines"), mark("Pin")
    icon = "fa-solid fa-thumbtack"
    needs = ALL
    keys = ("entry_id",)
    named = "entry_id"
    fields = (
        Reference("entry_id", mark("Line"), key="incident-entries"),
        _INCIDENT,
        Reference("pinned_by", mark("By"), key="users"),
        Moment("pinned_at", mark("When")),
    )
    listed = ("entry_id", "incident_id", "pinned_by", "pinned_at")
    found_by = ("incident_id",)


class Tasks(ReadOnly):
    """What is to be done about incidents, also after they are closed."""

    table, label, one = "incident_tasks", mark("Tasks of incidents"), mark("Task")
    icon = "fa-solid fa-list-check"
    needs = ALL
    named = "title"
    fields = (
        StringField("id", mark("Id")),
        _INCIDENT,
        StringField("title", mark("Title")),
        TextAreaField("description", mark("Description")),
        Choice("phase", mark("Phase"), enum=TaskPhase),
        Choice("state", mark("State"), enum=TaskState),
        BooleanField("is_mandatory", mark("Before it can be closed")),
        Reference("owner_id", mark("Owner"), key="users"),
        Moment("due_at", mark("Due")),
        Moment("done_at", mark("Done")),
        Reference("done_by", mark("By"), key="users"),
        TextAreaField("outcome", mark("What came of it")),
    )
    listed = ("incident_id", "title", "state", "owner_id", "due_at", "done_at")
    found_by = ("incident_id", "title", "owner_id")


class Reviews(ReadOnly):
    """What was learned, and who signed it."""

    table, label, one = "incident_reviews", mark("Reviews of incidents"), mark("Review")
    icon = "fa-solid fa-signature"
    needs = ALL
    keys = ("incident_id",)
    named = "incident_id"
    fields = (
        _INCIDENT,
        TextAreaField("what_happened", mark("What happened")),
        TextAreaField("impact", mark("Impact")),
        TextAreaField("root_cause", mark("Root cause")),
        TextAreaField("lessons", mark("Lessons")),
        Reference("begun_by", mark("Begun by"), key="users"),
        Reference("signed_by", mark("Signed by"), key="users"),
        Moment("signed_at", mark("Signed")),
    )
    listed = ("incident_id", "begun_by", "signed_by", "signed_at")


class IncidentTypes(Editable):
    """Kinds of incidents; who leads and what is to be done is set on their page."""

    table, label, one = "incident_types", mark("Types of incidents"), mark("Type")
    icon = "fa-solid fa-shapes"
    needs = (Permission.OPERATIONS_READ,)
    manages = Permission.INCIDENTS_CONFIGURE
    page = "/incident-types/{id}/edit"
    fields = (
        StringField("id", mark("Id")),
        Line("code", mark("Code"), required=True, maxlength=40),
        Line("name", mark("Name"), required=True, maxlength=120),
        Lines("description", mark("Description"), maxlength=4000),
        IntegerField("rank", mark("Place in the list"), required=True),
        Choice("default_severity", mark("Severity"), enum=Severity, required=True),
        Reference("default_priority_id", mark("Priority"), key="incident-priorities"),
        Choice("default_visibility", mark("Who may know of it"), enum=Visibility, required=True),
        BooleanField("needs_review", mark("Needs a review")),
        BooleanField("may_be_anonymous", mark("May be reported without a name")),
        Data("leads", mark("Who leads")),
        Data("tasks", mark("Tasks")),
        BooleanField("is_active", mark("In use")),
    )
    listed = ("name", "code", "default_severity", "default_visibility", "needs_review", "is_active")
    found_by = ("name", "code")
    form = (
        "name", "description", "rank", "default_severity", "default_priority_id",
        "default_visibility", "needs_review", "may_be_anonymous", "is_active",
    )  # fmt: skip
    new = ("code", *form)
    fields_default_sort = (("name", False),)

    async def create_row(self, session: AsyncSession, actor: Actor, values: dict[str, Any]) -> UUID:
        """One that nothing was reported of yet."""
        code = str(values.pop("code"))
        made = await incidents.types.create(session, actor, code=code, values=_typed(values))
        return made.id

    async def update_row(
        self,
        session: AsyncSession,
        actor: Actor,
        row_id: UUID,
        changes: dict[str, Any],
        version: int,
    ) -> None:
        """For incidents that are reported from now on."""
        await incidents.types.change(
            session, actor, row_id, changes=_typed(changes), expected_version=version
        )


class IncidentPriorities(Editable):
    """How soon somebody answers, and how often those concerned hear of it."""

    table, label = "incident_priorities", mark("Priorities of incidents")
    one = mark("Priority")
    icon = "fa-solid fa-arrow-up-wide-short"
    needs = (Permission.OPERATIONS_READ,)
    manages = Permission.INCIDENTS_CONFIGURE
    page = "/incident-types"
    fields = (
        StringField("id", mark("Id")),
        Line("name", mark("Name"), required=True, maxlength=60),
        IntegerField("rank", mark("Rank"), required=True),
        IntegerField("response_minutes", mark("Answer within, minutes")),
        IntegerField("update_minutes", mark("Update every, minutes")),
        BooleanField("is_active", mark("In use")),
    )
    listed = ("rank", "name", "response_minutes", "update_minutes", "is_active")
    found_by = ("name",)
    form = ("name", "rank", "response_minutes", "update_minutes", "is_active")
    fields_default_sort = (("name", False),)

    async def create_row(self, session: AsyncSession, actor: Actor, values: dict[str, Any]) -> UUID:
        """One that no incident has yet."""
        return (await incidents.priorities.create(session, actor, values=values)).id

    async def update_row(
        self,
        session: AsyncSession,
        actor: Actor,
        row_id: UUID,
        changes: dict[str, Any],
        version: int,
    ) -> None:
        """What goes on keeps the times it has."""
        await incidents.priorities.change(
            session, actor, row_id, changes=changes, expected_version=version
        )


class Subscriptions(ReadOnly):
    """Who wants to hear of which incidents."""

    table, label = "incident_subscriptions", mark("Subscriptions to incidents")
    one = mark("Subscription")
    icon = "fa-solid fa-filter"
    needs = (Permission.USERS_MANAGE,)
    fields = (
        StringField("id", mark("Id")),
        Reference("user_id", mark("Person"), key="users"),
        StringField("name", mark("Name")),
        Data("filter", mark("Filter")),
        BooleanField("is_active", mark("In use")),
    )
    listed = ("user_id", "name", "is_active")
    found_by = ("user_id", "name")


VIEWS = (
    Incidents, IncidentResources, Assignments, Entries, Pins, Tasks, Reviews, IncidentTypes,
    IncidentPriorities, Subscriptions,
)  # fmt: skip


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    """What a form says, as the service takes it."""
    kinds = {"default_severity": Severity, "default_visibility": Visibility}
    return {
        name: kinds[name](value) if name in kinds and value else value
        for name, value in values.items()
    }
