"""The record of what happened, filtered by its address; having it proved, and exported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from src.core import archives, audit, audit_export
from src.core.actor import Permission
from src.core.audit_export import Format
from src.core.db import ReadSession
from src.core.language import mark, zone_of
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts
from src.templating import enter
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, Shape, TypedDate, see_other
from src.web.pages import event_rows
from src.web.pages.frame import CurrentPage, Page, shows, takes

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
FILTERS = ("actor", "subject", "about", "verb", "since", "until")


class FilterShape(Shape):
    """What the list is narrowed to; `about` is the id of one thing, as rows link it."""

    actor: UUID | None = None
    subject: str | None = Field(None, max_length=40)
    about: UUID | None = None
    verb: Annotated[str, Field(max_length=80)] | None = None
    since: TypedDate | None = None
    until: TypedDate | None = None


@router.get("/events", **shows(Permission.EVENTS_READ))
async def list_events(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """What happened, newest first. A filter that cannot be read filters nothing, and says so."""
    form = Form.of_query(page.request, **dict.fromkeys(FILTERS, ""))
    wanted = wanted_by(form, zone_of(page.actor.timezone))
    found = await audit.list_(reads, page.actor, wanted=wanted, paging=paging)
    named = await accounts.names(reads, event_rows.people_of(found.items, wanted))
    return page.show(
        "events/list.html",
        form=form,
        page=found.holding([event_rows.row_of(one, named) for one in found.items]),
        archived=await archives.last(reads),
        **await filter_choices(page, reads, wanted, named),
    )


@router.post("/events/verify", **takes(Permission.EVENTS_READ))
async def verify(page: CurrentPage, session: Tx) -> Response:
    """Have it proved; on to the operation."""
    operation = await audit.verify(session, page.actor)
    return see_other(f"/operations/{operation.id}")


@router.post("/events/export", **takes(Permission.EVENTS_READ, rate="export"))
async def export(page: CurrentPage, session: Tx) -> Response:
    """Have what the list shows written to a file; on to the operation."""
    form = await Form.read(page.request)
    wanted = wanted_by(form, zone_of(page.actor.timezone))
    if form.faults:  # a filter that cannot be read filters nothing: never export that by mistake
        query = {name: form.values.get(name, "") for name in FILTERS}
        return see_other(f"/events?{urlencode(query)}")
    is_csv = form.values.get("format") != Format.JSON_LINES
    format_ = Format.CSV if is_csv else Format.JSON_LINES
    operation = await audit_export.export(session, page.actor, wanted=wanted, format_=format_)
    return see_other(f"/operations/{operation.id}")


def wanted_by(form: Form, zone: tzinfo) -> audit.Filter:
    """What the form narrows to. Days are the reader's, both included."""
    shape = form.parse(FilterShape)
    if shape is None:
        return audit.Filter()
    verbs, kinds = event_rows.chosen(shape.verb)
    return audit.Filter(
        actor_id=shape.actor,
        subject_type=shape.subject,
        subject_id=shape.about,
        verbs=verbs,
        kinds=kinds,
        from_=_midnight(shape.since, zone) if shape.since else None,
        to=_midnight(shape.until + timedelta(days=1), zone) if shape.until else None,
    )


async def filter_choices(
    page: Page, reads: ReadSession, wanted: audit.Filter, named: Mapping[UUID, str]
) -> dict[str, Any]:
    """What the fields of the filter offer: the first of the people by name, and who is chosen."""
    found = await accounts.list_users(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    people = {one.id: one.name for one in found.items}
    if wanted.actor_id is not None and wanted.actor_id in named:
        people.setdefault(wanted.actor_id, named[wanted.actor_id])
    return {
        "people": [(str(id_), name) for id_, name in people.items()],
        "subjects": event_rows.SUBJECTS,
        "what": event_rows.what(),
        "filters": FILTERS,
    }


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
