"""Series of bookings: asked about, made, changed and cancelled, in part or whole."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import bookings, resources
from src.domain.bookings import series
from src.models.booking_series import (
    Occurrence,
    SeriesAnswer,
    SeriesCancel,
    SeriesCheck,
    SeriesCreate,
    SeriesProblem,
    SeriesRead,
    SeriesUpdate,
)
from src.models.bookings import BookingUpdate
from src.models.common import Many, One
from src.web import problems, replies
from src.web.dependencies import (
    CurrentActor,
    IfMatch,
    IfMatchRequired,
    Paging,
    Reads,
    Tx,
    declares,
)
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/booking-series", tags=["bookings"])
checks = APIRouter(prefix="/api/v1", tags=["bookings"])
_READ, _CREATE = Permission.BOOKINGS_READ, Permission.BOOKINGS_CREATE
_NOT_FOUND = series.SeriesNotFound
_RULES = (
    resources.ResourceNotFound,
    series.BadRecurrence,
    series.SeriesOverlaps,
    series.SeriesRefused,
    bookings.BookingRefused,
)
_CONFLICTS: dict[int | str, dict[str, Any]] = {
    409: {"model": SeriesProblem},
    422: {"model": SeriesProblem},
}
Resources = Annotated[list[UUID], Query(alias="resource_id", max_length=200)]

problems.present("occurrences", lambda found: [Occurrence.model_validate(each) for each in found])


def _reply(request: Request, view: series.SeriesView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        SeriesRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@checks.post(
    "/booking-series:check",
    operation_id="booking_series_check",
    response_model=One[SeriesAnswer],
    **declares(
        _CREATE,
        problems=(resources.ResourceNotFound, series.BadRecurrence, bookings.BookingRefused),
    ),
)
async def check_series(
    request: Request, body: SeriesCheck, actor: CurrentActor, reads: Reads
) -> Response:
    """What would happen to every occurrence? Nothing is stored."""
    answer = await series.check(reads, actor, wish=body.wish(), rule=body.rule, skip=body.skip)
    return replies.one(request, SeriesAnswer.model_validate(answer))


@router.get(
    "",
    operation_id="booking_series_list",
    response_model=Many[SeriesRead],
    **declares(_READ),
)
async def list_series(
    *,
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    resource_id: Resources = [],  # noqa: B006 - FastAPI copies it
    mine: bool = False,
    current: bool = False,
) -> Response:
    """Series you may read, the latest made first; `current` have something ahead."""
    page = await series.list_(
        reads, actor, resource_ids=resource_id, mine=mine, current=current, paging=paging
    )
    return replies.many([SeriesRead.model_validate(view) for view in page.items], page)


@router.post(
    "",
    operation_id="booking_series_create",
    status_code=201,
    response_model=One[SeriesRead],
    responses=_CONFLICTS,
    **declares(_CREATE, rate="write", problems=(*_RULES, bookings.BookingOverlaps)),
)
async def create_series(
    request: Request, body: SeriesCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Book every occurrence, or nothing.

    Where some cannot be booked, 409 or 422 lists each of them with what stands in the way; name
    those in `skip`, or leave all of them out with `skip_conflicts`.
    """

    async def effect() -> Response:
        view = await series.create(
            tx,
            actor,
            wish=body.wish(),
            rule=body.rule,
            skip_conflicts=body.skip_conflicts,
            skip=body.skip,
        )
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{series_id}",
    operation_id="booking_series_get",
    response_model=One[SeriesRead],
    **declares(_READ, cache="private", problems=(_NOT_FOUND,)),
)
async def get_series(
    request: Request, series_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One series."""
    return _reply(request, await series.get(reads, actor, series_id))


@router.patch(
    "/{series_id}",
    operation_id="booking_series_update",
    response_model=One[SeriesRead],
    responses=_CONFLICTS,
    **declares(
        _READ,
        rate="write",
        problems=(
            _NOT_FOUND,
            series.SeriesStateConflict,
            *_RULES,
            bookings.BookingOverlaps,
            bookings.BookingStateConflict,
        ),
    ),
)
async def update_series(
    request: Request,
    series_id: UUID,
    body: SeriesUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change this one, the following, or all that lie ahead, by the rules of a new booking.

    `following` makes a series of its own of them, and that is the answer.
    """
    view = await series.change(
        tx,
        actor,
        series_id,
        part=body.part(),
        changes=BookingUpdate.changes(body),
        skip_conflicts=body.skip_conflicts,
        expected_version=version,
    )
    return _reply(request, view)


@router.post(
    "/{series_id}/cancel",
    operation_id="booking_series_cancel",
    response_model=One[SeriesRead],
    **declares(_READ, rate="write", problems=(_NOT_FOUND, series.SeriesStateConflict)),
)
async def cancel_series(
    request: Request,
    series_id: UUID,
    body: SeriesCancel,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Cancel this one, the following, or all that lie ahead; their time is free at once."""
    view = await series.cancel(
        tx, actor, series_id, part=body.part(), reason=body.reason, expected_version=version
    )
    return _reply(request, view)
