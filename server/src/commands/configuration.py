"""`check-config` and `settings`: whether this deployment is configured as it should be."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import typer
from pydantic import SecretStr, ValidationError
from sqlalchemy import make_url, text

from src import redis_client
from src.commands import console
from src.core import mail, migrations
from src.core.db import create_database, reading
from src.core.errors import DomainError
from src.core.settings import Settings, faults_of, names_of
from src.core.storage import create_storage

PATIENCE = 10.0  # seconds for each connection
PREFIX = "ALIQUOT_"
# Read before there are settings, or by one command only.
FURTHER = frozenset({"ALIQUOT_SECRETS_DIR"})
_TESTS = "ALIQUOT_TEST_"


@dataclass(frozen=True, slots=True)
class Tried:
    """A connection, whether it works, how long it took, and what there is to say."""

    name: str
    is_well: bool
    milliseconds: float
    said: str


def check() -> None:
    """List unknown and missing settings, and try every connection; ends with 1 on any fault."""
    is_well = True
    for name, alike in unknown(os.environ):
        is_well = False
        hint = f"; did you mean {alike}?" if alike else ""
        typer.echo(f"{'unknown':10}{name} is no setting of Aliquot{hint}")
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in faults_of(error):
            typer.echo(f"{'settings':10}{fault}")
        raise typer.Exit(1) from error
    typer.echo(f"{'settings':10}{settings.env}, at {settings.base_url}")
    for tried in asyncio.run(try_all(settings)):
        is_well = is_well and tried.is_well
        state = "ok" if tried.is_well else "FAULT"
        typer.echo(f"{tried.name:10}{state:6}{tried.milliseconds:6.0f} ms  {tried.said}")
    if not is_well:
        raise typer.Exit(1)


def show() -> None:
    """Print every setting with its value; secrets are masked."""
    made = console.settings()
    rows = [
        (names_of(field)[-1], _shown(field, getattr(made, field)))
        for field in Settings.model_fields
    ]
    console.table(("Setting", "Value"), rows)


def unknown(environment: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    """Variables with our prefix that nothing reads, each with the name it resembles."""
    known = {name for field in Settings.model_fields for name in names_of(field)} | FURTHER
    # Without the prefix, which would make everything alike.
    whole = {name.removeprefix(PREFIX): name for name in known if name.startswith(PREFIX)}
    for name in sorted(environment):
        if name.startswith(PREFIX) and not name.startswith(_TESTS) and name not in known:
            alike = get_close_matches(name.removeprefix(PREFIX), sorted(whole), 1, 0.7)
            yield name, whole[alike[0]] if alike else None


async def try_all(settings: Settings) -> list[Tried]:
    """Database, Redis, object store and mail, at the same time."""
    return list(
        await asyncio.gather(
            _tried("database", _database, settings),
            _tried("redis", _redis, settings),
            _tried("storage", _storage, settings),
            _tried("mail", _mail, settings),
        )
    )


async def _tried(
    name: str, attempt: Callable[[Settings], Awaitable[str]], settings: Settings
) -> Tried:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            is_well, said = True, await attempt(settings)
    except TimeoutError:
        is_well, said = False, f"no answer within {PATIENCE:.0f} seconds"
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is the finding
        is_well, said = False, _reason(error)
    return Tried(name, is_well, (time.perf_counter() - started) * 1000, said)


def _reason(error: BaseException) -> str:
    said = error.title if isinstance(error, DomainError) else console.first_line(error)
    cause = error.__cause__
    return f"{said}: {console.first_line(cause)}" if cause is not None else said


async def _database(settings: Settings) -> str:
    place = make_url(settings.database).render_as_string()
    database = create_database(settings.database, pool_size=1)
    try:
        async with reading(database) as reads:
            version = "sqlite_version()" if database.is_sqlite else "version()"
            said = str(await reads.scalar(text(f"SELECT {version}")))
        found = await migrations.revision(database)
    finally:
        await database.dispose()
    product = f"SQLite {said}" if settings.is_sqlite else " ".join(said.split()[:2])
    standing = migrations.standing(found)
    if standing in (migrations.Standing.EMPTY, migrations.Standing.BEHIND):
        raise RuntimeError(f"{place}: {product}, the schema is {standing}; run: aliquot migrate")
    if standing is migrations.Standing.NEWER:
        raise RuntimeError(f"{place}: {product}, the schema {found} is newer than this code")
    return f"{place}: {product}, schema {found}"


async def _redis(settings: Settings) -> str:
    client = redis_client.create_async(settings)
    if client is None:
        return "none: the worker runs inside the server"
    try:
        said = await client.info("server")
    finally:
        await client.aclose()
    return f"Redis {said['redis_version']}, keys begin with {settings.redis_prefix}"


async def _storage(settings: Settings) -> str:
    storage = create_storage(settings.storage_url, data_dir=settings.data_dir)
    await storage.probe()
    key = f"incoming/check-config-{secrets.token_hex(8)}"
    await storage.put(key, b"written by aliquot check-config")
    await storage.delete([key])
    return f"{settings.storage_url or settings.data_dir.resolve()} can be written"


async def _mail(settings: Settings) -> str:
    mailer = mail.create_mailer(settings)
    if isinstance(mailer, mail.SmtpMailer):
        return f"{make_url(settings.mail_url).host}: {await mailer.probe()}"
    if isinstance(mailer, mail.NoMailer):
        return "off: no mail is sent"
    return "none: letters stay in the mailbox of the data folder"


def _shown(field: str, value: object) -> str:
    if isinstance(value, SecretStr):
        return "***"
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, str) and field.endswith("_url") and "@" in value:
        return make_url(value).render_as_string()
    return str(value)
