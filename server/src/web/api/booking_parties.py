"""Those who take part in a booking: attendees, and several resources at once."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import bookings, resources
from src.domain.bookings import parties
from src.models.booking_parties import AttendeeRead, GroupCreate, GroupRead, Invite, Respond
from src.models.bookings import BookingProblem
from src.models.common import Many, One
from src.web import replies
from src.web.dependencies import CurrentActor, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/bookings", tags=["bookings"])
groups = APIRouter(prefix="/api/v1", tags=["bookings"])
_READ = Permission.BOOKINGS_READ
_NOT_FOUND = bookings.BookingNotFound
_STATES = (_NOT_FOUND, bookings.BookingStateConflict)


def _list(found: list[parties.AttendeeView]) -> Response:
    return replies.whole([AttendeeRead.model_validate(each) for each in found])


@groups.post(
    "/bookings:group",
    operation_id="bookings_group",
    status_code=201,
    response_model=One[GroupRead],
    responses={409: {"model": BookingProblem}, 422: {"model": BookingProblem}},
    **declares(
        Permission.BOOKINGS_CREATE,
        rate="write",
        problems=(
            resources.ResourceNotFound,
            bookings.BookingOverlaps,
            bookings.BookingRefused,
            parties.NothingInGroup,
        ),
    ),
)
async def book_group(
    request: Request, body: GroupCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Book several resources for the same time: all of them, or none."""

    async def effect() -> Response:
        made = await parties.groups.create(tx, actor, wish=body.wish(), items=body.parts())
        location = f"{router.prefix}/{made[0].id}"
        return replies.one(request, GroupRead.of(made), status=201, location=location)

    return await once(tx, effect)


@router.get(
    "/{booking_id}/attendees",
    operation_id="bookings_attendees",
    response_model=Many[AttendeeRead],
    **declares(_READ, problems=(_NOT_FOUND,)),
)
async def list_attendees(booking_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """Who is invited, and what they say."""
    return _list(await parties.attendees.list_(reads, actor, booking_id))


@router.post(
    "/{booking_id}/attendees",
    operation_id="bookings_invite",
    response_model=Many[AttendeeRead],
    **declares(_READ, rate="write", problems=(*_STATES, bookings.BookingRefused)),
)
async def invite(booking_id: UUID, body: Invite, actor: CurrentActor, tx: Tx) -> Response:
    """Invite people; those invited already stay so."""
    found = await parties.attendees.add(tx, actor, booking_id, user_ids=body.user_ids)
    return _list(found)


@router.delete(
    "/{booking_id}/attendees/{user_id}",
    operation_id="bookings_uninvite",
    response_model=Many[AttendeeRead],
    **declares(_READ, rate="write", problems=(*_STATES, parties.AttendeeNotFound)),
)
async def uninvite(booking_id: UUID, user_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Take an invitation back."""
    return _list(await parties.attendees.remove(tx, actor, booking_id, user_id))


@router.post(
    "/{booking_id}/respond",
    operation_id="bookings_respond",
    response_model=One[AttendeeRead],
    **declares(_READ, rate="write", problems=(*_STATES, parties.AttendeeNotFound)),
)
async def respond(
    request: Request, booking_id: UUID, body: Respond, actor: CurrentActor, tx: Tx
) -> Response:
    """Say whether you come; a clash with your own bookings is told in `is_busy`."""
    view = await parties.attendees.respond(
        tx, actor, booking_id, answer=body.response, whole_series=body.whole_series
    )
    return replies.one(request, AttendeeRead.model_validate(view))
