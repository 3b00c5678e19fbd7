"""All SQL of files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain.files.tables import Blob, File

BATCH = 500


async def find(session: AsyncSession, file_id: UUID) -> tuple[File, Blob] | None:
    """A file that was not deleted, with its bytes' row."""
    statement = (
        select(File, Blob)
        .join(Blob, Blob.sha256 == File.sha256)
        .where(File.id == file_id, File.deleted_at.is_(None))
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1])


async def of_subject(
    session: AsyncSession, subject: tuple[str, UUID], limit: int
) -> Sequence[tuple[File, Blob]]:
    """The files of an object, newest first."""
    statement = (
        select(File, Blob)
        .join(Blob, Blob.sha256 == File.sha256)
        .where(
            File.subject_type == subject[0],
            File.subject_id == subject[1],
            File.deleted_at.is_(None),
        )
        .order_by(File.id.desc())
        .limit(limit)
    )
    return [(file, blob) for file, blob in await session.execute(statement)]


async def claim_blob(
    session: AsyncSession, *, sha256: str, key: str, size: int, content_type: str
) -> str:
    """The key of this content: `key`, or that of the same bytes stored before.

    The row is locked to the end of the transaction, so that a sweep cannot remove it meanwhile.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = insert(Blob).values(
        sha256=sha256, key=key, size=size, content_type=content_type, created_at=clock.now()
    )
    # An update that changes nothing, because only an update locks the row and gives it back.
    statement = values.on_conflict_do_update(
        index_elements=[Blob.sha256], set_={"size": Blob.size}
    ).returning(Blob.key)
    return str((await session.execute(statement)).scalar_one())


async def forget_deleted(session: AsyncSession, before: datetime) -> int:
    """Remove the rows of files deleted before then; at most a batch. How many there were."""
    ids = select(File.id).where(File.deleted_at < before).limit(BATCH).scalar_subquery()
    removed = await session.scalars(delete(File).where(File.id.in_(ids)).returning(File.id))
    return len(removed.all())


async def take_unused(session: AsyncSession) -> list[str]:
    """Remove rows of bytes that no file names; their keys. At most a batch."""
    unused = ~exists().where(File.sha256 == Blob.sha256)
    candidates = select(Blob.sha256).where(unused).limit(BATCH)
    locked = await session.scalars(candidates.with_for_update(skip_locked=True))
    # Asked again under the lock: an upload may have come between.
    statement = delete(Blob).where(Blob.sha256.in_(locked.all()), unused).returning(Blob.key)
    return list((await session.scalars(statement)).all())


async def unnamed(session: AsyncSession, keys: Sequence[str]) -> list[str]:
    """Those of `keys` that no row names."""
    named: set[str] = set()
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        named.update((await session.scalars(select(Blob.key).where(Blob.key.in_(part)))).all())
    return [key for key in keys if key not in named]
