"""Qualifications: the list, who has one, giving it and taking it away; and one's own."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import mark, zone_of
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts, training
from src.templating import enter, enter_me
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, TypedDate, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.history import history

router = APIRouter(include_in_schema=False)
READ, MANAGE = Permission.RESOURCES_READ, Permission.QUALIFICATIONS_MANAGE
enter(mark("Qualifications"), "/qualifications", MANAGE, rank=56, icon="flag", is_everywhere=True)
enter_me(mark("Qualifications"), "/me/qualifications", rank=45)

FIELDS = frozenset({"name", "description", "valid_days", "is_active"})
GIVEN = frozenset({"person_id", "expires_at", "note"})
DONE = {
    "created": mark("The qualification was added. Give it to those who have it."),
    "saved": mark("Saved; who holds it keeps it."),
    "given": mark("Given, and they are told."),
    "taken": mark("Taken away, and they are told."),
}


class QualificationShape(Shape):
    """What it is."""

    name: str = Field(max_length=120)
    description: str = Field("", max_length=10_000)
    valid_days: int | None = Field(None, ge=1, le=36_500)


class ChangeShape(QualificationShape):
    """The version that was read, and whether it is in use."""

    is_active: bool = False
    version: int


class GrantShape(Shape):
    """Who has it, and until when."""

    person_id: UUID
    expires_on: TypedDate | None = None
    note: str = Field("", max_length=500)


class RevokeShape(Shape):
    """Why."""

    reason: str = Field(max_length=500)


@router.get("/qualifications", **shows(MANAGE))
async def list_qualifications(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """All that are in use, with how many hold them."""
    form = Form.of_query(page.request, q="", retired="")
    found = await training.qualifications.list_(
        reads, page.actor, q=form.values["q"] or None,
        with_retired=bool(form.values["retired"]), paging=paging,
    )  # fmt: skip
    return page.show("qualifications/list.html", form=form, page=found)


@router.get("/qualifications/new", **shows(MANAGE))
async def new_qualification(page: CurrentPage) -> Response:
    """The form."""
    return page.show("qualifications/form.html", form=Form(), one=None)


@router.post("/qualifications/new", **takes(MANAGE))
async def create_qualification(page: CurrentPage) -> Response:
    """Add it."""
    form = await Form.read(page.request)
    shape = form.parse(QualificationShape)
    if shape is None:
        return page.show("qualifications/form.html", status=422, form=form, one=None)
    made = await page.tried(
        form,
        lambda tx: training.qualifications.create(tx, page.actor, **shape.model_dump()),
        FIELDS,
    )
    if isinstance(made, Refused):
        return page.show("qualifications/form.html", status=made.status, form=form, one=None)
    return see_other(f"/qualifications/{made.id}?done=created")


@router.get("/qualifications/{qualification_id}", **shows(MANAGE))
async def show_qualification(
    page: CurrentPage,
    paging: Paging,
    qualification_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Who holds it, and giving it to one more."""
    return await _show(page, Form(), qualification_id, paging=paging, done=DONE.get(done))


@router.get("/qualifications/{qualification_id}/edit", **shows(MANAGE))
async def edit_form(page: CurrentPage, reads: Reads, qualification_id: UUID) -> Response:
    """The form with what is so now."""
    one = await training.qualifications.get(reads, page.actor, qualification_id)
    names = ("name", "description", "valid_days", "version")
    values = {name: getattr(one, name) for name in names}
    form = Form.of({**values, "is_active": "on" if one.is_active else ""})
    return page.show("qualifications/form.html", form=form, one=one)


@router.post("/qualifications/{qualification_id}/edit", **takes(MANAGE))
async def edit(page: CurrentPage, qualification_id: UUID) -> Response:
    """Change it."""
    form = await Form.read(page.request)
    shape = form.parse(ChangeShape)
    status = 422
    if shape is not None:
        changes = {name: getattr(shape, name) for name in FIELDS}
        done = await page.tried(form, lambda tx: training.qualifications.update(
            tx, page.actor, qualification_id, changes=changes, expected_version=shape.version
        ), FIELDS)  # fmt: skip
        if not isinstance(done, Refused):
            return see_other(f"/qualifications/{qualification_id}?done=saved")
        status = done.status
    async with page.reading() as reads:
        one = await training.qualifications.get(reads, page.actor, qualification_id)
    return page.show("qualifications/form.html", status=status, form=form, one=one)


