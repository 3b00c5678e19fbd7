"""Bookings: made, found, changed and carried through."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.core.paging import BadSort
from src.domain import approvals, bookings, resources
from src.domain.bookings import BookingView, Status
from src.models.bookings import (
    Answer,
    BookingCheck,
    BookingCreate,
    BookingProblem,
    BookingRead,
    BookingUpdate,
    Conflict,
    Contact,
    Decision,
    Hit,
    Reason,
    Suggestion,
    Violation,
)
from src.models.common import Many, One
from src.models.presence import Arrival
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
from src.web.queries import From, Picked, Sort, To, Words, fields_of, include_of

router = APIRouter(prefix="/api/v1/bookings", tags=["bookings"])
checks = APIRouter(prefix="/api/v1", tags=["bookings"])
READ = Permission.BOOKINGS_READ
CREATE = Permission.BOOKINGS_CREATE
NOT_FOUND = bookings.BookingNotFound
RULES = (resources.ResourceNotFound, bookings.BookingOverlaps, bookings.BookingRefused)
STATES = (NOT_FOUND, bookings.BookingStateConflict)
LISTS = (bookings.presence.NoChecklist, bookings.presence.ChecklistInvalid)
COMING = (bookings.BookingRefused, bookings.presence.ChecklistNeeded, *LISTS)

Resources = Annotated[list[UUID], Query(alias="resource_id", max_length=200)]
Statuses = Annotated[list[Status], Query(alias="status", max_length=8)]
Fields = Annotated[Picked, Depends(fields_of(BookingRead))]
Include = Annotated[Picked, Depends(include_of("resource"))]


problems.present("conflicts", lambda found: [Conflict.model_validate(each) for each in found])
problems.present("suggestions", lambda found: [Suggestion.model_validate(each) for each in found])
problems.present("contact", lambda found: found and Contact.model_validate(found))
problems.present("violations", lambda found: [Violation.model_validate(each) for each in found])
problems.present("hits", lambda found: [Hit.of(each) for each in found])


def reply(request: Request, view: BookingView, *, status: int = 200) -> Response:
    """One booking."""
    return replies.one(
        request,
        BookingRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="bookings_list",
    response_model=Many[BookingRead],
    **declares(READ, problems=(BadSort,)),
)
async def list_bookings(
    *,
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    fields: Fields,
    include: Include,
    resource_id: Resources = [],  # noqa: B006 - FastAPI copies it
    status: Statuses = [],  # noqa: B006
    from_: From = None,
    to: To = None,
    q: Words = None,
    sort: Sort = None,
    mine: bool = False,
    waiting: bool = False,
    series_id: UUID | None = None,
    group_id: UUID | None = None,
) -> Response:
    """Bookings by start; those you may not read say "Booked".

    `waiting` is the requests you may decide.
    """
    which = bookings.Filter(
        resource_id, status, from_, to, mine, q, waiting, series_id=series_id, group_id=group_id
    )
    page = await bookings.list_(reads, actor, which=which, sort=sort, paging=paging)
    wanted = frozenset(include)
    return replies.many(
        [BookingRead.of(view, include=wanted) for view in page.items], page, fields=fields
    )


@router.post(
    "",
    operation_id="bookings_create",
    status_code=201,
    response_model=One[BookingRead],
    responses={409: {"model": BookingProblem}, 422: {"model": BookingProblem}},
    **declares(CREATE, rate="write", problems=RULES),
)
async def create_booking(
    request: Request, body: BookingCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Book a time.

    409 tells who stands in the way and what is free instead; 422 tells every rule that fails.
    Where somebody must approve, the booking is `requested`.
    """

    async def effect() -> Response:
        return reply(request, await bookings.create(tx, actor, wish=body.wish()), status=201)

    return await once(tx, effect)


@checks.post(
    "/bookings:check",
    operation_id="bookings_check",
    response_model=One[Answer],
    responses={422: {"model": BookingProblem}},
    **declares(CREATE, problems=(*STATES, resources.ResourceNotFound, bookings.BookingRefused)),
)
async def check_booking(
    request: Request, body: BookingCheck, actor: CurrentActor, reads: Reads
) -> Response:
    """What would happen? Nothing is stored."""
    answer = await bookings.check(reads, actor, wish=body.wish(), booking_id=body.booking_id)
    return replies.one(request, Answer.model_validate(answer))


