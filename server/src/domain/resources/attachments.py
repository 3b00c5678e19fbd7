"""Files on resources: who sees the resource sees them, who manages it adds and removes them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import files
from src.domain.resources import access
from src.domain.resources.tables import Resource


async def rights(session: AsyncSession, actor: Actor, resource_id: UUID) -> files.Rights | None:
    """The actor's rights on the files of a resource; None where there is no such resource."""
    seen = select(Resource.id).where(Resource.id == resource_id, access.visible(actor))
    if await session.scalar(seen) is None:
        return None
    return files.Rights(may_read=True, may_attach=access.may_manage(actor, resource_id))


files.hangs_on("resource", rights)
