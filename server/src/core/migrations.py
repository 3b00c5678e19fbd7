"""The schema's history, for those who start Aliquot: where a database stands, and up to date.

A serving process in production never migrates: that is a step of its own (`aliquot migrate`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import cache
from typing import TypeVar

from sqlalchemy import inspect, text

from src.core.db import Database, create_database, reading
from src.core.settings import SERVER_ROOT

SCRIPTS = SERVER_ROOT / "migrations"
_TABLE = "alembic_version"

T = TypeVar("T")


class Standing(StrEnum):
    """Where a database stands beside this code."""

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    NEWER = "newer"


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest revision. Call it outside an event loop."""
    # The worker asks for the revision alone, and does without what upgrades.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    command.upgrade(config, "head")


@cache
def _known() -> tuple[str, ...]:
    """The revisions of this code, oldest first: they are numbered, and begin their files' names."""
    found = sorted(path.name.partition("_")[0] for path in SCRIPTS.glob("versions/[0-9]*_*.py"))
    if not found:
        raise RuntimeError(f"there are no migrations in {SCRIPTS}")
    return tuple(found)


def head() -> str:
    """The newest revision this code knows."""
    return _known()[-1]


def current(url: str) -> str | None:
    """The revision of the database at `url`; None where nothing was migrated.

    Call it outside an event loop. Raises `DatabaseUnavailable`.
    """
    return _asked(url, revision)


async def revision(database: Database) -> str | None:
    """The revision of an open database; None where nothing was migrated."""
    async with reading(database) as reads:
        connection = await reads.connection()
        if not await connection.run_sync(lambda sync: inspect(sync).has_table(_TABLE)):
            return None
        found: str | None = await reads.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def standing(found: str | None) -> Standing:
    """What the revision of a database means to this code."""
    if found is None:
        return Standing.EMPTY
    if found == head():
        return Standing.CURRENT
    return Standing.BEHIND if found in _known() else Standing.NEWER


def _asked(url: str, question: Callable[[Database], Awaitable[T]]) -> T:
    async def ask() -> T:
        database = create_database(url, pool_size=1)
        try:
            return await question(database)
        finally:
            await database.dispose()

    return asyncio.run(ask())
