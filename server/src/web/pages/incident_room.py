"""The room of an incident on its page, and who has which role in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.paging import Paging as Limits
from src.domain import files
from src.domain.operations.incidents import room
from src.domain.operations.tables import IncidentRole
from src.web.forms import Form, Shape, see_other
from src.web.pages import incident_frame, words
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.incident_frame import DONE, PATH, READ, ROLES, Framed

__all__ = ["DONE", "context", "router"]

router = APIRouter(include_in_schema=False)
LATEST = 8  # lines of the timeline on the incident's own page
FIELDS = frozenset({"user_id", "note", "role"})
Said = Annotated[str, Query(max_length=20)]


class OfIncident(Protocol):
    """Whatever knows which incident it is."""

    @property
    def id(self) -> UUID:
        """Its id."""


@dataclass(frozen=True, slots=True)
class Room:
    """What `incidents/room/panel.html` shows."""

    framed: Framed
    roles: list[room.RoleView]
    update: room.EntryView | None
    pinned: list[room.EntryView]
    latest: list[room.EntryView]
    is_more: bool
    tasks: list[room.TaskView]
    review: room.ReviewView | None
    needs_review: bool
    files: list[files.FileView]
    may_attach: bool
    next_update_at: datetime | None

    @property
    def people(self) -> list[UUID]:
        """Whose pictures stand in it."""
        found = [one.person.id for one in self.roles]
        found += [one.owner.id for one in self.tasks if one.owner]
        return found + incident_frame.authors([*self.pinned, *self.latest])


class RoleShape(Shape):
    """Who, and why; `instead_of` is whose place it was when the form was shown."""

    user_id: UUID
    note: str = Field("", max_length=room.roles.LONGEST_NOTE)
    instead_of: UUID | None = None


class EndShape(Shape):
    """Why."""

    note: str = Field("", max_length=room.roles.LONGEST_NOTE)


async def context(reads: ReadSession, page: Page, incident: OfIncident) -> dict[str, Any]:
    """What the incident's own page needs for the room; `room_people` are for `portraits_of`."""
    actor = page.actor
    framed = await incident_frame.framed(reads, page, incident.id)
    latest = await room.entries.list_(reads, actor, incident.id, paging=Limits(limit=LATEST))
    pinned = await room.entries.list_(
        reads, actor, incident.id, wanted=room.entries.Filter(is_pinned=True)
    )
    updates = await room.updates.list_(reads, actor, incident.id, paging=Limits(limit=1))
    found, may_attach = await _files(reads, page, incident.id)
    made = Room(
        framed=framed,
        roles=await room.roles.of(reads, incident.id, is_current=True),
        update=next(iter(updates.items), None),
        pinned=pinned.items,
        latest=[one for one in latest.items if not one.is_pinned],
        is_more=latest.next is not None,
        tasks=await room.tasks.list_(reads, actor, incident.id),
        review=await room.review.find(reads, actor, incident.id),
        needs_review=await room.review.is_needed(reads, framed.incident),
        files=found,
        may_attach=may_attach,
        next_update_at=framed.incident.next_update_at,
    )
    return {"room": made, "room_people": made.people, "size": words.size}


@router.get(f"{PATH}/roles", **shows(READ))
async def list_roles(page: CurrentPage, incident_id: UUID, done: Said = "") -> Response:
    """Who has and had which role."""
    return await _show_roles(page, incident_id, Form(), done=done)


@router.get(f"{PATH}/roles/{{role}}", **shows(READ))
async def role_form(page: CurrentPage, incident_id: UUID, role: IncidentRole) -> Response:
    """Hand it over, or give it."""
    return await _show_role(page, incident_id, role, Form())


@router.post(f"{PATH}/roles/{{role}}", **takes(READ))
async def give_role(page: CurrentPage, incident_id: UUID, role: IncidentRole) -> Response:
    """Give it; whoever had it hands it over."""
    form = await Form.read(page.request)
    shape = form.parse(RoleShape)
    if shape is None:
        return await _show_role(page, incident_id, role, form, status=422)
    made = await page.tried(
        form,
        lambda tx: room.roles.give(
            tx, page.actor, incident_id, role=role, user_id=shape.user_id, note=shape.note,
            instead_of=shape.instead_of,
        ),
        FIELDS,
    )  # fmt: skip
    if isinstance(made, Refused):
        return await _show_role(page, incident_id, role, form, status=made.status)
    return see_other(f"/incidents/{incident_id}?done=role-given#roles")


@router.post(f"{PATH}/roles/{{assignment_id}}/end", **takes(READ))
async def end_role(page: CurrentPage, incident_id: UUID, assignment_id: UUID) -> Response:
    """Let it end, with nobody instead."""
    form = await Form.read(page.request)
    shape = form.parse(EndShape)
    if shape is None:
        return await _show_roles(page, incident_id, form, status=422)
    made = await page.tried(
        form,
        lambda tx: room.roles.end(tx, page.actor, incident_id, assignment_id, note=shape.note),
    )
    if isinstance(made, Refused):
        return await _show_roles(page, incident_id, form, status=made.status)
    return see_other(f"/incidents/{incident_id}/roles?done=role-ended")


async def _show_roles(
    page: Page, incident_id: UUID, form: Form, *, done: str = "", status: int = 200
) -> Response:
    async with page.reading() as reads:
        framed = await incident_frame.framed(reads, page, incident_id)
        found = await room.roles.of(reads, incident_id)
        portraits = await page.portraits_of(reads, [one.person.id for one in found])
    return page.show(
        "incidents/room/roles.html", status=status, form=form, framed=framed, names=ROLES,
        current=[one for one in found if one.until_at is None],
        former=[one for one in found if one.until_at is not None],
        portraits=portraits, done=incident_frame.said(done), me=page.actor.user_id,
    )  # fmt: skip


async def _show_role(
    page: Page, incident_id: UUID, role: IncidentRole, form: Form, *, status: int = 200
) -> Response:
    async with page.reading() as reads:
        framed = await incident_frame.framed(reads, page, incident_id)
        found = await room.roles.of(reads, incident_id, is_current=True)
        people = await incident_frame.people(reads, page)
    held = [one for one in found if one.role is role]
    taken = {str(one.person.id) for one in held}
    return page.show(
        "incidents/room/role.html", status=status, form=form, framed=framed, role=role,
        name=dict(ROLES)[role], held=held,
        people=[(id_, name) for id_, name in people if id_ not in taken],
    )  # fmt: skip


async def _files(
    reads: ReadSession, page: Page, incident_id: UUID
) -> tuple[list[files.FileView], bool]:
    if not page.actor.may_anywhere(Permission.FILES_READ):
        return [], False
    found = await files.list_for(reads, page.actor, subject=("incident", incident_id))
    rights = await files.policy.rights(reads, page.actor, ("incident", incident_id))
    return found, rights.may_attach and page.actor.may_anywhere(Permission.FILES_UPLOAD)
