"""Incidents: listed with the worst first, and one of them with everything about it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission, resource_scope
from src.core.db import ReadSession
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import notifications, resources
from src.domain.operations import discussion, incidents
from src.domain.operations.incidents import Filter, IncidentView, judging
from src.domain.operations.tables import IncidentState, Severity, Visibility
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages import incident_room, writing
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.incident_frame import DONE as DONE_IN_ROOM
from src.web.pages.incident_words import DONE, EFFECTS, SEVERITIES, SHORT, STATES, WAYS
from src.web.pages.updates import teams_of

router = APIRouter(include_in_schema=False)
READ, POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
enter(mark("Incidents"), "/incidents", READ, rank=43, icon="incident", key="i")

FILTERS = ("q", "state", "severity", "type_id", "team_id", "resource_id", "whose", "tag")
ACTIVE = (IncidentState.OPEN, IncidentState.IN_PROGRESS)
CHOICES = {
    "active": mark("Open and in progress"),
    "all": mark("All"),
    **{one.value: words for one, words in STATES.items()},
}
WHOSE = {"mine": mark("What concerns me"), "near-misses": mark("Near misses")}
Said = Annotated[str, Query(max_length=20)]


class FilterShape(Shape):
    """What the list is narrowed to."""

    state: str | None = None
    severity: Severity | None = None
    type_id: UUID | None = None
    team_id: UUID | None = None
    resource_id: UUID | None = None
    whose: str | None = None
    tag: str | None = Field(None, max_length=41)


class MoveShape(Shape):
    """Where it goes, and what is said with it."""

    to: IncidentState
    notes: str = Field("", max_length=judging.LONGEST["resolution"])
    reason: str = Field("", max_length=judging.LONGEST_REASON)


@router.get("/incidents", **shows(READ))
async def list_incidents(
    page: CurrentPage, reads: Reads, paging: Paging, done: Said = ""
) -> Response:
    """What goes on first, of it the most severe, then the newest."""
    form = Form.of_query(page.request, **dict.fromkeys(FILTERS, ""))
    wanted = _wanted(page, form)
    found = await incidents.reading.list_(reads, page.actor, wanted=wanted, paging=paging)
    people = [person.id for one in found.items for person in (one.lead,) if person]
    return page.show(
        "incidents/list.html", form=form, page=found, types=await _types(reads, page),
        teams=await teams_of(reads, page), choices=CHOICES, severities=SHORT, whose=WHOSE,
        named=await resources.names(reads, page.actor, list(wanted.resource_ids)),
        now=clock.now(), done=DONE.get(done), portraits=await page.portraits_of(reads, people),
    )  # fmt: skip


@router.get("/incidents/{incident_id}", **shows(READ))
async def show_incident(page: CurrentPage, incident_id: UUID, done: Said = "") -> Response:
    """One incident: how it stands, its room, and what is said to it."""
    said = DONE.get(done) or DONE_IN_ROOM.get(done)
    return await _show(page, incident_id, Form(), done=said)


@router.post("/incidents/{incident_id}/acknowledge", **takes(READ))
async def acknowledge(page: CurrentPage, incident_id: UUID) -> Response:
    """Say that somebody has taken notice."""
    form = await Form.read(page.request)
    made = await page.tried(form, lambda tx: incidents.moving.acknowledge(
        tx, page.actor, incident_id
    ), frozenset())  # fmt: skip
    if isinstance(made, Refused):
        return await _show(page, incident_id, form, status=made.status)
    return see_other(f"/incidents/{incident_id}?done=acknowledged")


@router.post("/incidents/{incident_id}/transition", **takes(READ))
async def move(page: CurrentPage, incident_id: UUID) -> Response:
    """Let it go to another state."""
    form = await Form.read(page.request)
    shape = form.parse(MoveShape)
    if shape is None:
        return await _show(page, incident_id, form, status=422)
    made = await page.tried(form, lambda tx: incidents.moving.transition(
        tx, page.actor, incident_id, to=shape.to, notes=shape.notes, reason=shape.reason,
        expected_version=form.version,
    ), frozenset({"notes", "reason"}))  # fmt: skip
    if isinstance(made, Refused):
        return await _show(page, incident_id, form, status=made.status)
    return see_other(f"/incidents/{incident_id}?done={shape.to}")


async def _show(
    page: Page, incident_id: UUID, form: Form, *, done: str | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        one = await incidents.reading.get(reads, page.actor, incident_id)
        subject = ("incident", incident_id)
        limits = Limits(limit=writing.MOST_COMMENTS)
        said = await discussion.comments.of(reads, page.actor, subject, paging=limits)
        room = await incident_room.context(reads, page, one)
        people = [person.id for person in (one.reported_by, one.lead) if person]
        people += [each.author.id for each in said.items]
        context: dict[str, Any] = {
            **room,
            "comments": said,
            "follows": await notifications.follows.state(reads, page.actor.user_id, subject),
            "portraits": await page.portraits_of(reads, [*people, *room["room_people"]]),
        }
    return page.show(
        "incidents/show.html", status=status, form=form, one=one, done=done, **context,
        comment_form=Form(), may_comment=_may_comment(page, one), now=clock.now(), effects=EFFECTS,
        severities=SEVERITIES, ways=[(to, WAYS[one.state, to]) for to in one.allowed],
        decided=[on.id for on in one.resources if _may_displace(page, on)],
        is_restricted=one.visibility is Visibility.RESTRICTED,
    )  # fmt: skip


def _may_comment(page: Page, one: IncidentView) -> bool:
    """Nobody adds to what is closed; it is reopened first."""
    return one.state is not IncidentState.CLOSED and page.actor.may_anywhere(POST)


def _may_displace(page: Page, on: incidents.ResourceOn) -> bool:
    return page.may(Permission.BOOKINGS_DISPLACE, resource_scope(on.id))


async def _types(reads: ReadSession, page: Page) -> list[tuple[str, str]]:
    found = await incidents.types.list_(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    return [(str(one.id), one.name) for one in found.items]


def _wanted(page: Page, form: Form) -> Filter:
    """What the address asks for; what cannot be read narrows nothing, and says so."""
    shape = form.parse(FilterShape) or FilterShape()
    states: tuple[IncidentState, ...] = ()
    if shape.state == "active":
        states = ACTIVE
    elif shape.state in {one.value for one in IncidentState}:
        states = (IncidentState(shape.state),)
    return Filter(
        states=states,
        severities=[shape.severity] if shape.severity else [],
        type_ids=[shape.type_id] if shape.type_id else [],
        team_ids=[shape.team_id] if shape.team_id else [],
        resource_ids=[shape.resource_id] if shape.resource_id else [],
        tag=shape.tag,
        q=form.values["q"] or None,
        is_mine=shape.whose == "mine" and page.actor.user_id is not None,
        is_near_miss=True if shape.whose == "near-misses" else None,
    )
