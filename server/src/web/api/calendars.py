"""Calendars: who has what, over a range; read again without touching rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Actor, Permission
from src.core.db import ReadSession
from src.core.errors import FieldError, Invalid
from src.core.language import gettext as _
from src.core.paging import MAX_LIMIT, MAX_PAGE
from src.domain import bookings, resources
from src.domain.resources import Grouping, Selection
from src.models.calendars import FIELDS, Calendar, CalendarAnswer, Entry
from src.web import etags, replies
from src.web.dependencies import CurrentActor, Reads, declares
from src.web.queries import End, Picked, Start, Words, fields_of

router = APIRouter(prefix="/api/v1", tags=["calendar"])
LONGEST = timedelta(days=92)
Resources = Annotated[
    list[UUID],
    Query(alias="resource_id", max_length=100, description="Without it, all you may see."),
]
Types = Annotated[list[UUID], Query(alias="type_id", max_length=50)]
Locations = Annotated[
    list[UUID],
    Query(alias="location_id", max_length=50, description="With all that lies below."),
]
SetId = Annotated[
    UUID | None,
    Query(description="One of your own sets of resources; with `resource_id`, what is in both."),
]
Group = Annotated[Grouping | None, Query(description="Resources in this order, by `groups`.")]
PageNumber = Annotated[
    int | None,
    Query(ge=1, le=MAX_PAGE, description="This many resources at a time; without it, all."),
]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many resources a page holds.")]
Fields = Annotated[Picked, Depends(fields_of(Entry))]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which resources of which set, as the address says."""

    selection: Selection
    set_id: UUID | None


def _asked(
    *,
    resource_id: Resources = [],  # noqa: B006 - FastAPI copies it
    type_id: Types = [],  # noqa: B006
    location_id: Locations = [],  # noqa: B006
    set_id: SetId = None,
    q: Words = None,
    group: Group = None,
    page: PageNumber = None,
    limit: Limit = resources.selecting.PAGE_SIZE,
) -> Asked:
    selection = Selection(resource_id, type_id, location_id, q, group, page, limit)
    return Asked(selection, set_id)


@router.get(
    "/calendar",
    operation_id="calendar_get",
    response_model=CalendarAnswer,
    **declares(
        Permission.BOOKINGS_READ,
        cache="private",
        problems=(Invalid, resources.ResourceNotFound, resources.ResourceSetNotFound),
    ),
)
async def get_calendar(
    request: Request,
    actor: CurrentActor,
    reads: Reads,
    asked: Annotated[Asked, Depends(_asked)],
    fields: Fields,
    from_: Start,
    to: End,
) -> Response:
    """Many resources over a range of up to 92 days, with their open hours.

    `fields` are those of the entries; without `booking` the answer is a third as long.
    """
    selection = await _selection(reads, actor, asked)
    return await _calendar(request, actor, reads, selection, (from_, to), fields)


@router.get(
    "/resources/{resource_id}/calendar",
    operation_id="resources_calendar",
    response_model=CalendarAnswer,
    **declares(
        Permission.BOOKINGS_READ,
        cache="private",
        problems=(Invalid, resources.ResourceNotFound),
    ),
)
async def get_resource_calendar(
    request: Request,
    resource_id: UUID,
    actor: CurrentActor,
    reads: Reads,
    fields: Fields,
    from_: Start,
    to: End,
) -> Response:
    """One resource over a range of up to 92 days."""
    selection = Selection(resource_ids=[resource_id])
    return await _calendar(request, actor, reads, selection, (from_, to), fields)


async def _selection(reads: ReadSession, actor: Actor, asked: Asked) -> Selection | None:
    """What is to be shown: what is named, narrowed by the set. None where nothing is left."""
    if asked.set_id is None:
        return asked.selection
    kept = await resources.sets.get(reads, actor, asked.set_id)
    named = asked.selection.resource_ids
    ids = [id_ for id_ in kept.resource_ids if not named or id_ in named]
    return replace(asked.selection, resource_ids=ids) if ids else None


async def _calendar(
    request: Request,
    actor: Actor,
    reads: ReadSession,
    selection: Selection | None,
    range_: tuple[datetime, datetime],
    fields: Picked,
) -> Response:
    from_, to = range_
    _require_range(from_, to)
    # One row is read as cheaply as its version alone; many are not.
    is_many = selection is not None and len(selection.resource_ids) != 1
    if selection is not None and is_many and "if-none-match" in request.headers:
        versions = await resources.calendar_versions(reads, actor, selection)
        etag = _etag(actor, versions, (from_, to, *fields))
        if etags.matches(request, etag):
            return _unchanged(etag)
    ids: list[UUID] | None = [] if selection is None else None
    rows = await bookings.calendar_rows(
        reads, actor, resource_ids=ids, selection=selection, from_=from_, to=to
    )
    etag = _etag(actor, rows.versions, (from_, to, *fields))
    if etags.matches(request, etag):
        return _unchanged(etag)
    found = await bookings.calendar_of(reads, actor, rows)
    written = Calendar.of(found, fields=fields or FIELDS).written(fields)
    response = replies.raw(written, **_pagination(selection, found.total))
    response.headers["ETag"] = etag
    return response


def _pagination(selection: Selection | None, total: int | None) -> dict[str, Any]:
    if selection is None or selection.page is None:
        return {}
    return {
        "pagination": {
            "limit": selection.limit,
            "next": None,
            "previous": None,
            "page": selection.page,
            "total": total,
        }
    }


def _unchanged(etag: str) -> Response:
    return Response(status_code=304, headers={"ETag": etag})


def _etag(actor: Actor, versions: Mapping[UUID, tuple[Any, ...]], asked: tuple[object, ...]) -> str:
    """What the answer depends on: calendars in their order, reader, language, question, minute.

    The minute, because requests lapse and check-in opens without anything being written.
    """
    held = sorted(
        f"{permission}{sorted(map(str, scopes))}" for permission, scopes in actor.granted.items()
    )
    minute = clock.now().replace(second=0, microsecond=0)
    teams, words = sorted(map(str, actor.team_ids)), language.reader().locale
    return etags.weak(actor.user_id, words, *teams, *held, *asked, minute, *versions.items())


def _require_range(from_: datetime, to: datetime) -> None:
    if not from_ < to <= from_ + LONGEST:
        detail = _("`to` must lie after `from`, at most %(days)s days.", days=LONGEST.days)
        raise Invalid(detail, errors=(FieldError(("to",), "bad-range", detail),))
