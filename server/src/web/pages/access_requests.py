"""Asking for access to a resource, and deciding on it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import approvals, resources, training
from src.domain.training import AccessState
from src.web.dependencies import Tx
from src.web.forms import Fault, Form, Shape, TypedDate, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.qualifications import end_of_day
from src.web.pages.resources import DUTIES

router = APIRouter(include_in_schema=False)
READ, CREATE = Permission.RESOURCES_READ, Permission.BOOKINGS_CREATE
DONE = {
    "asked": mark("Sent. Those who decide are told, and you hear from them."),
    "approve": mark("Access was given, and they are told."),
    "reject": mark("Access was refused, and they are told."),
    "withdrawn": mark("The request was taken back."),
}


class AskShape(Shape):
    """What for."""

    reason: str = Field(max_length=2000)


class DecisionShape(Shape):
    """Until when, and a word with it."""

    until: TypedDate | None = None
    note: str | None = Field(None, max_length=2000)


@router.get("/resources/{resource_id}/access", **shows(CREATE))
async def ask_form(page: CurrentPage, resource_id: UUID) -> Response:
    """What is missing, whom it goes to, and what for."""
    async with page.reading() as reads:
        waiting = await training.access.open_for(reads, page.actor, resource_id)
    if waiting is not None:
        return see_other(f"/access-requests/{waiting}")
    return await _show_form(page, Form(), resource_id)


@router.post("/resources/{resource_id}/access", **takes(CREATE))
async def ask(page: CurrentPage, resource_id: UUID) -> Response:
    """Send it to those who decide."""
    form = await Form.read(page.request)
    shape = form.parse(AskShape)
    if shape is None:
        return await _show_form(page, form, resource_id, status=422)
    made = await page.tried(
        form,
        lambda tx: training.access.ask(tx, page.actor, resource_id, reason=shape.reason),
    )
    if isinstance(made, Refused):
        return await _show_form(page, form, resource_id, status=made.status)
    return see_other(f"/access-requests/{made.id}?done=asked")


@router.get("/access-requests/{request_id}", **shows(READ))
async def show_request(
    page: CurrentPage, request_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The request, and its decision or the form for one."""
    return await _show(page, Form(), request_id, done=DONE.get(done))


@router.post("/access-requests/{request_id}/decide", **takes(READ))
async def decide(page: CurrentPage, request_id: UUID) -> Response:
    """Give access until a day or as long as such a qualification holds, or refuse."""
    form = await Form.read(page.request)
    shape = form.parse(DecisionShape)
    said = form.values.get("verdict", "")
    if said not in set(approvals.Verdict):
        form.refusals.append(Fault("missing", _("Choose: approve or reject.")))
    until = end_of_day(page, form, "until", shape.until if shape else None)
    if shape is None or form.is_faulty:
        return await _show(page, form, request_id, status=422)
    verdict = approvals.Verdict(said)
    made = await page.tried(form, lambda tx: training.access.decide(
        tx, page.actor, request_id, verdict, until=until, note=shape.note
    ))  # fmt: skip
    if isinstance(made, Refused):
        return await _show(page, form, request_id, status=made.status)
    return see_other(f"/access-requests/{request_id}?done={verdict.value}")


@router.post("/access-requests/{request_id}/withdraw", **takes(CREATE))
async def withdraw(page: CurrentPage, session: Tx, request_id: UUID) -> Response:
    """Take one's own request back."""
    await training.access.withdraw(session, page.actor, request_id)
    return see_other(f"/access-requests/{request_id}?done=withdrawn")


async def _show_form(page: Page, form: Form, resource_id: UUID, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
        missing = await training.access.missing(reads, page.actor, resource_id)
        people = (await resources.responsible_for(reads, [resource_id])).get(resource_id, [])
        portraits = await page.portraits_of(reads, (each.id for each in people))
    return page.show(
        "access/form.html", status=status, form=form, resource=one, missing=missing,
        people=people, duties=DUTIES, portraits=portraits,
    )  # fmt: skip


async def _show(
    page: Page, form: Form, request_id: UUID, *, done: str | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        one = await training.access.get(reads, page.actor, request_id)
        portraits = await page.portraits_of(reads, [one.person.id])
    is_open = one.state is AccessState.OPEN
    return page.show(
        "access/show.html", status=status, form=form, one=one, done=done, portraits=portraits,
        may_decide=is_open and training.access.may_decide(page.actor, one),
        is_own=is_open and one.person.id == page.actor.user_id,
    )  # fmt: skip
