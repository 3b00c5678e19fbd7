"""The catalogue's SQL."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import finding
from src.domain import accounts
from src.domain.files.tables import Blob, File, Picture
from src.domain.resources.calendar import is_live
from src.domain.resources.tables import (
    Hold,
    HoldKind,
    Location,
    Resource,
    ResourceState,
    ResourceType,
)

SEPARATOR = "\x1f"  # no name holds a control character
BOOKABLE = (ResourceState.AVAILABLE, ResourceState.DEGRADED)


def _paths() -> CTE:
    """Every location with the names from the root down to it, joined by `SEPARATOR`."""
    tree = (
        select(Location.id.label("id"), cast(Location.name, Text).label("path"))
        .where(Location.parent_id.is_(None))
        .cte("paths", recursive=True)
    )
    below = (
        select(Location.id, tree.c.path + SEPARATOR + cast(Location.name, Text))
        .select_from(Location)
        .join(tree, Location.parent_id == tree.c.id)
    )
    return tree.union_all(below)


PATHS = _paths()


def within(location_ids: Collection[UUID]) -> Select[UUID]:
    """The ids of the locations given and of everything below them."""
    tree = select(Location.id).where(Location.id.in_(location_ids)).cte("inside", recursive=True)
    tree = tree.union(select(Location.id).join(tree, Location.parent_id == tree.c.id))
    return select(tree.c.id)


def listing() -> Select[*tuple[Any, ...]]:
    """Resources with what they refer to: Resource, type, location, path, contact, photo (three), fields."""
    return (
        select(
            Resource,
            ResourceType.name,
            Location.name,
            PATHS.c.path,
            accounts.User.name,
            File,
            Blob.content_type,
            Picture,
            ResourceType.custom_schema,
        )
        .select_from(Resource)
        .join(ResourceType, ResourceType.id == Resource.type_id)
        .join(Location, Location.id == Resource.location_id)
        .join(PATHS, PATHS.c.id == Resource.location_id)
        .outerjoin(accounts.User, accounts.User.id == Resource.contact_id)
        # A file that was taken away keeps its row for a while.
        .outerjoin(File, and_(File.id == Resource.photo_id, File.deleted_at.is_(None)))
        .outerjoin(Blob, Blob.sha256 == File.sha256)
        .outerjoin(Picture, Picture.file_id == File.id)
    )


def matching(query: str) -> ColumnElement[bool]:
    """Every word stands somewhere in the name, description, type, place or tags."""
    tags = cast(Resource.tags, Text)
    fields = (Resource.name, Resource.description, ResourceType.name, PATHS.c.path, tags)
    return finding.holding(query, *fields)


def tagged(session: AsyncSession, tag: str) -> ColumnElement[bool]:
    """Resources with this very tag, in the form each database has for it."""
    if session.get_bind().dialect.name == "postgresql":
        return type_coerce(Resource.tags, JSONB).contains([tag])
    each = func.json_each(Resource.tags).table_valued("value")
    return exists(select(literal(1)).select_from(each).where(each.c.value == tag))


async def locked(session: AsyncSession, resource_id: UUID) -> Resource | None:
    """The resource, its row locked, as it is now and not as the session remembers it."""
    return await session.get(
        Resource, resource_id, with_for_update={"key_share": True}, populate_existing=True
    )


async def upcoming_on(session: AsyncSession, unit_id: int, now: datetime) -> tuple[int, Any]:
    """How many bookings and offers hold the unit now or later, and until when."""
    row = (
        await session.execute(
            select(func.count(), func.max(Hold.ends_at)).where(
                Hold.unit_id == unit_id,
                Hold.ends_at > now,
                Hold.kind != HoldKind.BLOCK,
                is_live(now),
            )
        )
    ).one()
    return row[0], row[1]
