"""A small institute for tests: people, a type, a place, resources with units.

Everything is written as rows, so that a test of one part needs no other part's services.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import ids
from src.core.actor import EVERYWHERE, Actor
from src.core.db import Database, ReadSession, reading, transaction
from src.core.outbox import Message, State
from src.domain import bookings
from src.domain.accounts import GRANTS
from src.domain.accounts.tables import (
    RoleAssignment,
    RoleName,
    Team,
    TeamMember,
    User,
)
from src.domain.resources.tables import (
    Location,
    OpeningHours,
    Policy,
    Resource,
    ResourceState,
    ResourceType,
    Unit,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
_numbers = count(1)


def tomorrow(hour: int = 9, minute: int = 0, *, days: int = 1) -> datetime:
    """A time on a day that lies ahead, UTC."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=days, hours=hour, minutes=minute)


@dataclass
class World:
    """A type, a place and a manager exist; the rest is made as wanted."""

    database: Database
    type_id: UUID = field(default_factory=ids.new)
    location_id: UUID = field(default_factory=ids.new)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction that commits."""
        async with transaction(self.database) as session:
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadSession]:
        """A reading session."""
        async with reading(self.database) as reads:
            yield reads

    async def person(
        self,
        role: RoleName = RoleName.MEMBER,
        *,
        name: str | None = None,
        team_ids: Iterable[UUID] = (),
        **columns: Any,
    ) -> Actor:
        """A new active person with a role everywhere, as an actor."""
        number = next(_numbers)
        user = User(
            id=ids.new(),
            email=f"person{number}@example.org",
            name=name or f"Person {number}",
            **columns,
        )
        async with self.writing() as session:
            session.add(user)
            await session.flush()
            session.add(
                RoleAssignment(
                    id=ids.new(), user_id=user.id, role=role, created_at=datetime.now(UTC)
                )
            )
            session.add_all(
                TeamMember(team_id=team_id, user_id=user.id, created_at=datetime.now(UTC))
                for team_id in team_ids
            )
        return Actor(
            user.id,
            name=user.name,
            team_ids=frozenset(team_ids),
            granted=dict.fromkeys(GRANTS[role], EVERYWHERE),
        )

    async def manager(self) -> Actor:
        """A person with the role manager."""
        return await self.person(RoleName.MANAGER)

    async def team(self) -> UUID:
        """A new team."""
        team = Team(id=ids.new(), name=f"Team {next(_numbers)}")
        async with self.writing() as session:
            session.add(team)
        return team.id

    async def resource(
        self,
        *,
        units: int = 1,
        timezone: str = "UTC",
        hours: Iterable[tuple[int, int, int]] = (),
        state: ResourceState = ResourceState.AVAILABLE,
        type_id: UUID | None = None,
        **policy: Any,
    ) -> UUID:
        """A resource with `units` units; `hours` are (weekday, opens, closes); the rest policy."""
        resource = Resource(
            id=ids.new(),
            name=f"Resource {next(_numbers):04}",
            type_id=type_id or self.type_id,
            location_id=self.location_id,
            timezone=timezone,
            state=state,
            tags=[],
        )
        async with self.writing() as session:
            session.add(resource)
            await session.flush()
            session.add_all(
                Unit(resource_id=resource.id, number=number) for number in range(1, units + 1)
            )
            session.add_all(
                OpeningHours(resource_id=resource.id, weekday=weekday, opens=opens, closes=closes)
                for weekday, opens, closes in hours
            )
            if policy:
                session.add(
                    Policy(
                        id=ids.new(),
                        level=f"resource:{resource.id}",
                        resource_id=resource.id,
                        **policy,
                    )
                )
        return resource.id

    async def announced(self) -> None:
        """What the worker does about new bookings: their people are told."""
        async with self.writing() as session:
            waiting = await session.scalars(
                select(Message).where(
                    Message.topic == bookings.topics.MADE.name, Message.state == State.QUEUED
                )
            )
            for message in waiting.all():
                await bookings.telling.tell_made(session, message.payload)
                message.state = State.DONE

    async def type(self) -> UUID:
        """A new type of resources."""
        made = ResourceType(id=ids.new(), name=f"Type {next(_numbers)}")
        async with self.writing() as session:
            session.add(made)
        return made.id


async def create_world(database: Database) -> World:
    """A world in an empty database."""
    world = World(database)
    async with world.writing() as session:
        number = next(_numbers)
        session.add(ResourceType(id=world.type_id, name=f"Confocal {number}"))
        session.add(Location(id=world.location_id, name=f"Building {number}"))
    return world


@pytest.fixture
async def world(database: Database) -> World:
    """A world on each of the two databases."""
    return await create_world(database)
