"""Who may: a file follows the object it hangs on, and that object's domain knows.

files.hangs_on("resource", rights)      # async (session, actor, id) -> Rights | None
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Permission, forbidden
from src.core.errors import Forbidden
from src.core.language import gettext as _
from src.domain.files.errors import SubjectUnknown

Subject = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Rights:
    """What an actor may do with the files of one object.

    `may_attach` is also for removing them; each reading of a restricted one is an event.
    `is_by_object`: the object alone decides, and no permission for files is asked for.
    """

    may_read: bool
    may_attach: bool = False
    is_restricted: bool = False
    is_by_object: bool = False


Hook = Callable[[AsyncSession, Actor, UUID], Awaitable[Rights | None]]

_hooks: dict[str, Hook] = {}


def hangs_on(subject_type: str, hook: Hook) -> None:
    """Let files hang on objects of a type. The hook gives None for what does not exist."""
    if subject_type in _hooks:
        raise ValueError(f"files on {subject_type!r} are registered twice")
    _hooks[subject_type] = hook


def subject_types() -> list[str]:
    """The types of objects that files hang on."""
    return sorted(_hooks)


async def rights(session: AsyncSession, actor: Actor, subject: Subject) -> Rights:
    """The actor's rights on the files of `subject`. Errors: `SubjectUnknown`, also if unseen."""
    hook = _hooks.get(subject[0])
    found = None if hook is None else await hook(session, actor, subject[1])
    if found is None or not found.may_read or not _may(actor, Permission.FILES_READ, found):
        types = ", ".join(subject_types())
        raise SubjectUnknown(
            _("Files hang on: %(types)s. Check the type and the id of the object.", types=types)
        )
    return found


async def require_attach(session: AsyncSession, actor: Actor, subject: Subject) -> Rights:
    """The same, where the actor may add and remove. Errors: `SubjectUnknown`, `Forbidden`."""
    found = await rights(session, actor, subject)
    if not _may(actor, Permission.FILES_UPLOAD, found):
        raise forbidden(Permission.FILES_UPLOAD)
    if not found.may_attach:
        raise Forbidden(_("You may not change the files of this %(object)s.", object=subject[0]))
    return found


def _may(actor: Actor, permission: Permission, rights: Rights) -> bool:
    return rights.is_by_object or actor.may_anywhere(permission)
