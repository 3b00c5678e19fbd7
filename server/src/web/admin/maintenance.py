"""Utilities, outages and problem reports. Taking down and resolving have their own pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette_admin.fields import BooleanField, IntegerField, StringField, TextAreaField

from src.core import audit
from src.core.actor import Actor, Permission
from src.core.language import mark
from src.domain import resources, schema
from src.domain.maintenance import ProblemState, Severity
from src.domain.resources.tables import Effect, UtilityState
from src.web.admin.columns import Choice, Line, Lines, Moment, Reference
from src.web.admin.editing import Editable
from src.web.admin.listing import ReadOnly

_outages = schema.metadata.tables["outages"]


class Utilities(Editable):
    """Gas, vacuum, power, cooling water: what resources depend on."""

    table, label, one = "utilities", mark("Utilities"), mark("Utility")
    icon = "fa-solid fa-plug"
    manages = Permission.RESOURCES_MANAGE
    page = "/utilities/{id}"
    fields = (
        StringField("id", mark("Id")),
        Line("name", mark("Name"), required=True, maxlength=120),
        Lines("description", mark("Description"), maxlength=10_000),
        Choice("state", mark("State"), enum=UtilityState),
        StringField("state_reason", mark("Reason")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "state", "state_reason", "created_at")
    found_by = ("name", "description")
    form = ("name", "description")
    fields_default_sort = (("name", False),)

    async def create_row(self, session: AsyncSession, actor: Actor, values: dict[str, Any]) -> UUID:
        """One that nothing depends on yet."""
        return (await resources.utilities.create(session, actor, **values)).id

    async def update_row(
        self,
        session: AsyncSession,
        actor: Actor,
        row_id: UUID,
        changes: dict[str, Any],
        version: int,
    ) -> None:
        """Its name or its description."""
        await resources.utilities.update(
            session, actor, row_id, changes=changes, expected_version=version
        )

    async def delete_row(self, session: AsyncSession, actor: Actor, row_id: UUID) -> None:
        """Unless it is down."""
        await resources.utilities.remove(session, actor, row_id)


class Dependants(ReadOnly):
    """What becomes of a resource when a utility fails."""

    table, label = "utility_dependants", mark("Dependants of utilities")
    one = mark("Dependant")
    icon = "fa-solid fa-plug"
    keys = ("utility_id", "resource_id")
    fields = (
        Reference("utility_id", mark("Utility"), key="utilities"),
        Reference("resource_id", mark("Resource"), key="resources"),
        Choice("effect", mark("Effect"), enum=Effect),
    )
    listed = ("utility_id", "resource_id", "effect")


class Outages(ReadOnly):
    """Why resources are or were down or degraded, from when to when."""

    table, label, one = "outages", mark("Outages"), mark("Outage")
    icon = "fa-solid fa-triangle-exclamation"
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        Reference("resource_id", mark("Resource"), key="resources"),
        Choice("effect", mark("Effect"), enum=Effect),
        StringField("source_type", mark("By what")),
        StringField("source_id", mark("Its id")),
        StringField("reason", mark("Reason")),
        Moment("started_at", mark("From")),
        Moment("ended_at", mark("To")),
        Reference("started_by", mark("By"), key="users"),
    )
    listed = ("resource_id", "effect", "source_type", "reason", "started_at", "ended_at")
    found_by = ("resource_id", "reason")
    narrowed_by = ("resource_id", "started_at", "ended_at")

    async def known(self, reads: AsyncSession, actor: Actor, rows: Select[Any]) -> Select[Any]:
        """Not those that lead to an incident which is restricted to others."""
        unknown = await audit.hidden(reads, actor)
        return rows.where(_outages.c.source_id.not_in(unknown)) if unknown else rows


class Problems(ReadOnly):
    """What people say is wrong with resources."""

    table, label, one = "problem_reports", mark("Problem reports"), mark("Problem report")
    icon = "fa-solid fa-screwdriver-wrench"
    page = "/problem-reports/{id}"
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        Reference("resource_id", mark("Resource"), key="resources"),
        StringField("booking_id", mark("Booking")),
        Reference("reported_by", mark("Reported by"), key="users"),
        Choice("severity", mark("Severity"), enum=Severity),
        IntegerField("severity_rank", mark("Rank")),
        TextAreaField("text", mark("Problem")),
        BooleanField("is_blocking", mark("Nobody can use it")),
        Choice("state", mark("State"), enum=ProblemState),
        TextAreaField("resolution", mark("What was done")),
        Reference("resolved_by", mark("Resolved by"), key="users"),
        Moment("resolved_at", mark("Resolved")),
        Moment("created_at", mark("Reported")),
    )
    listed = ("resource_id", "severity", "state", "is_blocking", "reported_by", "created_at")
    found_by = ("resource_id", "reported_by", "text")
    narrowed_by = ("state", "resource_id", "severity")


GROUP = (
    mark("At the instrument"),
    "fa-solid fa-screwdriver-wrench",
    (Utilities, Dependants, Outages, Problems),
)