@router.post("/qualifications/{qualification_id}/grants", **takes(MANAGE))
async def give(page: CurrentPage, qualification_id: UUID) -> Response:
    """Say that somebody has it, to the end of a day or as long as such a one holds."""
    form = await Form.read(page.request)
    shape = form.parse(GrantShape)
    until = end_of_day(page, form, "expires_on", shape.expires_on if shape else None)
    if shape is None or form.is_faulty:
        return await _show(page, form, qualification_id, status=422)
    done = await page.tried(form, lambda tx: training.grants.give(
        tx, page.actor, qualification_id, shape.person_id, expires_at=until, note=shape.note
    ), GIVEN)  # fmt: skip
    if isinstance(done, Refused):
        return await _show(page, form, qualification_id, status=done.status)
    return see_other(f"/qualifications/{qualification_id}?done=given")


@router.get("/qualifications/{qualification_id}/grants/{grant_id}/revoke", **shows(MANAGE))
async def revoke_form(
    page: CurrentPage, reads: Reads, qualification_id: UUID, grant_id: UUID
) -> Response:
    """Ask why."""
    one = await training.grants.get(reads, page.actor, grant_id, of=qualification_id)
    return page.show("qualifications/revoke.html", form=Form(), one=one)


@router.post("/qualifications/{qualification_id}/grants/{grant_id}/revoke", **takes(MANAGE))
async def revoke(page: CurrentPage, qualification_id: UUID, grant_id: UUID) -> Response:
    """Take it away."""
    form = await Form.read(page.request)
    shape = form.parse(RevokeShape)
    status = 422
    if shape is not None:
        done = await page.tried(form, lambda tx: training.grants.revoke(
            tx, page.actor, grant_id, reason=shape.reason
        ))  # fmt: skip
        if not isinstance(done, Refused):
            return see_other(f"/qualifications/{qualification_id}?done=taken")
        status = done.status
    async with page.reading() as reads:
        one = await training.grants.get(reads, page.actor, grant_id, of=qualification_id)
    return page.show("qualifications/revoke.html", status=status, form=form, one=one)


@router.get("/me/qualifications", **shows(SIGNED_IN))
async def mine(page: CurrentPage, reads: Reads) -> Response:
    """What I hold and held, and what I asked for."""
    user_id = page.actor.user_id
    held = await training.grants.of_person(reads, page.actor, user_id) if user_id else []
    asked = await training.access.list_(reads, page.actor, is_own=True)
    return page.show("qualifications/mine.html", held=held, asked=asked.items)


def end_of_day(page: Page, form: Form, name: str, day: date | None) -> datetime | None:
    """The end of a typed day in the reader's zone; None without one."""
    if day is None:
        return None
    zone = zone_of(page.actor.timezone)
    return form.local(name, day, time(23, 59), zone)


async def _show(
    page: Page,
    form: Form,
    qualification_id: UUID,
    *,
    paging: Limits | None = None,
    done: str | None = None,
    status: int = 200,
) -> Response:
    async with page.reading() as reads:
        one = await training.qualifications.get(reads, page.actor, qualification_id)
        found = await training.grants.of_qualification(
            reads, page.actor, qualification_id, paging=paging
        )
        people = await accounts.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
        portraits = await page.portraits_of(reads, (each.person.id for each in found.items))
        events = await history(reads, ("qualification", qualification_id))
    return page.show(
        "qualifications/show.html", status=status, form=form, one=one, page=found, done=done,
        people=[(str(each.id), each.name) for each in people.items if each.id != page.actor.user_id],
        portraits=portraits, events=events,
    )  # fmt: skip
