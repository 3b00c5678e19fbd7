"""What the pages of an incident's room have in common: the incident, what the reader may, people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, language
from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts
from src.domain.operations import numbering
from src.domain.operations.incidents import policy, room
from src.domain.operations.tables import Incident, IncidentRole
from src.web.forms import Form
from src.web.pages.frame import Page

READ = Permission.OPERATIONS_READ
PATH = "/incidents/{incident_id}"
# What is said after each thing done in the room, wherever the reader lands.
DONE = {
    "role-given": mark("The role is given; they are told."),
    "role-ended": mark("The role has ended."),
    "noted": mark("It stands in the timeline."),
    "pinned": mark("It stands on top now."),
    "unpinned": mark("It stands where it belongs again."),
    "update-given": mark("The update is given; those concerned are told."),
    "task-added": mark("The task is added."),
    "task-changed": mark("The task was changed."),
    "task-done": mark("Well done: the task is done."),
    "task-dropped": mark("The task was dropped."),
    "task-open": mark("The task is open again."),
    "review-saved": mark("The draft of the review is saved."),
    "review-signed": mark("The review is signed off."),
    "review-reopened": mark("The signature was taken back; the review can be changed."),
    "file-added": mark("The file is added."),
    "file-removed": mark("The file is removed."),
}
ROLES = tuple((role, room.wording.ROLES[role]) for role in IncidentRole)
PHASES = tuple(room.wording.PHASES.items())


@dataclass(frozen=True, slots=True)
class Framed:
    """An incident as the pages of its room show it."""

    incident: Incident
    rights: room.access.Rights

    @property
    def reference(self) -> str:
        """INC-3."""
        return numbering.said("incident", self.incident.number)

    @property
    def path(self) -> str:
        """Its page."""
        return f"/incidents/{self.incident.id}"

    @property
    def is_silent(self) -> bool:
        """Whether an update is overdue."""
        due = self.incident.next_update_at
        return due is not None and due < clock.now()


async def framed(reads: AsyncSession, page: Page, incident_id: UUID) -> Framed:
    """The incident as the reader may know it. Raises `IncidentNotFound`."""
    incident = await policy.found(reads, page.actor, incident_id)
    return Framed(incident, await room.access.rights(reads, page.actor, incident))


def said(done: str) -> str | None:
    """What is said of something done."""
    return _(DONE[done]) if done in DONE else None


async def people(reads: AsyncSession, page: Page) -> list[tuple[str, str]]:
    """Whom to choose from where there are no scripts."""
    if not page.actor.may_anywhere(Permission.USERS_READ):
        return []
    found = await accounts.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    return [(str(one.id), one.name) for one in found.items]


def moment(
    form: Form, name: str, day: date | None, at: time | None, *, otherwise: time | None = None
) -> datetime | None:
    """A date and a time typed in the reader's zone; None, without a fault, where none was typed.

    Half of it is a fault at the field, unless `otherwise` says the time.
    """
    if day is None and at is None:
        return None
    at = at or otherwise
    if day is None or at is None:
        form.add(name, "incomplete", _("Enter both, the date and the time, or neither."))
        return None
    return form.local(name, day, at, language.reader().zone)


def typed(name: str, at: datetime | None) -> dict[str, str]:
    """A moment as the two fields of a form show it."""
    if at is None:
        return {f"{name}_date": "", f"{name}_time": ""}
    local = at.astimezone(language.reader().zone)
    return {f"{name}_date": f"{local:%Y-%m-%d}", f"{name}_time": f"{local:%H:%M}"}


def authors(found: Sequence[room.EntryView]) -> list[UUID]:
    """Whose pictures stand beside these lines."""
    return [one.author.id for one in found if one.author]
