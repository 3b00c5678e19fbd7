"""Shift hand-overs: the list, giving one, reading one and taking it over."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts
from src.domain.operations import discussion, handovers, policy, summaries
from src.domain.operations.handovers import Which, service
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
READ, POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
enter(mark("Hand-over"), "/handovers", READ, rank=47, icon="handover", key="h")

FIELDS = frozenset({"team_id", "to_id", "watch"})
DONE = {
    "given": mark("Handed over; whom it is for is told."),
    "taken": mark("You have it now; whoever gave it is told."),
}
WHICH = (
    (Which.ALL, mark("All")),
    (Which.OPEN, mark("Nobody has taken them")),
    (Which.MINE, mark("Waiting for me")),
)


class GiveShape(Shape):
    """To whom, and what to watch."""

    team_id: UUID | None = None
    to_id: UUID | None = None
    watch: str = Field("", max_length=service.LONGEST_WATCH)


class TakeShape(Shape):
    """What whoever takes it over has to say."""

    remark: str = Field("", max_length=service.LONGEST_REMARK)
    version: int


@router.get("/handovers", **shows(READ))
async def list_handovers(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """The newest first; those that wait for the reader if one likes."""
    form = Form.of_query(page.request, which=Which.ALL)
    known = {one.value for one in Which}
    which = Which(form.values["which"]) if form.values["which"] in known else Which.ALL
    found = await handovers.list_(reads, page.actor, which=which, paging=paging)
    portraits = await page.portraits_of(reads, (one.from_person.id for one in found.items))
    return page.show(
        "handovers/list.html", form=form, page=found, portraits=portraits,
        options=[(value, _(name)) for value, name in WHICH],
        may_give=page.actor.may_anywhere(POST),
    )  # fmt: skip


@router.get("/handovers/new", **shows(POST))
async def give_form(page: CurrentPage, team_id: UUID | None = None) -> Response:
    """What is open now, and what to watch; of the reader's own team at first."""
    own = sorted(page.actor.team_ids, key=str)
    chosen = team_id or (own[0] if own else None)
    return await _show_form(page, Form.of({"team_id": chosen or "", "to_id": ""}))


@router.post("/handovers/new", **takes(POST))
async def give(page: CurrentPage) -> Response:
    """Hand over."""
    form = await Form.read(page.request)
    shape = form.parse(GiveShape)
    if shape is None:
        return await _show_form(page, form, status=422)
    made = await page.tried(
        form,
        lambda tx: handovers.give(
            tx, page.actor, team_id=shape.team_id, to_id=shape.to_id, watch=shape.watch
        ),
        FIELDS,
    )
    if isinstance(made, Refused):
        return await _show_form(page, form, status=made.status)
    return see_other(f"/handovers/{made.id}?done=given")


@router.get("/handovers/{handover_id}", **shows(READ))
async def show_handover(
    page: CurrentPage, handover_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """What was open, what to watch, and whether somebody has it."""
    return await _show(page, handover_id, Form(), done=DONE.get(done))


@router.post("/handovers/{handover_id}/acknowledge", **takes(POST))
async def acknowledge(page: CurrentPage, handover_id: UUID) -> Response:
    """Take it over."""
    form = await Form.read(page.request)
    shape = form.parse(TakeShape)
    if shape is None:
        return await _show(page, handover_id, form, status=422)
    made = await page.tried(
        form,
        lambda tx: handovers.acknowledge(
            tx, page.actor, handover_id, remark=shape.remark, expected_version=shape.version
        ),
        frozenset({"remark"}),
    )
    if isinstance(made, Refused):
        return await _show(page, handover_id, form, status=made.status)
    return see_other(f"/handovers/{handover_id}?done=taken")


async def _show_form(page: Page, form: Form, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        scopes = await summaries.scopes.readable(reads, page.actor)
        teams = [one for one in scopes if policy.may_post(page.actor, one.team_id)]
        chosen = _id(form.values.get("team_id", ""))
        if chosen not in {one.team_id for one in teams}:
            chosen = teams[0].team_id if teams else None
        people = await _people(page, reads, chosen)
        open_now = await summaries.reading.preview(reads, page.actor, team_id=chosen)
    return page.show(
        "handovers/form.html", status=status, form=form, people=people, now=clock.now(),
        teams=[(one.team_id or "", one.words) for one in teams],
        parts=service.open_in(open_now.sections),
    )  # fmt: skip


async def _people(page: Page, reads: ReadSession, team_id: UUID | None) -> list[tuple[UUID, str]]:
    """Members of the team, else whoever there is; not oneself."""
    if not page.actor.may_anywhere(Permission.USERS_READ):
        return []
    if team_id is not None:
        found = [
            (one.user_id, one.name) for one in await accounts.members(reads, page.actor, team_id)
        ]
    else:
        everybody = await accounts.list_users(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
        found = [(one.id, one.name) for one in everybody.items]
    return [one for one in found if one[0] != page.actor.user_id]


async def _show(
    page: Page, handover_id: UUID, form: Form, *, done: str | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        one = await handovers.get(reads, page.actor, handover_id)
        subject = ("handover", handover_id)
        said = await discussion.comments.of(reads, page.actor, subject)
        people = {one.from_person.id, *(comment.author.id for comment in said.items)}
        if one.acknowledged_by is not None:
            people.add(one.acknowledged_by.id)
        portraits = await page.portraits_of(reads, people)
    return page.show(
        "handovers/show.html", status=status, form=form, one=one, done=done, said=said.items,
        may_comment=policy.may_post(page.actor, one.team.id if one.team else None),
        portraits=portraits,
    )  # fmt: skip


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
