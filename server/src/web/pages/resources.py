"""One resource: how it is, when it is free, by which rules, and whom to ask."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core import clock, sheets
from src.core.actor import Actor, Permission, resource_scope
from src.core.db import ReadSession
from src.core.language import mark
from src.domain import bookings, files, maintenance, resources, training
from src.domain.resources.hours import Window
from src.domain.resources.tables import Duty, ResourceState
from src.domain.resources.terms import Terms
from src.web.dependencies import Reads
from src.web.pages import week as weeks
from src.web.pages import words
from src.web.pages.frame import CurrentPage, Page, shows
from src.web.pages.history import history
from src.web.pages.incident_forms import may_report_on, running_on
from src.web.pages.problem_reports import open_of
from src.web.pages.resource_list import told

router = APIRouter(include_in_schema=False)

DONE = {
    "created": mark("The resource was created."),
    "changed": mark("The resource was changed."),
    "state": mark("Its state was changed, and those concerned are told."),
    "hours": mark("The opening hours were changed."),
    "policy": mark("The rules were changed."),
    "people": mark("The people who look after it were changed."),
    "photo": mark("The photo was changed."),
    "no-photo": mark("The photo was removed."),
    "file": mark("The file was added."),
    "no-file": mark("The file was removed."),
}
DUTIES = {
    "primary": mark("First to ask"),
    Duty.DEPUTY: mark("Deputy"),
    Duty.TRAINER: mark("Trains newcomers"),
    Duty.SAFETY: mark("In charge of safety"),
}
AHEAD = timedelta(days=366)  # closures that are told
RECENT = 8  # events that are told at once; the others are folded away


@router.get("/resources/{resource_id}", **shows(Permission.RESOURCES_READ))
async def show_resource(
    page: CurrentPage,
    reads: Reads,
    resource_id: UUID,
    week: Annotated[str | None, Query(max_length=10)] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Its state, its week and its rules in words; for an open page, only how it is by now."""
    around = _around(week)
    offer, terms = await resources.whole(reads, page.actor, resource_id, around=around)
    standing = await _standing(page, reads, offer)
    if page.is_fragment:
        return page.show("resources/standing.html", **standing)
    more = await _more(page, reads, terms, week)
    more["custom"] = sheets.as_read(offer.resource.custom_schema, offer.resource.custom)
    portraits = await page.portraits_of(reads, (one.id for one in standing["people"]))
    shown = {**standing, **more, "done": DONE.get(done)}
    return page.show("resources/show.html", portraits=portraits, **shown)


def _around(week: str | None) -> Window:
    """The time whose closures are told: the week that is shown, and what lies ahead."""
    now = clock.now()
    from_, to = weeks.span_of(weeks.monday_of(week, now.date()), UTC)
    return Window(min(from_, now), max(to, now + AHEAD)).widened(before=1440, after=1440)


async def _standing(page: Page, reads: ReadSession, offer: resources.Offer) -> dict[str, Any]:
    """What changes by the hour: state, since when, free until or from when."""
    one = offer.resource
    is_troubled = one.state in (ResourceState.DOWN, ResourceState.DEGRADED)
    return {
        "offer": offer,
        "resource": one,
        "since": await resources.since(reads, one.id) if is_troubled else None,
        "people": (await resources.responsible_for(reads, [one.id])).get(one.id, []),
        "duties": DUTIES,
        **told(page.actor, [offer]),
    }


async def _more(page: Page, reads: ReadSession, terms: Terms, week: str | None) -> dict[str, Any]:
    """The rest of the page."""
    actor, subject = page.actor, ("resource", terms.resource_id)
    may_manage = page.may(Permission.RESOURCES_MANAGE, resource_scope(terms.resource_id))
    may_look_back = may_manage or page.may(Permission.EVENTS_READ)
    attached = []
    if actor.may_anywhere(Permission.FILES_READ):
        attached = await files.list_for(reads, actor, subject=subject)
    return {
        "week": await _week(reads, actor, terms, week),
        "rules": words.rules(terms.policy, terms.hours, sum(one.is_active for one in terms.units)),
        "days": words.opening_days(terms.hours) if terms.hours else [],
        "weekday": clock.now().astimezone(terms.zone).weekday(),
        "closures": [one for one in terms.closures if one.window.ends_at > clock.now()],
        "files": [one for one in attached if one.kind != resources.PHOTO.name],
        "size": words.size,
        "events": await history(reads, subject) if may_look_back else None,
        "recent": RECENT,
        "may_manage": may_manage,
        **await _at_hand(page, reads, terms),
    }


async def _at_hand(page: Page, reads: ReadSession, terms: Terms) -> dict[str, Any]:
    """What is wrong with it, and what the reader lacks to book it."""
    actor, resource_id = page.actor, terms.resource_id
    missing = []
    if terms.policy.required_qualifications and actor.user_id is not None:
        missing = await training.access.missing(reads, actor, resource_id)
    return {
        "problems": await open_of(reads, page, resource_id),
        "may_report": maintenance.policy.may_report(actor, resource_id),
        "incidents": await running_on(page, reads, resource_id),
        "may_report_incident": may_report_on(page, resource_id),
        "missing": missing,
        "access": await training.access.open_for(reads, actor, resource_id) if missing else None,
    }


async def _week(reads: ReadSession, actor: Actor, terms: Terms, name: str | None) -> weeks.Week:
    """The week of that name, as it is drawn for whoever has no scripts."""
    zone = terms.zone
    monday = weeks.monday_of(name, clock.now().astimezone(zone).date())
    from_, to = weeks.span_of(monday, zone)
    # The terms are known already: of the calendar's two statements only the second is needed.
    rows = bookings.CalendarRows(Window(from_, to), {terms.resource_id: terms}, {})
    calendar = await bookings.calendar_of(reads, actor, rows)
    reader = weeks.Reader(actor.user_id, clock.now(), _bookable(actor, terms))
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
