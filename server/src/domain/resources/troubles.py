"""What does not work as it should: resources that are down or degraded, since when and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.events import Event
from src.domain.resources import access, contacts, repository
from src.domain.resources.tables import Resource, ResourceState
from src.domain.resources.views import Contact

STATES = (ResourceState.DOWN, ResourceState.DEGRADED)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A resource that is down or degraded. `since` is None where the record does not know."""

    id: UUID
    name: str
    place: tuple[str, ...]
    state: ResourceState
    reason: str | None
    since: datetime | None
    contact: Contact | None


async def troubles(session: AsyncSession, actor: Actor, *, most: int) -> tuple[list[Trouble], int]:
    """Those the actor may see, what is down first, and how many there are in all."""
    wanted = (
        select(
            Resource,
            repository.PATHS.c.path,
            _since(),
            func.count().over(),
        )
        .join(repository.PATHS, repository.PATHS.c.id == Resource.location_id)
        .where(access.visible(actor), Resource.state.in_(STATES))
        .order_by(Resource.state.desc(), Resource.name)
        .limit(most)
    )
    rows = (await session.execute(wanted)).all()
    whom = await contacts.of(session, [resource.id for resource, *_rest in rows]) if rows else {}
    found = [
        Trouble(
            resource.id,
            resource.name,
            tuple(path.split(repository.SEPARATOR)),
            resource.state,
            resource.state_reason,
            since,
            whom.get(resource.id),
        )
        for resource, path, since, _total in rows
    ]
    return found, rows[0][-1] if rows else 0


async def since(session: AsyncSession, resource_id: UUID) -> datetime | None:
    """Since when a resource is down or degraded; None where the record does not know."""
    found: datetime | None = await session.scalar(
        select(_since()).select_from(Resource).where(Resource.id == resource_id)
    )
    return found


def _since() -> ScalarSelect[datetime]:
    """When it last came to be in another state; a new reason for the same is no change."""
    before, after = (Event.changes[("state", place)].as_string() for place in (0, 1))
    return (
        select(func.max(Event.at))
        .where(
            Event.subject_type == "resource",
            Event.subject_id == Resource.id,
            Event.verb.in_([f"resource.{state.value}" for state in STATES]),
            before != after,
        )
        .correlate(Resource)
        .scalar_subquery()
    )
