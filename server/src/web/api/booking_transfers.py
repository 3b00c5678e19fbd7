"""Handing bookings over: the receiver is asked, and the rules run anew when they accept."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import bookings, resources
from src.domain.bookings import parties
from src.models.booking_parties import TransferCreate, TransferRead
from src.models.bookings import BookingProblem, BookingRead
from src.models.common import Many, One
from src.web import replies
from src.web.api.bookings import reply as reply_booking
from src.web.dependencies import CurrentActor, IfMatch, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/transfers", tags=["bookings"])
offers = APIRouter(prefix="/api/v1/bookings", tags=["bookings"])
_READ = Permission.BOOKINGS_READ
_STATES = (parties.TransferNotFound, parties.TransferStateConflict)


def _reply(request: Request, view: parties.TransferView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        TransferRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@offers.post(
    "/{booking_id}/transfer",
    operation_id="bookings_transfer",
    status_code=201,
    response_model=One[TransferRead],
    **declares(
        _READ,
        rate="write",
        problems=(
            bookings.BookingNotFound,
            bookings.BookingStateConflict,
            parties.BadTransfer,
            parties.TransferStateConflict,
        ),
    ),
)
async def offer_transfer(
    request: Request,
    booking_id: UUID,
    body: TransferCreate,
    actor: CurrentActor,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Ask somebody to take a booking over; it stays as it is until they accept."""

    async def effect() -> Response:
        view = await parties.transfers.offer(tx, actor, booking_id, to=body.to_id, note=body.note)
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "",
    operation_id="transfers_list",
    response_model=Many[TransferRead],
    **declares(_READ),
)
async def list_transfers(
    *,
    actor: CurrentActor,
    reads: Reads,
    side: Literal["received", "given"] | None = None,
    open: bool = True,
) -> Response:
    """Those that concern you, the latest first; `open` wait for an answer."""
    found = await parties.transfers.list_(reads, actor, side=side, is_open=open)
    return replies.whole([TransferRead.model_validate(view) for view in found])


@router.get(
    "/{transfer_id}",
    operation_id="transfers_get",
    response_model=One[TransferRead],
    **declares(_READ, cache="private", problems=(parties.TransferNotFound,)),
)
async def get_transfer(
    request: Request, transfer_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One transfer."""
    return _reply(request, await parties.transfers.get(reads, actor, transfer_id))


@router.post(
    "/{transfer_id}/accept",
    operation_id="transfers_accept",
    response_model=One[BookingRead],
    responses={409: {"model": BookingProblem}, 422: {"model": BookingProblem}},
    **declares(
        Permission.BOOKINGS_CREATE,
        rate="write",
        problems=(
            *_STATES,
            bookings.BookingStateConflict,
            bookings.BookingOverlaps,
            bookings.BookingRefused,
            resources.ResourceNotFound,
        ),
    ),
)
async def accept_transfer(
    request: Request, transfer_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """Take it over by the rules that hold for you: the answer is the booking you have now."""
    made = await parties.transfers.accept(tx, actor, transfer_id, expected_version=version)
    return reply_booking(request, made)


@router.post(
    "/{transfer_id}/decline",
    operation_id="transfers_decline",
    response_model=One[TransferRead],
    **declares(_READ, rate="write", problems=_STATES),
)
async def decline_transfer(
    request: Request, transfer_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """Leave it with whose it is."""
    view = await parties.transfers.decline(tx, actor, transfer_id, expected_version=version)
    return _reply(request, view)


@router.post(
    "/{transfer_id}/withdraw",
    operation_id="transfers_withdraw",
    response_model=One[TransferRead],
    **declares(_READ, rate="write", problems=_STATES),
)
async def withdraw_transfer(
    request: Request, transfer_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """Take the question back."""
    view = await parties.transfers.withdraw(tx, actor, transfer_id, expected_version=version)
    return _reply(request, view)
