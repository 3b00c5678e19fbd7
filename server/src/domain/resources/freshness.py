"""Whether calendars are as a reader saw them last: their versions alone, in one statement."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain.resources import access
from src.domain.resources.tables import Resource, ResourceState


async def calendar_versions(
    session: AsyncSession, actor: Actor, resource_ids: Collection[UUID] | None
) -> dict[UUID, int]:
    """The versions of the calendars the actor may see; None: of all that are not retired.

    A version grows with every change of what stands on the calendar or of the rules behind it.
    """
    which = select(Resource.id, Resource.calendar_version).where(access.visible(actor))
    if resource_ids is None:
        which = which.where(Resource.state != ResourceState.RETIRED)
    else:
        which = which.where(Resource.id.in_(resource_ids))
    return {row.id: row.calendar_version for row in await session.execute(which)}
