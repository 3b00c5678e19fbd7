"""Files that an operation made for whoever asked: stored for a week, given to them alone.

A handler stores its file under `key_of(operation_id, ...)` and gives `told(...)` as its result;
the page of the operation and the interface then offer it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, operations
from src.core.actor import Actor, Permission
from src.core.errors import NotFound
from src.core.language import gettext as _
from src.core.operations import Operation
from src.core.storage import Storage, Stored

FOLDER = "exports"
KEPT = timedelta(days=7)


class ExportGone(NotFound):
    """The operation made no file, or it was made more than a week ago. Ask for it anew."""

    code, title = "export-gone", "There is no such file any more"


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file that can be fetched; `size` in bytes."""

    key: str
    name: str
    content_type: str
    size: int


def key_of(operation_id: UUID, extension: str) -> str:
    """Where an operation's file is stored."""
    return f"{FOLDER}/{operation_id.hex}.{extension}"


def told(
    key: str, stored: Stored, *, name: str, content_type: str, needs: Collection[Permission] = ()
) -> dict[str, Any]:
    """The part `file` of an operation's result. `needs` is asked for again at each fetching."""
    return {
        "key": key, "name": name, "content_type": content_type, "size": stored.size,
        "sha256": stored.sha256, "needs": sorted(needs),
    }  # fmt: skip


def offered(operation: Operation, actor: Actor) -> ExportFile | None:
    """The file this actor may fetch of an operation: only who asked for it may."""
    file = (operation.result or {}).get("file")
    if not isinstance(file, dict) or "key" not in file or operation.finished_at is None:
        return None
    is_theirs = actor.user_id is not None and actor.user_id == operation.created_by
    may = all(actor.may(Permission(each)) for each in file["needs"])
    if not is_theirs or not may or clock.now() - operation.finished_at > KEPT:
        return None
    return ExportFile(file["key"], file["name"], file["content_type"], file["size"])


async def get(reads: AsyncSession, actor: Actor, operation_id: UUID) -> ExportFile:
    """The file of one's own operation. Errors: `OperationNotFound`, `ExportGone`."""
    operation = await operations.get(reads, actor, operation_id)
    found = offered(operation, actor)
    if found is None:
        raise ExportGone(_("It is kept for a week, for whoever asked for it."))
    return found


async def sweep(storage: Storage) -> int:
    """Remove what is older than a week; how many files it were."""
    before = clock.now() - KEPT
    old = [each.key async for each in storage.list(FOLDER) if each.modified_at < before]
    await storage.delete(old)
    return len(old)
