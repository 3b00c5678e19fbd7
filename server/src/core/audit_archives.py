"""Archived months as auditors read them: listed, filtered like the record itself, downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import archives, audit, events, verbs
from src.core.actor import Actor, Permission, forbidden
from src.core.audit import EventView, Filter
from src.core.db import Database, reading, transaction
from src.core.errors import NotFound, Unavailable
from src.core.events import Archive, Event
from src.core.language import gettext as _
from src.core.language import mark
from src.core.storage import Opened, Storage

SHOWN = 100

events.verb(
    "events.archive_downloaded",
    mark("An archived month was downloaded"),
    kind=events.Kind.RESTRICTED_READ,
)


class ArchiveNotFound(NotFound):
    """There is no such archive; the list of archives names those there are."""

    code, title = "archive-not-found", "There is no such archive"


class ArchiveUnreadable(Unavailable):
    """What is stored is not the archive that was written. Verify the record, and tell an administrator."""

    code, title = "archive-unreadable", "The archive cannot be read"


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """Events of an archive, oldest first; `after` is where the next page begins, if there is one."""

    archive: Archive
    items: list[EventView]
    after: int | None


async def list_(reads: AsyncSession, actor: Actor) -> list[Archive]:
    """Every archived month, the newest first. Needs `events:read`."""
    actor.require(Permission.EVENTS_READ)
    return await archives.list_(reads)


async def get(reads: AsyncSession, actor: Actor, archive_id: UUID) -> Archive:
    """One archived month. Needs `events:read`; errors: `ArchiveNotFound`."""
    actor.require(Permission.EVENTS_READ)
    found = await reads.get(Archive, archive_id)
    if found is None:
        raise ArchiveNotFound(_("The list of archives names those there are."))
    return found


async def read(
    database: Database,
    storage: Storage,
    actor: Actor,
    archive_id: UUID,
    *,
    wanted: Filter | None = None,
    after: int = 0,
    limit: int = SHOWN,
) -> ArchivedPage:
    """What the filter finds in an archive behind seal number `after`, in commit order.

    Needs `events:read`. Errors: `ArchiveNotFound`, `ArchiveUnreadable`, `ObjectMissing`,
    `StorageUnavailable`.
    """
    async with reading(database) as reads:
        archive = await get(reads, actor, archive_id)
        unknown = await audit.hidden(reads, actor)
    found: list[EventView] = []
    try:
        async for part in archives.rows(storage, archive, after=after):
            found += [
                audit.view_of(event, row.seq)
                for row, event in part
                if matches(event, wanted or Filter()) and not audit.is_of(event, unknown)
            ]
            if len(found) > limit:
                break
    except archives.BadArchive as error:
        raise ArchiveUnreadable(_("Have the record verified: it tells what is wrong.")) from error
    shown = found[:limit]
    return ArchivedPage(archive, shown, shown[-1].seq if len(found) > limit else None)


async def download(
    database: Database, storage: Storage, actor: Actor, archive_id: UUID
) -> tuple[Archive, Opened]:
    """The stored bytes, gzip of JSON Lines; that they were fetched is an event.

    They hold what is restricted too, so not everybody who reads the record gets them. Errors:
    `ArchiveNotFound`, `Forbidden`, `ObjectMissing`, `StorageUnavailable`.
    """
    async with transaction(database) as session:
        archive = await get(session, actor, archive_id)
        if await audit.hidden(session, actor):
            raise forbidden(Permission.INCIDENTS_READ_RESTRICTED)
        subject, changes = ("archive", archive.id), {"month": archive.month}
        events.record(session, actor, "events.archive_downloaded", subject, changes=changes)
    return archive, await storage.open(archive.key)


def matches(event: Event, wanted: Filter) -> bool:
    """Whether the filter finds an event: what `audit.matching` says in SQL."""
    named = {
        "actor_id": wanted.actor_id,
        "subject_type": wanted.subject_type,
        "subject_id": wanted.subject_id,
    }
    if any(value is not None and getattr(event, name) != value for name, value in named.items()):
        return False
    if wanted.from_ is not None and event.at < wanted.from_:
        return False
    if wanted.to is not None and event.at >= wanted.to:
        return False
    if wanted.kinds and event.verb not in verbs.of_kinds(wanted.kinds):
        return False
    return not wanted.verbs or any(
        event.verb.startswith(each) if each.endswith(".") else event.verb == each
        for each in wanted.verbs
    )