@router.get(
    "/{booking_id}",
    operation_id="bookings_get",
    response_model=One[BookingRead],
    **declares(READ, cache="private", problems=(NOT_FOUND,)),
)
async def get_booking(
    request: Request,
    booking_id: UUID,
    actor: CurrentActor,
    reads: Reads,
    fields: Fields,
    include: Include,
) -> Response:
    """One booking."""
    view = await bookings.get(reads, actor, booking_id)
    item = BookingRead.of(view, include=frozenset(include))
    return replies.one(
        request, item, version=view.version, changed_at=view.updated_at, fields=fields
    )


@router.patch(
    "/{booking_id}",
    operation_id="bookings_update",
    response_model=One[BookingRead],
    responses={409: {"model": BookingProblem}, 422: {"model": BookingProblem}},
    **declares(READ, rate="write", problems=(*RULES, *STATES)),
)
async def update_booking(
    request: Request,
    booking_id: UUID,
    body: BookingUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Move, stretch or reword a booking; the rules hold as they do for a new one."""
    view = await bookings.change(
        tx, actor, booking_id, changes=body.changes(), expected_version=version
    )
    return reply(request, view)


@router.post(
    "/{booking_id}/cancel",
    operation_id="bookings_cancel",
    response_model=One[BookingRead],
    **declares(READ, rate="write", problems=STATES),
)
async def cancel_booking(
    request: Request,
    booking_id: UUID,
    body: Reason,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Cancel a booking; its time is free at once."""
    view = await bookings.cancel(
        tx, actor, booking_id, reason=body.reason, expected_version=version
    )
    return reply(request, view)


@router.post(
    "/{booking_id}/restore",
    operation_id="bookings_restore",
    response_model=One[BookingRead],
    responses={409: {"model": BookingProblem}, 422: {"model": BookingProblem}},
    **declares(READ, rate="write", problems=(*RULES, *STATES)),
)
async def restore_booking(
    request: Request, booking_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """Take a cancellation back within a quarter of an hour, if its time is still free."""
    view = await bookings.restore(tx, actor, booking_id, expected_version=version)
    return reply(request, view)


@router.post(
    "/{booking_id}/check-in",
    operation_id="bookings_check_in",
    response_model=One[BookingRead],
    **declares(READ, rate="write", problems=(*STATES, *COMING)),
)
async def check_in(
    request: Request,
    booking_id: UUID,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
    body: Arrival | None = None,
) -> Response:
    """Begin to use what was booked; where a list is asked before use, send its answers along."""
    answers = body.answers if body else None
    view = await bookings.presence.arrive(
        tx, actor, booking_id, answers=answers, expected_version=version
    )
    return reply(request, view)


@router.post(
    "/{booking_id}/check-out",
    operation_id="bookings_check_out",
    response_model=One[BookingRead],
    **declares(READ, rate="write", problems=(*STATES, *LISTS)),
)
async def check_out(
    request: Request,
    booking_id: UUID,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
    body: Arrival | None = None,
) -> Response:
    """End now; the rest of the time is free at once. `answers` fill in the list after use."""
    answers = body.answers if body else None
    view = await bookings.presence.leave(
        tx, actor, booking_id, answers=answers, expected_version=version
    )
    return reply(request, view)


@router.post(
    "/{booking_id}/approve",
    operation_id="bookings_approve",
    response_model=One[BookingRead],
    **declares(READ, rate="write", problems=(*STATES, approvals.ApprovalSettled)),
)
async def approve_booking(
    request: Request,
    booking_id: UUID,
    body: Decision,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Agree to a request; the last word needed confirms it. Nobody approves their own."""
    view = await bookings.approve(tx, actor, booking_id, note=body.note, expected_version=version)
    return reply(request, view)


@router.post(
    "/{booking_id}/reject",
    operation_id="bookings_reject",
    response_model=One[BookingRead],
    **declares(READ, rate="write", problems=(*STATES, approvals.ApprovalSettled)),
)
async def reject_booking(
    request: Request,
    booking_id: UUID,
    body: Decision,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Refuse a request; its time is free at once."""
    view = await bookings.reject(tx, actor, booking_id, note=body.note, expected_version=version)
    return reply(request, view)
