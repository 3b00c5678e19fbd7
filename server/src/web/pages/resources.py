"""Resources: what there is and what is free, one with its week and its rules."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core import clock
from src.core.actor import Actor, Permission, resource_scope
from src.core.db import ReadSession
from src.core.language import mark, zone_of
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import bookings, resources
from src.domain.resources.hours import Window
from src.domain.resources.tables import ResourceState
from src.domain.resources.terms import Terms
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form
from src.web.pages import week as weeks
from src.web.pages import words
from src.web.pages.frame import CurrentPage, shows

router = APIRouter(include_in_schema=False)
enter(mark("Resources"), "/resources", Permission.RESOURCES_READ, rank=20, icon="resource", key="r")

DONE = {
    "created": mark("The resource was created."),
    "changed": mark("The resource was changed."),
    "state": mark("Its state was changed, and those concerned are told."),
    "hours": mark("The opening hours were changed."),
    "policy": mark("The rules were changed."),
    "units": mark("The units were changed."),
}


@router.get("/resources", **shows(Permission.RESOURCES_READ))
async def list_resources(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """All, or those that fit: words, type, place, state, free now."""
    form = Form.of_query(page.request, q="", type_id="", location_id="", state="", free="")
    found = await resources.list_(reads, page.actor, paging=paging, **_filters(form))
    return page.show(
        "resources/list.html",
        form=form,
        page=found,
        type_choices=await type_choices(reads, page.actor),
        location_choices=await location_choices(reads, page.actor),
    )


Choices = list[tuple[str, str]]


async def type_choices(reads: ReadSession, actor: Actor) -> Choices:
    """Types by name, for a list to choose from."""
    found = await resources.list_types(reads, actor, paging=Limits(limit=MAX_LIMIT))
    return [(str(one.id), one.name) for one in found.items]


async def location_choices(reads: ReadSession, actor: Actor) -> Choices:
    """The tree of places, each with what it lies in."""
    found = await resources.list_locations(reads, actor)
    return [(str(one.id), " › ".join(one.path)) for one in found]


def _filters(form: Form) -> dict[str, Any]:
    """The list's arguments; a value nobody offered filters nothing."""
    chosen = form.values
    wanted: dict[str, Any] = {"q": chosen["q"] or None}
    with suppress(ValueError):
        wanted["type_ids"] = [UUID(chosen["type_id"])]
    with suppress(ValueError):
        wanted["location_ids"] = [UUID(chosen["location_id"])]
    if chosen["state"] in set(ResourceState):
        wanted["states"] = [ResourceState(chosen["state"])]
    if chosen["free"]:
        wanted["free_at"] = clock.now()
    return wanted


@router.get("/resources/{resource_id}", **shows(Permission.RESOURCES_READ))
async def show_resource(
    page: CurrentPage,
    reads: Reads,
    resource_id: UUID,
    week: Annotated[str | None, Query(max_length=10)] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """A resource: its state, its week hour by hour, and its rules in words."""
    resource = await resources.get(reads, page.actor, resource_id)
    zone = zone_of(resource.timezone)
    monday = weeks.monday_of(week, clock.now().astimezone(zone).date())
    span = weeks.span_of(monday, zone)
    terms = (await resources.terms.load(reads, [resource_id], around=_ahead()))[resource_id]
    return page.show(
        "resources/show.html",
        resource=resource,
        week=await _week(reads, page.actor, terms, span),
        rules=words.rules(terms.policy, terms.hours, len(resource.units)),
        closures=terms.closures,
        may_manage=page.may(Permission.RESOURCES_MANAGE, resource_scope(resource_id)),
        done=DONE.get(done),
    )


def _ahead() -> Window:
    """For how long closures are announced."""
    return Window(clock.now(), clock.now() + timedelta(days=60))


async def _week(reads: ReadSession, actor: Actor, terms: Terms, span: weeks.Span) -> weeks.Week:
    zone = terms.zone
    calendar = await bookings.calendar(
        reads, actor, resource_ids=[terms.resource_id], from_=span[0], to=span[1]
    )
    reader = weeks.Reader(actor.user_id, clock.now(), _bookable(actor, terms))
    monday = span[0].astimezone(zone).date()
    return weeks.build(calendar, monday=monday, zone=zone, reader=reader)


def _bookable(actor: Actor, terms: Terms) -> weeks.Span | None:
    """From when to when the reader may book at all; those who may override see all that is free."""
    scope = resource_scope(terms.resource_id)
    if not actor.may(Permission.BOOKINGS_CREATE, scope):
        return None
    now, far = clock.now(), timedelta(days=366 * 2)
    if actor.may(Permission.BOOKINGS_OVERRIDE, scope):
        return now, now + far
    latest, earliest = terms.policy.latest_minutes, terms.policy.earliest_minutes
    starts = now + timedelta(minutes=latest or 0)
    ends = now + (timedelta(minutes=earliest) if earliest is not None else far)
    return (starts, ends) if starts < ends else None
