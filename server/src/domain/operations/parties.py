"""People and teams as blockers and decisions name them: are they there, and may they read it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Permission
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts.tables import Team
from src.domain.operations import policy

Field = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something by its name."""

    id: UUID
    name: str


def named(thing_id: UUID | None, name: str | None) -> Named | None:
    """What an outer join found, if it found anything."""
    return Named(thing_id, name) if thing_id is not None and name is not None else None


async def readers(
    session: AsyncSession, team_id: UUID | None, people: Collection[UUID]
) -> set[UUID]:
    """Of these people those who are active and read what the team writes; one statement."""
    if not people:
        return set()
    held = await accounts.holders(session, Permission.OPERATIONS_READ, *policy.scopes(team_id))
    return set(people) & set(held)


async def faults_of_people(
    session: AsyncSession, team_id: UUID | None, people: Mapping[Field, UUID | None]
) -> list[FieldError]:
    """A fault for each field that names somebody who is not there or may not read it."""
    wanted = {field: one for field, one in people.items() if one is not None}
    there = await readers(session, team_id, set(wanted.values()))
    detail = _("Choose somebody who is active and may read what the team writes.")
    return [
        FieldError(field, "unknown-person", detail)
        for field, one in wanted.items()
        if one not in there
    ]


async def faults_of_team(session: AsyncSession, team_id: UUID | None) -> list[FieldError]:
    """A fault where there is no such team."""
    if team_id is None or await session.scalar(select(Team.id).where(Team.id == team_id)):
        return []
    return [FieldError(("team_id",), "unknown-team", _("There is no team with this id."))]


def faults_of_texts(values: Mapping[str, Any], longest: Mapping[str, int]) -> list[FieldError]:
    """A fault for each text that is too long; a title is needed wherever one is given."""
    faults = []
    for field, most in longest.items():
        text = values.get(field)
        if text is None:
            continue
        if field == "title" and not text.strip():
            faults.append(FieldError((field,), "missing", _("It needs a title.")))
        if len(text) > most:
            detail = _("At most %(most)s characters.", most=most)
            faults.append(FieldError((field,), "too-long", detail))
    return faults
