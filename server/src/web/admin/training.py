"""Qualifications, who has them, and who asks for access. Giving and deciding have their own pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette_admin.fields import BooleanField, IntegerField, StringField, TextAreaField

from src.core.actor import Actor, Permission
from src.core.language import mark
from src.domain import training
from src.domain.training import AccessState
from src.web.admin.columns import Choice, Data, Line, Lines, Moment, Reference
from src.web.admin.editing import Editable
from src.web.admin.listing import ReadOnly


class Qualifications(Editable):
    """What somebody must have been taught before they may book."""

    table, label, one = "qualifications", mark("Qualifications"), mark("Qualification")
    icon = "fa-solid fa-graduation-cap"
    manages = Permission.QUALIFICATIONS_MANAGE
    page = "/qualifications/{id}"
    fields = (
        StringField("id", mark("Id")),
        Line("name", mark("Name"), required=True, maxlength=120),
        Lines("description", mark("Description"), maxlength=10_000),
        IntegerField("valid_days", mark("Holds for, days")),
        BooleanField("is_active", mark("In use")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "valid_days", "is_active", "created_at")
    found_by = ("name", "description")
    form = ("name", "description")
    fields_default_sort = (("name", False),)

    async def create_row(self, session: AsyncSession, actor: Actor, values: dict[str, Any]) -> UUID:
        """One that nobody holds yet."""
        return (await training.qualifications.create(session, actor, **values)).id

    async def update_row(
        self,
        session: AsyncSession,
        actor: Actor,
        row_id: UUID,
        changes: dict[str, Any],
        version: int,
    ) -> None:
        """Its name or its description."""
        await training.qualifications.update(
            session, actor, row_id, changes=changes, expected_version=version
        )


class Grants(ReadOnly):
    """Who was given which qualification, from when and until when."""

    table, label = "qualification_grants", mark("Qualifications given")
    one = mark("Qualification given")
    icon = "fa-solid fa-id-badge"
    needs = (Permission.QUALIFICATIONS_MANAGE,)
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        Reference("person_id", mark("Person"), key="users"),
        Reference("qualification_id", mark("Qualification"), key="qualifications"),
        Reference("granted_by", mark("Given by"), key="users"),
        Moment("granted_at", mark("Given")),
        Moment("expires_at", mark("Until")),
        Moment("revoked_at", mark("Taken away")),
        TextAreaField("note", mark("Note")),
        StringField("access_request_id", mark("Request for access")),
        Moment("told_for", mark("Reminded of the end")),
        Moment("created_at", mark("Made")),
    )
    listed = ("person_id", "qualification_id", "granted_at", "expires_at", "revoked_at")
    found_by = ("person_id", "qualification_id")
    narrowed_by = ("person_id", "qualification_id", "expires_at")


class AccessRequests(ReadOnly):
    """Who asks for the qualifications a resource requires."""

    table, label = "access_requests", mark("Requests for access")
    one = mark("Request for access")
    icon = "fa-solid fa-door-open"
    needs = (Permission.QUALIFICATIONS_MANAGE,)
    page = "/access-requests/{id}"
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        Reference("person_id", mark("Person"), key="users"),
        Reference("resource_id", mark("Resource"), key="resources"),
        TextAreaField("reason", mark("Reason")),
        Data("qualification_ids", mark("Qualifications")),
        Choice("state", mark("State"), enum=AccessState),
        Moment("granted_until", mark("Until")),
        Moment("expires_at", mark("The request lapses")),
        TextAreaField("decision_note", mark("Note of the decision")),
        Reference("decided_by", mark("Decided by"), key="users"),
        Moment("decided_at", mark("Decided")),
        Moment("created_at", mark("Made")),
    )
    listed = ("person_id", "resource_id", "state", "created_at", "expires_at", "decided_by")
    found_by = ("person_id", "resource_id")
    narrowed_by = ("state", "person_id", "resource_id")


GROUP = (mark("Training"), "fa-solid fa-graduation-cap", (Qualifications, Grants, AccessRequests))
