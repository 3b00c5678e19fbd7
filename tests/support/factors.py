"""People of a lab with a second factor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import time_machine
from sqlalchemy import text

from src.core.actor import Actor
from src.core.db import create_database, transaction
from src.domain.accounts.factors import totp
from tests.support import servers
from tests.support.application import Lab

STEP = timedelta(seconds=totp.STEP)


def with_app(lab: Lab, person: str) -> str:
    """The secret of an app that a person set up two minutes ago."""
    actor = Actor(getattr(lab.ids, person))

    async def work() -> str:
        database = create_database(lab.settings.database)
        try:
            with time_machine.travel(datetime.now(UTC) - 4 * STEP, tick=False):
                async with transaction(database) as session:
                    secret = (await totp.begin(session, actor)).secret
                async with transaction(database) as session:
                    await totp.confirm(session, actor, code=code(secret))
        finally:
            await database.dispose()
        return secret

    return servers.in_thread(work)


def code(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or some steps of half a minute later."""
    return totp.code_at(secret, int(datetime.now(UTC).timestamp()) // totp.STEP + steps)


def wrong(secret: str) -> str:
    """A code that is none now, nor soon."""
    right = {code(secret, steps=steps) for steps in range(-2, 4)}
    return next(f"{number:06}" for number in range(10) if f"{number:06}" not in right)


def execute(lab: Lab, statement: str, **values: Any) -> list[Any]:
    """Say something to the lab's database."""

    async def work() -> list[Any]:
        database = create_database(lab.settings.database)
        try:
            async with database.engine.begin() as connection:
                done = await connection.execute(text(statement), values)
                return list(done.all()) if done.returns_rows else []
        finally:
            await database.dispose()

    return servers.in_thread(work)


def identity(lab: Lab, user_id: UUID) -> str | UUID:
    """An id as the lab's database keeps it."""
    return user_id.hex if "sqlite" in lab.settings.database else user_id
