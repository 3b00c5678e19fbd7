"""Pictures of people: one for each, of the kind `portrait`, set and removed by themselves.

Colleagues see it (`users:read`); who manages people may remove and replace it too.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import cache, clock, events
from src.core.actor import SYSTEM, Actor, Permission
from src.core.db import Database
from src.core.language import gettext as _
from src.core.storage import Storage
from src.domain import accounts
from src.domain.files import kinds, pictures, policy, repository, service, sweeping, views
from src.domain.files.errors import FileUnknown
from src.domain.files.service import Wish
from src.domain.files.tables import File
from src.domain.files.views import FileView, Uploaded

SUBJECT = "user"


async def _changed(session: AsyncSession, actor: Actor, file: File) -> None:
    """Nobody has two: a new one takes the place of the former."""
    subject = (SUBJECT, file.subject_id)
    if file.deleted_at is not None:
        events.record(session, actor, "user.picture_removed", subject)
        return
    for former in await repository.all_of_kind(session, PORTRAIT.name, subject):
        if former.id != file.id and former.deleted_at is None:
            former.deleted_at = clock.now()
    events.record(session, actor, "user.picture_set", subject, changes={"file_id": str(file.id)})


PORTRAIT = kinds.kind(
    "portrait",
    max_size=10 * kinds.MB,
    content_types=("image/png", "image/jpeg", "image/webp", "image/heif"),
    is_picture=True,
    is_square=True,
    subject_type=SUBJECT,
    changed=_changed,
)


async def _rights(session: AsyncSession, actor: Actor, user_id: UUID) -> policy.Rights | None:
    is_self = actor.user_id == user_id
    if not is_self and user_id not in await accounts.names(session, [user_id]):
        return None
    return policy.Rights(
        may_read=is_self or actor.may_anywhere(Permission.USERS_READ),
        may_attach=is_self or actor.may(Permission.USERS_MANAGE),
        is_by_object=True,
    )


policy.hangs_on(SUBJECT, _rights)


async def put(  # noqa: PLR0913 - those of `upload`
    database: Database,
    storage: Storage,
    actor: Actor,
    user_id: UUID,
    *,
    content: AsyncIterable[bytes],
    name: str,
    largest: int,
    size: int | None = None,
) -> Uploaded:
    """Let a person have this picture and no other. Errors: those of `files.upload`."""
    wish = Wish((SUBJECT, user_id), name, PORTRAIT.name, size)
    return await service.upload(
        database, storage, actor, wish=wish, content=content, largest=largest
    )


async def find(session: AsyncSession, actor: Actor, user_id: UUID) -> FileView | None:
    """A person's picture, if they have one. Errors: `SubjectUnknown`."""
    subject = (SUBJECT, user_id)
    await policy.rights(session, actor, subject)
    rows = await repository.of_subject(session, subject, 1)
    return (await views.of(session, rows))[0] if rows else None


async def require(session: AsyncSession, actor: Actor, user_id: UUID) -> FileView:
    """A person's picture. Errors: `SubjectUnknown`, and `FileUnknown` where they have none."""
    found = await find(session, actor, user_id)
    if found is None:
        raise FileUnknown(_("This person has no picture."))
    return found


async def remove(session: AsyncSession, actor: Actor, user_id: UUID) -> None:
    """Let a person have no picture; without one nothing changes.

    Errors: `SubjectUnknown`, `Forbidden`.
    """
    await policy.require_attach(session, actor, (SUBJECT, user_id))
    found = await find(session, actor, user_id)
    if found is not None:
        await service.delete(session, actor, found.id)


async def of(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The pictures that can be shown, by person; one statement for any number of them.

    For whoever sees these people: ask who may before.
    """
    if not user_ids:
        return {}
    return await repository.newest_of_kind(session, PORTRAIT.name, SUBJECT, user_ids)


def group_of(user_id: UUID) -> str:
    """What is cached of a person's picture; dropped by the commit that changes it."""
    return pictures.group_of((SUBJECT, user_id))


async def erase_of(session: AsyncSession, user_id: UUID) -> int:
    """Remove every picture of a person, those removed before too; how many there were.

    The rows and bytes go with the next sweep, within the hour, and not after 30 days.
    """
    found = await repository.all_of_kind(session, PORTRAIT.name, (SUBJECT, user_id))
    for file in found:
        file.deleted_at = clock.now() - sweeping.KEPT_AFTER_DELETION - timedelta(minutes=1)
    if found:
        events.record(session, SYSTEM, "user.picture_removed", (SUBJECT, user_id))
        cache.stale(session, group_of(user_id))
    return len(found)
