"""Types and priorities of incidents for tests, and incidents reported in one line."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.db import Database
from src.core.outbox import Message, State
from src.domain.operations import discussion, incidents
from src.domain.operations.incidents import IncidentView, On, Report
from src.domain.operations.tables import (
    IncidentPriority,
    IncidentState,
    IncidentType,
    Severity,
    Visibility,
)
from src.domain.resources.tables import Effect
from tests.support.source import SERVER
from tests.support.world import World

VERSIONS = SERVER / "migrations/versions"

# code: severity, visibility, needs a review, may be anonymous, who leads
TYPES: dict[str, tuple[Severity, Visibility, bool, bool, dict[str, str]]] = {
    "equipment-failure": (
        Severity.MEDIUM, Visibility.OPEN, False, False, {"kind": "responsible"},
    ),
    "injury": (Severity.HIGH, Visibility.RESTRICTED, True, False, {"kind": "nobody"}),
    "near-miss": (Severity.LOW, Visibility.OPEN, False, True, {"kind": "nobody"}),
    "it": (Severity.MEDIUM, Visibility.OPEN, False, False, {"kind": "reporter"}),
}  # fmt: skip


async def beginnings(database: Database) -> None:
    """What the migration gives every institute, for a test that begins without one."""
    found = spec_from_file_location("operations", VERSIONS / "0009_operations.py")
    assert found is not None
    assert found.loader is not None
    migration = module_from_spec(found)
    found.loader.exec_module(migration)
    async with database.engine.begin() as connection:
        await connection.run_sync(migration.seed)


async def institute(session: AsyncSession) -> None:
    """What every institute begins with, in the little."""
    priorities = [
        IncidentPriority(name="Urgent", rank=1, response_minutes=15, update_minutes=60),
        IncidentPriority(name="Low", rank=4),
    ]
    session.add_all(priorities)
    await session.flush()
    for place, (code, (severity, visibility, review, anonymous, leads)) in enumerate(TYPES.items()):
        session.add(
            IncidentType(
                code=code,
                name=code.replace("-", " ").capitalize(),
                rank=place,
                default_severity=severity,
                default_priority_id=priorities[0].id,
                default_visibility=visibility,
                needs_review=review,
                may_be_anonymous=anonymous,
                leads=leads,
            )
        )
    await session.flush()


async def type_id(session: AsyncSession, code: str) -> UUID:
    """The type by its code."""
    return (await session.scalars(select(IncidentType.id).where(IncidentType.code == code))).one()


async def reported(
    world: World,
    actor: Actor,
    title: str = "The laser does not ignite",
    *,
    code: str = "equipment-failure",
    down: UUID | None = None,
    **said: Any,
) -> IncidentView:
    """An incident as the service makes it; `down` is what it takes down."""
    async with world.writing() as session:
        on = {"resources": (On(down, Effect.DOWN),)} if down else {}
        wish = Report(await type_id(session, code), title, **{**on, **said})
        return await incidents.reporting.report(session, actor, report=wish)


async def moved(
    world: World, actor: Actor, incident_id: UUID, to: IncidentState, **said: Any
) -> IncidentView:
    """An incident in another state."""
    async with world.writing() as session:
        return await incidents.moving.transition(session, actor, incident_id, to=to, **said)


async def told(world: World) -> None:
    """What the worker does about everything that waits to be told of incidents."""
    room = incidents.room
    telling = {
        incidents.topics.REPORTED.name: incidents.telling.tell_reported,
        incidents.topics.MOVED.name: incidents.telling.tell_moved,
        incidents.topics.CHANGED.name: incidents.telling.tell_changed,
        discussion.topics.SAID.name: discussion.telling.tell_said,
    }
    async with world.writing() as session:
        waiting = await session.scalars(
            select(Message).where(Message.state == State.QUEUED).order_by(Message.id)
        )
        for message in waiting.all():
            if tell := telling.get(message.topic):
                await tell(session, message.payload)
            elif message.topic == room.topics.ROLE_GIVEN.name:
                await room.telling.tell_role(session, UUID(message.payload["assignment_id"]))
            else:
                continue
            message.state = State.DONE
