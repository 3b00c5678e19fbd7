"""Preparing pictures, and removing bytes that nobody names any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import outbox
from src.core.language import mark
from src.core.settings import Settings
from src.core.storage import Storage, create_storage
from src.domain import files
from src.domain.files.pictures import Original, Prepared
from src.tasks.handlers import Job, every, reaches_outside

_storages: list[Storage] = []


def configure(settings: Settings) -> None:
    """Open the store; the worker calls it before its first job."""
    _storages[:] = [create_storage(settings.storage_url, data_dir=settings.data_dir)]


def _storage() -> Storage:
    if not _storages:
        raise RuntimeError("the worker was started without its settings")
    return _storages[0]


@every(
    "files.sweep",
    crontab="20 * * * *",
    queue="maintenance",
    description=mark("Forget files deleted 30 days ago, and look for bytes that nobody names"),
)
async def sweep(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Forget files deleted 30 days ago, and look for bytes that nobody names."""
    slot = datetime.fromisoformat(payload["slot"])
    folders = files.sweeping.folders_of(slot.hour)
    await outbox.publish(session, files.topics.SEARCH, {"folders": folders})
    return dict(await files.sweeping.sweep(session))


async def _folders(_session: AsyncSession, payload: dict[str, Any]) -> list[str]:
    return list(payload["folders"])


async def _search(folders: list[str], *, key: str) -> list[str]:  # noqa: ARG001 - reading has no effect to repeat
    return await files.sweeping.search(_storage(), folders)


async def _found(
    session: AsyncSession, _payload: dict[str, Any], keys: list[str]
) -> dict[str, Any]:
    return {"orphans": await files.sweeping.remove_unnamed(session, keys)}


async def _removable(session: AsyncSession, payload: dict[str, Any]) -> list[str] | None:
    return await files.sweeping.removable(session, payload["keys"]) or None


async def _remove(keys: list[str], *, key: str) -> int:  # noqa: ARG001 - removing twice is no harm
    await _storage().delete(keys)
    return len(keys)


async def _removed(_session: AsyncSession, _payload: dict[str, Any], count: int) -> dict[str, Any]:
    return {"removed": count}


async def _original(session: AsyncSession, payload: dict[str, Any]) -> Original | None:
    return await files.pictures.original(
        session, UUID(payload["file_id"]), is_old=payload.get("is_old", False)
    )


async def _prepare(original: Original, *, key: str) -> Prepared:  # noqa: ARG001 - what is stored twice is swept
    return await files.pictures.prepare(_storage(), original)


async def _settle(
    session: AsyncSession, _payload: dict[str, Any], prepared: Prepared
) -> dict[str, Any]:
    return {"state": await files.pictures.settle(session, prepared), "fault": prepared.fault}


async def _give_up(session: AsyncSession, payload: dict[str, Any], _why: str) -> None:
    await files.pictures.give_up(session, UUID(payload["file_id"]))


@every(
    "files.prepare_old",
    crontab="*/10 * * * *",
    queue="maintenance",
    description=mark("Prepare pictures that were stored before pictures were"),
)
async def prepare_old(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Prepare pictures that were stored before pictures were; at most 500."""
    return {"pictures": await files.pictures.expect_old(session)}


reaches_outside(
    files.topics.PREPARE, load=_original, send=_prepare, record=_settle, failed=_give_up
)
reaches_outside(files.topics.SEARCH, load=_folders, send=_search, record=_found)
reaches_outside(files.topics.REMOVE, load=_removable, send=_remove, record=_removed)
