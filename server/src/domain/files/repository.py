"""All SQL of files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain.files.kinds import PICTURES
from src.domain.files.tables import Blob, File, Picture, Rendition

BATCH = 500

Row = tuple[File, Blob, Picture | None]


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(File, Blob, Picture)
        .join(Blob, Blob.sha256 == File.sha256)
        .outerjoin(Picture, Picture.file_id == File.id)
        .where(File.deleted_at.is_(None))
    )


async def find(session: AsyncSession, file_id: UUID) -> Row | None:
    """A file that was not deleted, with its bytes' row and what became of it as a picture."""
    row = (await session.execute(_rows().where(File.id == file_id))).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def of_subject(session: AsyncSession, subject: tuple[str, UUID], limit: int) -> Sequence[Row]:
    """The files of an object, newest first."""
    statement = (
        _rows()
        .where(File.subject_type == subject[0], File.subject_id == subject[1])
        .order_by(File.id.desc())
        .limit(limit)
    )
    return [(file, blob, picture) for file, blob, picture in await session.execute(statement)]


async def locked(session: AsyncSession, file_id: UUID) -> File | None:
    """A file that was not deleted, its row locked, as it is now."""
    found = await session.get(File, file_id, with_for_update=True, populate_existing=True)
    return None if found is None or found.deleted_at is not None else found


async def rendition(session: AsyncSession, file_id: UUID, width: int) -> Blob | None:
    """The bytes of the smallest size that is as wide, else of the widest there is."""
    statement = (
        select(Blob)
        .join(Rendition, Rendition.sha256 == Blob.sha256)
        .where(Rendition.file_id == file_id)
        .order_by(case((Rendition.width >= width, Rendition.width), else_=10**6 - Rendition.width))
        .limit(1)
    )
    return await session.scalar(statement)


async def newest_of_kind(
    session: AsyncSession, kind: str, subject_type: str, subject_ids: Collection[UUID]
) -> dict[UUID, UUID]:
    """By object, the newest file of a kind that can be shown small; in one statement."""
    statement = (
        select(File.subject_id, File.id)
        .join(Picture, Picture.file_id == File.id)
        .where(
            File.subject_type == subject_type,
            File.subject_id.in_(subject_ids),
            File.kind == kind,
            File.deleted_at.is_(None),
            Picture.width.is_not(None),
        )
        .order_by(File.id)
    )
    rows = await session.execute(statement)
    return {subject_id: file_id for subject_id, file_id in rows}  # noqa: C416 - rows are not pairs to mypy


async def all_of_kind(session: AsyncSession, kind: str, subject: tuple[str, UUID]) -> list[File]:
    """The files of a kind on an object, newest first, deleted ones too, their rows locked."""
    statement = (
        select(File)
        .where(File.subject_type == subject[0], File.subject_id == subject[1], File.kind == kind)
        .order_by(File.id.desc())
        .with_for_update()
    )
    return list((await session.scalars(statement)).all())


async def pictures_from_before(session: AsyncSession) -> list[tuple[UUID, str, str]]:
    """Id, kind and type of files that are pictures and of which nothing is known; a batch."""
    statement = (
        select(File.id, File.kind, Blob.content_type)
        .join(Blob, Blob.sha256 == File.sha256)
        .where(
            Blob.content_type.in_(PICTURES),
            File.deleted_at.is_(None),
            ~exists().where(Picture.file_id == File.id),
        )
        .order_by(File.id.desc())
        .limit(BATCH)
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(statement)]


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
    unused = and_(
        ~exists().where(File.sha256 == Blob.sha256),
        ~exists().where(Rendition.sha256 == Blob.sha256),
    )
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
