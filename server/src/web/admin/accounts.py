"""People, teams, and what they may do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette_admin.fields import BooleanField, EnumField, StringField

from src.core import language
from src.core.actor import Actor, Permission
from src.core.language import mark
from src.domain import accounts
from src.web.admin.columns import Choice, Line, Moment, Reference
from src.web.admin.editing import Editable
from src.web.admin.listing import ReadOnly

_ZONE = mark("A name such as Europe/Berlin.")


def _languages(_request: Request) -> list[tuple[str, str]]:
    return [(code, language.own_name(code)) for code in language.available()]


class Users(Editable):
    """Only what is plain data of a person; roles and passwords have their pages."""

    table, label, one = "users", mark("People"), mark("Person")
    icon = "fa-solid fa-user"
    manages = Permission.USERS_MANAGE
    needs = (manages,)
    fields = (
        StringField("id", mark("Id")),
        Line("name", mark("Name"), required=True, maxlength=200),
        StringField("email", mark("E-mail address")),
        EnumField(
            "locale",
            mark("Language"),
            choices_loader=_languages,
            help_text=mark("Empty: what their browser asks for."),
        ),
        Line("timezone", mark("Time zone"), required=True, help_text=_ZONE),
        Choice("state", mark("State"), enum=accounts.UserState, required=True),
        Moment("password_changed_at", mark("Password changed")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "email", "state", "locale", "timezone", "created_at")
    found_by = ("name", "email")
    form = ("name", "locale", "timezone", "state")
    fields_default_sort = (("name", False),)

    async def update_row(
        self,
        session: AsyncSession,
        actor: Actor,
        row_id: UUID,
        changes: dict[str, Any],
        version: int,
    ) -> None:
        """Suspending ends the log-ins, and one administrator is always left."""
        await accounts.update_user(
            session, actor, row_id, changes=changes, expected_version=version
        )


class Teams(Editable):
    """Research groups and operations teams."""

    table, label, one = "teams", mark("Teams"), mark("Team")
    icon = "fa-solid fa-people-group"
    manages = Permission.TEAMS_MANAGE
    needs = (manages,)
    fields = (
        StringField("id", mark("Id")),
        Line("name", mark("Name"), required=True, maxlength=200),
        Line("timezone", mark("Time zone"), required=True, default="UTC", help_text=_ZONE),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "timezone", "created_at")
    found_by = ("name",)
    form = ("name", "timezone")
    fields_default_sort = (("name", False),)

    async def create_row(self, session: AsyncSession, actor: Actor, values: dict[str, Any]) -> UUID:
        """A team without members."""
        return (await accounts.create_team(session, actor, **values)).id

    async def update_row(
        self,
        session: AsyncSession,
        actor: Actor,
        row_id: UUID,
        changes: dict[str, Any],
        version: int,
    ) -> None:
        """Its name or its time zone."""
        await accounts.update_team(
            session, actor, row_id, changes=changes, expected_version=version
        )


class Members(ReadOnly):
    """Who belongs to which team."""

    table, label, one = "team_members", mark("Members of teams"), mark("Member")
    icon = "fa-solid fa-user-group"
    needs = (Permission.USERS_MANAGE,)
    keys = ("team_id", "user_id")
    fields = (
        Reference("team_id", mark("Team"), key="teams"),
        Reference("user_id", mark("Person"), key="users"),
        BooleanField("is_lead", mark("Leads it")),
        Moment("created_at", mark("Since")),
    )
    listed = ("team_id", "user_id", "is_lead", "created_at")


class Assignments(ReadOnly):
    """Who holds which role, where, and how long."""

    table, label, one = "role_assignments", mark("Roles given"), mark("Role given")
    icon = "fa-solid fa-key"
    needs = (Permission.USERS_MANAGE,)
    named = "role"
    fields = (
        StringField("id", mark("Id")),
        Reference("user_id", mark("Person"), key="users"),
        Reference("team_id", mark("Team"), key="teams"),
        StringField("role", mark("Role")),
        StringField("scope", mark("Only for")),
        Moment("expires_at", mark("Until")),
        Moment("created_at", mark("Since")),
    )
    listed = ("user_id", "team_id", "role", "scope", "expires_at", "created_at")
    found_by = ("scope",)


class Institutes(ReadOnly):
    """The one row that says whose deployment this is."""

    table, label, one = "institutes", mark("Institute"), mark("Institute")
    icon = "fa-solid fa-building-columns"
    fields = (
        StringField("name", mark("Name")),
        StringField("timezone", mark("Time zone")),
        StringField("locale", mark("Language")),
        StringField("currency", mark("Currency")),
        StringField("mail_from", mark("Mails come from")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "timezone", "currency", "mail_from")
    found_by = ("name",)


GROUP = (mark("People"), "fa-solid fa-users", (Users, Teams, Members, Assignments, Institutes))
