"""When a person leaves: they look after nothing any more, and their own sets go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.resources.tables import Resource, ResourceSet, Responsibility


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(
        update(Resource)
        .where(Resource.contact_id == user_id)
        .values(contact_id=None, version=Resource.version + 1)
    )
    await session.execute(delete(Responsibility).where(Responsibility.user_id == user_id))
    await session.execute(delete(ResourceSet).where(ResourceSet.owner_id == user_id))


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    duties = await session.execute(
        select(Resource.name, Responsibility.role)
        .join(Resource, Resource.id == Responsibility.resource_id)
        .where(Responsibility.user_id == user_id)
    )
    asked = await session.execute(select(Resource.name).where(Resource.contact_id == user_id))
    sets = await session.execute(
        select(ResourceSet.name, ResourceSet.resource_ids).where(ResourceSet.owner_id == user_id)
    )
    return {
        "looks_after": [dict(row) for row in duties.mappings()],
        "contact_of": [name for (name,) in asked],
        "sets": [dict(row) for row in sets.mappings()],
    }


accounts.leaving.erasure.on_erasure("resources", _erase)
accounts.leaving.exporting.source("resources", _read)
