"""At the instrument: checklists, more time, kiosks, PINs; and bookings as CSV."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.db import transaction
from src.domain import bookings
from src.domain.bookings import exporting, presence
from src.domain.bookings.presence import checklists, kiosks, pins
from src.domain.bookings.tables import Moment
from src.models.bookings import BookingProblem, BookingRead
from src.models.common import Many, One
from src.models.presence import (
    ChecklistAnswers,
    ChecklistRead,
    Extension,
    KioskCreate,
    KioskCreated,
    KioskRead,
    PinRead,
    PinSet,
)
from src.web import problems, replies
from src.web.api.bookings import (
    NOT_FOUND,
    READ,
    RULES,
    STATES,
    Resources,
    Statuses,
    reply,
)
from src.web.api.imports import table
from src.web.dependencies import SIGNED_IN, CurrentActor, IfMatch, Paging, Reads, Tx, declares
from src.web.queries import From, To, Words

router = APIRouter(prefix="/api/v1/bookings", tags=["bookings"])
exports = APIRouter(prefix="/api/v1", tags=["bookings"])
tablets = APIRouter(prefix="/api/v1/kiosks", tags=["kiosks"])
pin = APIRouter(prefix="/api/v1/me/kiosk-pin", tags=["me"])
_MANAGE = Permission.BOOKINGS_MANAGE
_NO_KIOSK = presence.KioskNotFound
_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A table of bookings",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}

problems.present("checklist", dict)


@router.get(
    "/{booking_id}/checklists",
    operation_id="bookings_checklists",
    response_model=Many[ChecklistRead],
    **declares(READ, problems=(NOT_FOUND,)),
)
async def list_checklists(booking_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """What is asked before and after use, and what was answered."""
    found = await checklists.of(reads, actor, booking_id)
    return replies.whole([ChecklistRead.model_validate(each) for each in found])


@router.put(
    "/{booking_id}/checklists/{moment}",
    operation_id="bookings_fill_checklist",
    response_model=One[ChecklistRead],
    **declares(
        READ,
        rate="write",
        problems=(*STATES, presence.NoChecklist, presence.ChecklistInvalid),
    ),
)
async def fill_checklist(
    request: Request,
    booking_id: UUID,
    moment: Moment,
    body: ChecklistAnswers,
    actor: CurrentActor,
    tx: Tx,
) -> Response:
    """Fill in a list; answers outside their limits are kept, marked, and told to those responsible."""
    filled = await checklists.fill(tx, actor, booking_id, moment=moment, answers=body.answers)
    return replies.one(request, ChecklistRead.model_validate(filled))


@router.post(
    "/{booking_id}/extend",
    operation_id="bookings_extend",
    response_model=One[BookingRead],
    responses={409: {"model": BookingProblem}, 422: {"model": BookingProblem}},
    **declares(READ, rate="write", problems=(*STATES, *RULES)),
)
async def extend_booking(
    request: Request,
    booking_id: UUID,
    body: Extension,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Stay longer, if that is free and fits the rules."""
    view = await presence.extend(
        tx, actor, booking_id, minutes=body.minutes, expected_version=version
    )
    return reply(request, view)


@exports.get(
    "/bookings:export",
    operation_id="bookings_export",
    response_class=Response,
    responses=_CSV,
    **declares(READ, rate="export"),
)
async def export_bookings(
    *,
    request: Request,
    actor: CurrentActor,
    resource_id: Resources = [],  # noqa: B006 - FastAPI copies it
    status: Statuses = [],  # noqa: B006
    from_: From = None,
    to: To = None,
    q: Words = None,
    mine: bool = False,
) -> Response:
    """The bookings you may read, as CSV, with the filters of the list; times in UTC."""
    which = bookings.Filter(resource_id, status, from_, to, mine, q)
    content = exporting.chunks(request.app.state.database, actor, which=which)
    return table(content, f"bookings-{clock.now():%Y-%m-%d}.csv")


def _kiosk(request: Request, view: kiosks.KioskView) -> Response:
    return replies.one(
        request, KioskRead.model_validate(view), version=view.version, changed_at=view.updated_at
    )


@tablets.get("", operation_id="kiosks_list", response_model=Many[KioskRead], **declares(_MANAGE))
async def list_kiosks(actor: CurrentActor, reads: Reads, paging: Paging) -> Response:
    """Kiosks by name, revoked ones too."""
    page = await kiosks.list_(reads, actor, paging=paging)
    return replies.many([KioskRead.model_validate(view) for view in page.items], page)


@tablets.post(
    "",
    operation_id="kiosks_create",
    status_code=201,
    response_model=One[KioskCreated],
    **declares(_MANAGE, rate="write", problems=(presence.BadKiosk, presence.KioskTaken)),
)
async def create_kiosk(
    request: Request, body: KioskCreate, actor: CurrentActor, tx: Tx
) -> Response:
    """Make a kiosk. `token` is shown in this answer and never again.

    The answer is not kept for an Idempotency-Key: repeated, the request finds the name taken.
    """
    made = await kiosks.create(tx, actor, name=body.name, resource_ids=body.resource_ids)
    shown = KioskRead.model_validate(made.kiosk).model_dump()
    return replies.one(
        request,
        KioskCreated(**shown, token=made.token),
        changed_at=made.kiosk.updated_at,
        status=201,
        location=f"{tablets.prefix}/{made.kiosk.id}",
    )


@tablets.get(
    "/{kiosk_id}",
    operation_id="kiosks_get",
    response_model=One[KioskRead],
    **declares(_MANAGE, cache="private", problems=(_NO_KIOSK,)),
)
async def get_kiosk(
    request: Request, kiosk_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One kiosk."""
    return _kiosk(request, await kiosks.get(reads, actor, kiosk_id))


@tablets.post(
    "/{kiosk_id}/revoke",
    operation_id="kiosks_revoke",
    response_model=One[KioskRead],
    **declares(_MANAGE, rate="write", problems=(_NO_KIOSK,)),
)
async def revoke_kiosk(request: Request, kiosk_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Its address leads nowhere from now on."""
    return _kiosk(request, await kiosks.revoke(tx, actor, kiosk_id))


@pin.get("", operation_id="me_kiosk_pin", response_model=One[PinRead], **declares(SIGNED_IN))
async def get_pin(request: Request, actor: CurrentActor, reads: Reads) -> Response:
    """Since when you have a PIN for kiosks."""
    return replies.one(request, PinRead(set_at=await pins.set_at(reads, actor)))


@pin.put(
    "",
    operation_id="me_set_kiosk_pin",
    response_model=One[PinRead],
    **declares(SIGNED_IN, rate="write", problems=(presence.BadPin,)),
)
async def set_pin(request: Request, body: PinSet, actor: CurrentActor) -> Response:
    """Set your PIN for kiosks."""
    made = await pins.new_hash(body.pin)
    async with transaction(request.app.state.database) as tx:
        await pins.put(tx, actor, pin_hash=made)
    return replies.one(request, PinRead(set_at=clock.now()))


@pin.delete(
    "",
    operation_id="me_remove_kiosk_pin",
    status_code=204,
    response_class=Response,
    **declares(SIGNED_IN, rate="write"),
)
async def remove_pin(actor: CurrentActor, tx: Tx) -> Response:
    """Remove your PIN; you check in by phone then."""
    await pins.remove(tx, actor)
    return replies.nothing()
