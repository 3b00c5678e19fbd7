"""The record of what happened, filtered by its address, and having it proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from src.core import audit
from src.core.actor import Permission
from src.core.audit import EventView
from src.core.db import ReadSession
from src.core.language import mark, zone_of
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts
from src.templating import enter
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, Shape, TypedDate, see_other
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.pages.history import VERBS

router = APIRouter(include_in_schema=False)
enter(
    mark("Record"),
    "/events",
    Permission.EVENTS_READ,
    rank=65,
    icon="flag",
    is_everywhere=True,
    key="e",
)

SUBJECTS = {
    "booking": mark("Booking"),
    "closure": mark("Closure"),
    "events": mark("Record"),
    "file": mark("File"),
    "institute": mark("Institute"),
    "job": mark("Job"),
    "location": mark("Place"),
    "operation": mark("Operation"),
    "policy": mark("Rules"),
    "resource": mark("Resource"),
    "resource-set": mark("Set of resources"),
    "resource-type": mark("Type"),
    "schedule": mark("Periodic work"),
    "team": mark("Team"),
    "user": mark("Person"),
}
# Subjects that have a page of their own.
PAGES = {"booking": "/bookings/{}", "resource": "/resources/{}", "operation": "/operations/{}"}


class FilterShape(Shape):
    """What the list is narrowed to."""

    actor: UUID | None = None
    subject: str | None = Field(None, max_length=40)
    verb: Annotated[str, Field(max_length=80)] | None = None
    since: TypedDate | None = None
    until: TypedDate | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An event as the list tells it."""

    event: EventView
    what: str
    who: str
    subject: str
    link: str | None


@router.get("/events", **shows(Permission.EVENTS_READ))
async def list_events(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """What happened, newest first. A filter that cannot be read filters nothing, and says so."""
    names = ("actor", "subject", "verb", "since", "until")
    form = Form.of_query(page.request, **dict.fromkeys(names, ""))
    wanted = _wanted(form, zone_of(page.actor.timezone))
    found = await audit.list_(reads, page.actor, wanted=wanted, paging=paging)
    named = await accounts.names(reads, _people(found.items, wanted))
    return page.show(
        "events/list.html",
        form=form,
        page=found.holding([_row(one, named) for one in found.items]),
        people=await _choices(page, reads, wanted, named),
        subjects=SUBJECTS,
    )


@router.post("/events/verify", **takes(Permission.EVENTS_READ))
async def verify(page: CurrentPage, session: Tx) -> Response:
    """Have it proved; on to the operation."""
    operation = await audit.verify(session, page.actor)
    return see_other(f"/operations/{operation.id}")


def _wanted(form: Form, zone: tzinfo) -> audit.Filter:
    """Days are the reader's, both included."""
    shape = form.parse(FilterShape)
    if shape is None:
        return audit.Filter()
    return audit.Filter(
        actor_id=shape.actor,
        subject_type=shape.subject,
        verbs=[shape.verb] if shape.verb else [],
        from_=_midnight(shape.since, zone) if shape.since else None,
        to=_midnight(shape.until + timedelta(days=1), zone) if shape.until else None,
    )


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _people(found: list[EventView], wanted: audit.Filter) -> set[UUID]:
    people = {one.actor_id for one in found if one.actor_id}
    people |= {one.subject_id for one in found if one.subject_type == "user" and one.subject_id}
    return people | ({wanted.actor_id} if wanted.actor_id else set())


async def _choices(
    page: Page, reads: ReadSession, wanted: audit.Filter, named: dict[UUID, str]
) -> list[tuple[str, str]]:
    """The first of the people by name, and whoever is chosen."""
    found = await accounts.list_users(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    choices = {one.id: one.name for one in found.items}
    if wanted.actor_id in named:
        choices.setdefault(wanted.actor_id, named[wanted.actor_id])
    return [(str(id_), name) for id_, name in choices.items()]


def _row(event: EventView, named: dict[UUID, str]) -> Row:
    subject, link = "", PAGES.get(event.subject_type)
    if event.subject_id is not None:
        subject = named.get(event.subject_id) or str(event.subject_id)[-8:]
    who = named.get(event.actor_id, "…") if event.actor_id else "Aliquot"
    text = event.verb.partition(".")[2].replace("_", " ").replace("-", " ").capitalize()
    is_linked = link is not None and event.subject_id is not None
    return Row(
        event,
        VERBS.get(event.verb) or text,
        who,
        subject,
        link.format(event.subject_id) if link is not None and is_linked else None,
    )
