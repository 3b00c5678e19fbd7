"""Roles may be bound to a resource: what it is called, and which ones an actor may know of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import finding
from src.core.actor import Actor
from src.core.language import mark
from src.domain import accounts
from src.domain.resources import access
from src.domain.resources.tables import Resource


async def _names(session: AsyncSession, resource_ids: Collection[UUID]) -> Mapping[UUID, str]:
    rows = await session.execute(
        select(Resource.id, Resource.name).where(Resource.id.in_(resource_ids))
    )
    return {resource_id: name for resource_id, name in rows}  # noqa: C416 - rows are not pairs to mypy


async def _find(session: AsyncSession, actor: Actor, q: str, most: int) -> list[tuple[UUID, str]]:
    wanted = select(Resource.id, Resource.name).where(
        access.visible(actor), finding.holding(q, Resource.name)
    )
    rows = await session.execute(wanted.order_by(func.lower(Resource.name)).limit(most))
    return [(resource_id, name) for resource_id, name in rows]


accounts.access.scopes.kind("resource", title=mark("Resource"), names=_names, find=_find)
