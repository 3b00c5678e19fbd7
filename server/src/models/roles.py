"""Roles, who holds them, and who may do what, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from src.core.actor import Permission
from src.domain.accounts.access.assignments import AssignmentView
from src.domain.accounts.access.custom import RoleView
from src.domain.accounts.access.explaining import Answer
from src.models.common import Line, Moment, Text, Wire, absent

RoleKey = Annotated[
    Line, Field(min_length=3, max_length=40, pattern=r"^[a-z][a-z0-9-]*[a-z0-9]$",
                examples=["night-shift"])
]  # fmt: skip
Title = Annotated[Line, Field(min_length=1, max_length=100, examples=["Night shift"])]
Description = Annotated[Text, Field(max_length=500)]
Permissions = Annotated[
    list[Permission], Field(max_length=len(Permission), examples=[["bookings:create"]])
]
Scope = Annotated[
    str,
    Field(
        max_length=80,
        pattern=r"^[a-z-]+:[0-9a-fA-F-]{36}$",
        examples=["team:0198c0de-5a7e-7000-8000-000000000001"],
        description="`team:<id>` or `resource:<id>`; null means everywhere.",
    ),
]


class RoleCreate(Wire):
    """A role of the institute's own. What it denies beats whatever else grants it."""

    name: RoleKey
    title: Title
    description: Description = ""
    grants: Permissions = Field(default_factory=list)
    denies: Permissions = Field(default_factory=list)


class RoleUpdate(Wire):
    """What may be changed of a role; it counts for all its holders at once."""

    title: Title = absent()
    description: Description = absent()
    grants: Permissions = absent()
    denies: Permissions = absent()


class RoleRead(Wire):
    """A role. Built-in ones cannot be changed; `held` counts who has it, people and teams."""

    id: UUID
    name: str
    title: str
    description: str
    is_built_in: bool
    grants: list[Permission]
    denies: list[Permission]
    held: int
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: RoleView) -> Self:
        """The role as it goes over the wire."""
        return cls.model_validate(view)


class AssignmentCreate(Wire):
    """Give a role to a person or a team, everywhere or in a scope, until it ends."""

    user_id: UUID | None = None
    team_id: UUID | None = None
    role: RoleKey
    scope: Scope | None = None
    expires_at: Moment | None = None

    @model_validator(mode="after")
    def _one_holder(self) -> Self:
        if (self.user_id is None) == (self.team_id is None):
            raise ValueError("Give either user_id or team_id.")
        return self


class AssignmentRead(Wire):
    """A role as somebody holds it. `source` is empty where a person gave it."""

    id: UUID
    user_id: UUID | None
    user_name: str | None
    team_id: UUID | None
    team_name: str | None
    role: str
    scope: str | None
    scope_name: str | None
    expires_at: datetime | None
    created_at: datetime
    granted_by: UUID | None
    source: str

    @classmethod
    def of(cls, view: AssignmentView) -> Self:
        """The assignment as it goes over the wire."""
        return cls.model_validate(view)


class ReasonRead(Wire):
    """An assignment that speaks for it, or with `denies` against it. `team` is how it came."""

    role: str
    scope: str | None
    team_id: UUID | None
    team: str | None
    expires_at: datetime | None
    denies: bool


class VerdictRead(Wire):
    """Whether a person may, and why."""

    user_id: UUID
    name: str
    may: bool
    is_active: bool
    reasons: list[ReasonRead]


class WhoMayRead(Wire):
    """Who may do this to that. `is_cut` where more people are concerned than are listed."""

    permission: Permission
    scope: str | None
    scope_name: str | None
    people: list[VerdictRead]
    is_cut: bool

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """The answer as it goes over the wire."""
        return cls.model_validate(answer)
