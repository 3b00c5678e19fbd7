"""What the rows of a file refer to: looked up once for each stretch of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import zone_of
from src.domain import resources
from src.domain.accounts.tables import User, UserState
from src.domain.operations.imports.reading import Row, key_of
from src.domain.operations.imports.taking import Known
from src.domain.operations.tables import (
    ImportedRow,
    ImportKind,
    IncidentPriority,
    IncidentType,
    OperationsImport,
)
from src.domain.resources.tables import Resource


async def look_up(
    session: AsyncSession, actor: Actor, wanted: OperationsImport, rows: Sequence[Row]
) -> Known:
    """People by address, types and resources by name, and what was taken over of these rows."""
    people = await session.execute(
        select(User.email, User.id).where(User.state != UserState.INVITED, User.erased_at.is_(None))
    )
    known = Known(
        zone_of(actor.timezone), wanted.team_id, {email.casefold(): id_ for email, id_ in people}
    )
    keys = {key_of(row) for row in rows} | {row.cells.get("superseded_by", "") for row in rows}
    taken = await session.execute(
        select(ImportedRow.key, ImportedRow.subject_id).where(
            ImportedRow.kind == wanted.kind,
            ImportedRow.scope == scope_of(wanted.team_id),
            ImportedRow.key.in_(keys),
        )
    )
    known.taken = {key: subject_id for key, subject_id in taken}  # noqa: C416 - rows are no pairs
    if wanted.kind is ImportKind.INCIDENTS:
        await _of_incidents(session, actor, known)
    return known


def scope_of(team_id: UUID | None) -> str:
    """Where a key counts: in what is a team's, or everybody's."""
    return f"team:{team_id}" if team_id else "all"


async def _of_incidents(session: AsyncSession, actor: Actor, known: Known) -> None:
    types = await session.execute(
        select(IncidentType.id, IncidentType.code, IncidentType.name).where(IncidentType.is_active)
    )
    known.types = {said.casefold(): id_ for id_, code, name in types for said in (name, code)}
    priorities = await session.execute(
        select(IncidentPriority.id, IncidentPriority.rank, IncidentPriority.name).where(
            IncidentPriority.is_active
        )
    )
    known.priorities = {
        said.casefold(): id_ for id_, rank, name in priorities for said in (name, str(rank))
    }
    found = await session.execute(
        select(Resource.name, Resource.id).where(resources.access.visible(actor))
    )
    known.resources = {name.casefold(): id_ for name, id_ in found}
