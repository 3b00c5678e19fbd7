"""A small catalogue to start from."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from src.core import ids
from src.core.actor import Actor, Permission, resource_scope
from src.core.db import Database, transaction
from src.domain import accounts, resources
from src.domain.accounts.tables import RoleName, User

EVERYWHERE: frozenset[str | None] = frozenset({None})
MANAGER = Actor(
    user_id=ids.new(),
    name="Manager",
    granted=dict.fromkeys(accounts.GRANTS[RoleName.MANAGER], EVERYWHERE),
)
MEMBER = Actor(
    user_id=ids.new(),
    name="Member",
    granted=dict.fromkeys(accounts.GRANTS[RoleName.MEMBER], EVERYWHERE),
)
STRANGER = Actor(user_id=ids.new(), name="Stranger")


def scoped(permissions: list[Permission], *resource_ids: UUID) -> Actor:
    scopes: frozenset[str | None] = frozenset(resource_scope(id_) for id_ in resource_ids)
    return Actor(user_id=ids.new(), granted=dict.fromkeys(permissions, scopes))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One of each, and the two confocals."""

    site: UUID
    room: UUID
    type: UUID
    confocal: UUID
    twin: UUID


@pytest.fixture
async def catalogue(database: Database) -> Catalogue:
    """Campus > B 1.07 with two confocal microscopes, the second of two units."""
    async with transaction(database) as session:
        session.add(User(id=MANAGER.user_id, email="manager@example.org", name="Manager"))
        site = await resources.create_location(session, MANAGER, name="Campus")
        room = await resources.create_location(session, MANAGER, name="B 1.07", parent_id=site.id)
        kind = await resources.create_type(session, MANAGER, name="Confocal microscope")
        one, two = [
            await resources.create(
                session,
                MANAGER,
                wish=resources.ResourceWish(
                    name=name,
                    type_id=kind.id,
                    location_id=room.id,
                    timezone="Europe/Berlin",
                    tags=("laser", *more),
                    units=units,
                ),
            )
            for name, units, more in (("Confocal A", 1, ()), ("Confocal B", 2, ("fast",)))
        ]
    return Catalogue(site.id, room.id, kind.id, one.id, two.id)
