"""Is a deployment configured as it was meant? For `aliquot check-config`; nothing is changed.

Names that no setting reads are listed, because they are otherwise ignored in silence; then each
connection is tried once. What `core` cannot speak to (Redis) is tried by functions given to it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from pydantic import AliasChoices, ValidationError

from src.core import ids, migrations
from src.core.db import create_database
from src.core.settings import Settings
from src.core.storage import create_storage

PATIENCE = 10.0  # seconds for each connection
PREFIX = "ALIQUOT_"
# Read before the settings, or only by the tests.
BESIDE = ("ALIQUOT_SECRETS_DIR", "ALIQUOT_TEST_")

Check = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of trying one part: whether it works, what it said, and how long it took."""

    part: str
    is_ok: bool
    said: str
    milliseconds: float


def known_names() -> dict[str, str]:
    """Every name of the environment that is read, with the setting it leads to."""
    found: dict[str, str] = {}
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [PREFIX + name.upper()]
        found |= {str(choice): name for choice in choices}
    return found


def unknown_names(environment: Mapping[str, str]) -> dict[str, str | None]:
    """Names that look like ours and that nothing reads, each with the nearest one that is read."""
    known = known_names()
    strange = [
        name
        for name in environment
        if name.startswith(PREFIX) and name not in known and not name.startswith(BESIDE)
    ]
    return {
        name: next(iter(get_close_matches(name, known, n=1, cutoff=0.75)), None)
        for name in sorted(strange)
    }


def faults(error: ValidationError) -> list[str]:
    """What is missing or wrong, each as one sentence with the name to set; never a value."""
    names: dict[str, str] = {}
    for name, setting in known_names().items():
        names.setdefault(setting, name)
    said = []
    for fault in error.errors(include_input=False, include_url=False):
        place = str(fault["loc"][0]) if fault["loc"] else ""
        message = fault["msg"].removeprefix("Value error, ")
        said.append(f"{names.get(place, place)}: {message}" if place else message)
    return said


async def connections(
    settings: Settings, further: Mapping[str, Check] | None = None
) -> list[Finding]:
    """Try every part at the same time: database, storage, mail and what is `further` named."""
    checks: dict[str, Check] = {
        "database": lambda: _database(settings),
        "storage": lambda: _storage(settings),
        "mail": lambda: _mail(settings),
        **(further or {}),
    }
    return await asyncio.gather(*(_tried(part, check) for part, check in checks.items()))


async def _tried(part: str, check: Check) -> Finding:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            said, is_ok = await check(), True
    except Exception as error:  # noqa: BLE001 - whatever fails is what was asked for
        cause = error.__cause__ or error
        said, is_ok = f"{type(cause).__name__}: {str(cause).partition(chr(10))[0]}", False
    return Finding(part, is_ok, said, round((time.perf_counter() - began) * 1000, 1))


async def _database(settings: Settings) -> str:
    database = create_database(settings.database, pool_size=1)
    try:
        found = await migrations.revision(database)
    finally:
        await database.dispose()
    standing = await asyncio.to_thread(migrations.standing, found)
    if standing is migrations.Standing.NEWER:
        raise ValueError(f"its schema {found} is newer than this code")
    if standing is migrations.Standing.CURRENT:
        return f"schema {found}"
    return f"schema {found or 'none yet'}: migrate to {migrations.head()} first"


async def _storage(settings: Settings) -> str:
    storage = create_storage(settings.storage_url, data_dir=settings.data_dir)
    key = f"incoming/check-{ids.new().hex}"
    await storage.put(key, b"check")
    await storage.read(key, limit=5)
    await storage.delete([key])
    return f"{storage.origin}: written, read and deleted"


async def _mail(settings: Settings) -> str:
    if not settings.mail_url:
        return "no server named: mails stay in the data folder"
    parts = urlsplit(settings.mail_url)
    is_tls = parts.scheme == "smtps"
    wants_tls = parse_qs(parts.query).get("tls", ["starttls"])[0] != "none"
    client = aiosmtplib.SMTP(
        hostname=parts.hostname or "localhost",
        port=parts.port or (465 if is_tls else 587),
        use_tls=is_tls,
        start_tls=not is_tls and wants_tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        timeout=PATIENCE,
    )
    async with client:
        return f"{parts.hostname} lets us in"
