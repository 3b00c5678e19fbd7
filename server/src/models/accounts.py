"""People, teams and log-ins on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool

from src.domain.accounts import RoleName, TeamView, UserState, UserView
from src.models.common import Line, Reference, Text, Wire, absent

Email = Annotated[Line, Field(min_length=3, max_length=320, examples=["ada@example.org"])]
Name = Annotated[Line, Field(min_length=1, max_length=200, examples=["Ada Lovelace"])]
Zone = Annotated[Line, Field(min_length=1, max_length=64, examples=["Europe/Zurich"])]
Locale = Annotated[
    Annotated[Line, Field(min_length=2, max_length=16)] | None,
    Field(examples=["en"], description="Null: none was chosen; the browser's language counts."),
]


class PasswordChange(Wire):
    """A new password: 12 characters or more, and none that everybody uses."""

    model_config = ConfigDict(str_strip_whitespace=False)

    current_password: Annotated[str, Field(max_length=1000)]
    new_password: Annotated[str, Field(max_length=1000)]


class PhoneVerification(Wire):
    """The code of a text message."""

    code: Annotated[Line, Field(min_length=1, max_length=20, examples=["123456"])]


class MeUpdate(Wire):
    """What one may change of oneself."""

    name: Name = absent()
    locale: Locale = absent()
    timezone: Zone = absent()
    phone: Annotated[Line, Field(max_length=40, examples=["+49 30 901820"])] | None = None
    date_format: Literal["iso", "dots", "slashes", "us"] | None = None
    time_format: Literal["24h", "12h"] | None = None
    theme: Literal["light", "dark", "system"] | None = None


class UserCreate(Wire):
    """A new person. Without a password they cannot log in yet."""

    email: Email
    name: Name
    password: Annotated[str, Field(max_length=1000)] | None = None
    roles: list[RoleName] = Field(default=[RoleName.MEMBER], max_length=8)
    locale: Locale = None
    timezone: Zone = "UTC"


class UserUpdate(MeUpdate):
    """What may be changed of a person."""

    email: Email = absent()
    state: UserState = absent()


class StateReason(Wire):
    """Why somebody is kept out, or let in again."""

    reason: Annotated[Text, Field(max_length=500, examples=["Left the institute"])] | None = None


class UserRead(Wire):
    """A person. Address, phone, state and roles only for oneself and those who manage people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198c0de-5a7e-7000-8000-000000000001",
                    "name": "Ada Lovelace",
                    "email": "ada@example.org",
                    "locale": "en",
                    "timezone": "Europe/Zurich",
                    "state": "active",
                    "roles": ["member"],
                    "teams": [],
                    "version": 1,
                    "created_at": "2026-11-21T09:00:00Z",
                    "updated_at": "2026-11-21T09:00:00Z",
                }
            ]
        }
    )

    id: UUID
    name: str
    email: str | None
    locale: Locale
    timezone: str
    state: UserState | None
    roles: list[str]
    teams: list[Reference]
    phone: str | None = None
    phone_verified_at: datetime | None = None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: UserView) -> Self:
        """The person as they go over the wire."""
        teams = [Reference(id=team_id, name=name) for team_id, name in view.teams]
        return cls.model_validate({**_fields(view, cls), "teams": teams})


_OWN = ("email_verified_at", "date_format", "time_format", "theme")


class MeRead(UserRead):
    """Oneself, with what one may do anywhere."""

    email_verified_at: datetime | None = None
    date_format: str | None = None
    time_format: str | None = None
    theme: str | None = None
    permissions: list[str]

    @classmethod
    def of(cls, view: UserView, permissions: list[str] | None = None) -> Self:
        """Oneself as it goes over the wire."""
        teams = [Reference(id=team_id, name=name) for team_id, name in view.teams]
        own = {name: getattr(view, name) for name in _OWN}
        more = {"teams": teams, "permissions": permissions or []}
        fields = {**_fields(view, UserRead), **own, **more}
        return cls.model_validate(fields)


TeamName = Annotated[Line, Field(min_length=1, max_length=200, examples=["Neuroscience"])]


class TeamCreate(Wire):
    """A new team."""

    name: TeamName
    timezone: Zone = "UTC"


class TeamUpdate(Wire):
    """What may be changed of a team."""

    name: TeamName = absent()
    timezone: Zone = absent()


class TeamRead(Wire):
    """A team and how many belong to it."""

    id: UUID
    name: str
    timezone: str
    member_count: int
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: TeamView) -> Self:
        """The team as it goes over the wire."""
        return cls.model_validate(view)


class MemberRead(Wire):
    """One of a team."""

    user_id: UUID
    name: str
    is_lead: bool


class MemberSet(Wire):
    """Whether the person leads the team."""

    is_lead: StrictBool = False


def _fields(view: object, cls: type[Wire]) -> dict[str, Any]:
    return {name: getattr(view, name) for name in cls.model_fields}
