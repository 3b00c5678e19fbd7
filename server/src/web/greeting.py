"""Tells whoever reads the log how an empty Aliquot is set up: the page, and its one-time code."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from src.core.db import Database, reading
from src.core.errors import DomainError
from src.core.settings import Settings
from src.domain import accounts

PATIENCE = 5.0  # seconds the start waits for a database to say whether anybody exists

log = structlog.get_logger(__name__)


async def greet(settings: Settings, database: Database) -> None:
    """At the start: tell the code while nobody exists.

    Without a database or its schema nothing can be known yet; then the set-up page tells it.
    """
    try:
        async with asyncio.timeout(PATIENCE), reading(database) as reads:
            is_set_up = await accounts.is_set_up(reads)
    except (DomainError, SQLAlchemyError, OSError, TimeoutError) as error:
        log.info("whether anybody exists cannot be told yet", reason=type(error).__name__)
        return
    if not is_set_up:
        tell_code(settings)


def tell_code(settings: Settings) -> None:
    """Log page and code, once for each process; only while nobody exists."""
    code = accounts.setup.code_to_tell()
    if code is not None:
        page = f"{settings.base_url}/setup"
        log.warning("nobody exists yet: open the page and give it the code", page=page, code=code)
