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
    """At the start: make the first administrator, or tell the code, while nobody exists.

    Without a database or its schema nothing can be known yet; then the set-up page tells it.
    """
    try:
        async with asyncio.timeout(PATIENCE), reading(database) as reads:
            is_set_up = await accounts.is_set_up(reads)
    except (DomainError, SQLAlchemyError, OSError, TimeoutError) as error:
        log.info("whether anybody exists cannot be told yet", reason=type(error).__name__)
        return
    if is_set_up:
        return
    try:
        if await first_administrator(settings, database):
            return
    except DomainError as refusal:
        # Whoever named them waits for them: better no server than one that anybody may set up.
        raise FirstAdministratorRefused(
            f"the first administrator (ALIQUOT_ADMIN_…) was not made: {refusal.detail}"
        ) from None
    tell_code(settings)


class FirstAdministratorRefused(RuntimeError):
    """The environment names a first administrator who cannot be made; the message says why."""


async def first_administrator(settings: Settings, database: Database) -> bool:
    """Make whom the environment names, where nobody exists; whether somebody exists by now.

    Raises `PasswordRefused`, `BadEmail`, `MailIsOff`.
    """
    if not settings.admin_email:
        return False
    made = await accounts.joining.first.administrator(
        database,
        email=settings.admin_email,
        name=settings.admin_name,
        password=settings.admin_password.get_secret_value() or None,
    )
    if made:
        log.info("the first administrator was made", is_invited=not settings.admin_password)
    return True


async def catch_up(settings: Settings, database: Database) -> None:
    """At the first visit, for a server that was there before the schema."""
    try:
        await first_administrator(settings, database)
    except DomainError as refusal:
        log.error("the first administrator was not made", reason=refusal.detail)  # noqa: TRY400 - it is no fault of ours


def tell_code(settings: Settings) -> None:
    """Log page and code, once for each process; only while nobody exists."""
    code = accounts.setup.code_to_tell()
    if code is not None:
        page = f"{settings.base_url}/setup"
        log.warning("nobody exists yet: open the page and give it the code", page=page, code=code)
