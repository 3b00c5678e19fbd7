"""What of the catalogue a search finds: resources, and closures that are not over."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Text, cast, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, finding
from src.core.actor import Actor, Permission
from src.core.language import format_period, mark
from src.domain.resources import access, repository
from src.domain.resources.tables import (
    Closure,
    ClosureResource,
    Resource,
    ResourceState,
    ResourceType,
)


async def _resources(session: AsyncSession, actor: Actor, q: str, limit: int) -> list[finding.Hit]:
    """By name, type, place and tags; the retired come last."""
    path = repository.PATHS.c.path
    tags = cast(Resource.tags, Text)
    wanted: Select[Any] = (
        select(Resource.id, Resource.name, ResourceType.name, path)
        .select_from(Resource)
        .join(ResourceType, ResourceType.id == Resource.type_id)
        .join(repository.PATHS, repository.PATHS.c.id == Resource.location_id)
        .where(
            access.visible(actor),
            finding.holding(q, Resource.name, ResourceType.name, path, tags),
        )
        .order_by(
            Resource.state == ResourceState.RETIRED,
            finding.closeness(q, Resource.name),
            Resource.name,
        )
        .limit(limit)
    )
    return [
        finding.Hit(
            id_,
            name,
            " · ".join((type_name, *place.split(repository.SEPARATOR))),
            f"/resources/{id_}",
        )
        for id_, name, type_name, place in await session.execute(wanted)
    ]


async def _closures(session: AsyncSession, actor: Actor, q: str, limit: int) -> list[finding.Hit]:
    """By reason, the next first."""
    seen = exists().where(
        ClosureResource.closure_id == Closure.id,
        ClosureResource.resource_id == Resource.id,
        access.visible(actor),
    )
    wanted = (
        select(Closure)
        .where(
            Closure.cancelled_at.is_(None),
            Closure.ends_at > clock.now(),
            or_(Closure.is_everything, seen),
            finding.holding(q, Closure.reason),
        )
        .order_by(Closure.starts_at, Closure.id)
        .limit(limit)
    )
    return [
        finding.Hit(one.id, one.reason, format_period(one.starts_at, one.ends_at), "/closures")
        for one in await session.scalars(wanted)
    ]


finding.source(
    "resource",
    title=mark("Resources"),
    permission=Permission.RESOURCES_READ,
    find=_resources,
    rank=10,
    listing="/resources",
)
finding.source(
    "closure",
    title=mark("Closures"),
    permission=Permission.RESOURCES_READ,
    find=_closures,
    rank=40,
)
