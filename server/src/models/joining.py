"""Invitations, registration, new passwords and addresses on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from src.domain.accounts.joining import InvitationView
from src.models.accounts import Email, Locale, Name, Zone
from src.models.common import Line, Reference, Wire

Token = Annotated[
    Line,
    Field(
        min_length=1,
        max_length=200,
        description="What stands behind `token=` in the mailed link.",
        json_schema_extra={"format": "password"},
    ),
]
Password = Annotated[
    str,
    Field(
        max_length=1024,
        description="12 characters or more, and not easily guessed.",
        json_schema_extra={"format": "password"},
    ),
]
RoleNames = Annotated[
    list[Annotated[Line, Field(min_length=1, max_length=40, examples=["member"])]],
    Field(max_length=20),
]


class InvitationCreate(Wire):
    """Whom to invite, and to what. Without a name they choose it themselves."""

    email: Email
    name: Name | None = None
    roles: RoleNames = Field(default=["member"])
    team_ids: list[UUID] = Field(default=[], max_length=50)
    locale: Locale = None


class InvitationRead(Wire):
    """Somebody who was invited and has not come yet. The id is the person's."""

    id: UUID
    email: str
    name: str
    roles: list[str]
    teams: list[Reference]
    inviter: Reference | None
    invited_at: datetime
    expires_at: datetime
    is_expired: bool

    @classmethod
    def of(cls, view: InvitationView) -> Self:
        """The invitation as it goes over the wire."""
        inviter = None
        if view.inviter_id is not None:
            inviter = Reference(id=view.inviter_id, name=view.inviter or "")
        return cls(
            id=view.id,
            email=view.email,
            name=view.name,
            roles=list(view.roles),
            teams=[Reference(id=id_, name=name) for id_, name in view.teams],
            inviter=inviter,
            invited_at=view.invited_at,
            expires_at=view.expires_at,
            is_expired=view.is_expired,
        )


class _Typed(Wire):
    """Passwords are taken as they are typed."""

    model_config = ConfigDict(str_strip_whitespace=False)


class Arrival(_Typed):
    """The link of an invitation or a registration, and the password that was chosen."""

    token: Token
    password: Password
    name: Name | None = None


class Registration(Wire):
    """Who wants to register. They are always a member; the mailed link leads on."""

    email: Email
    name: Name
    locale: Locale = None
    timezone: Zone | None = None


class ByEmail(Wire):
    """An address, for which a mail is asked."""

    email: Email


class PasswordReset(_Typed):
    """The link for a new password, and the password."""

    token: Token
    password: Password


class EmailChange(_Typed):
    """A new address of one's own, and one's password."""

    email: Email
    password: Annotated[str, Field(max_length=1024, json_schema_extra={"format": "password"})]


class ByLink(Wire):
    """A mailed link."""

    token: Token


class Asked(Wire):
    """The request was taken; what follows is mailed. The same for every address."""

    message: str = Field(examples=["If the address is right, a mail is on its way."])
