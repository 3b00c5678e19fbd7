"""Waiting lists, offers of freed time, and alerts."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import bookings, resources
from src.domain.bookings import waiting
from src.models.bookings import BookingProblem, BookingRead
from src.models.common import Many, One
from src.models.waiting import (
    FreeAlertCreate,
    FreeAlertRead,
    OfferAccept,
    OfferRead,
    WaitingCreate,
    WaitingRead,
    WaitingUpdate,
)
from src.web import replies
from src.web.api.bookings import reply as booking_reply
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

router = APIRouter(prefix="/api/v1", tags=["waiting"])
READ = Permission.BOOKINGS_READ
CREATE = Permission.BOOKINGS_CREATE
_ENTRY = (waiting.WaitingEntryNotFound,)
_OFFER = (waiting.OfferNotFound, waiting.OfferOver)
_TARGET = (resources.ResourceNotFound, resources.ResourceTypeNotFound)
_TAKEN = (bookings.BookingOverlaps, bookings.BookingRefused)


def _entry(request: Request, view: waiting.EntryView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        WaitingRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"/api/v1/waiting-list/{view.id}" if status == 201 else None,
    )


def _offer(request: Request, view: waiting.OfferView) -> Response:
    item = OfferRead.of(view)
    return replies.one(request, item, version=view.version, changed_at=view.updated_at)


def _alert(request: Request, view: waiting.AlertView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        FreeAlertRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"/api/v1/free-alerts/{view.id}" if status == 201 else None,
    )


@router.get(
    "/waiting-list",
    operation_id="waiting_list",
    response_model=Many[WaitingRead],
    **declares(READ),
)
async def list_entries(
    *,
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    mine: bool = True,
    waiting_only: bool = True,
    resource_id: UUID | None = None,
) -> Response:
    """Your entries in the order of serving; `mine=false`: all of what you look after."""
    page = await waiting.entries.list_(
        reads, actor, mine=mine, is_on=waiting_only, resource_id=resource_id, paging=paging
    )
    return replies.many([WaitingRead.of(view) for view in page.items], page)


@router.post(
    "/waiting-list",
    operation_id="waiting_create",
    status_code=201,
    response_model=One[WaitingRead],
    **declares(
        CREATE,
        rate="write",
        problems=(*_TARGET, waiting.BadWaiting, waiting.TooManyWaiting),
    ),
)
async def create_entry(
    request: Request, body: WaitingCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Wait for a time; what is free already and fits is offered at once."""

    async def effect() -> Response:
        view = await waiting.entries.add(tx, actor, awaited=body.awaited())
        return _entry(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/waiting-list/{entry_id}",
    operation_id="waiting_get",
    response_model=One[WaitingRead],
    **declares(READ, cache="private", problems=_ENTRY),
)
async def get_entry(
    request: Request, entry_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One entry of yours, or of what you look after."""
    return _entry(request, await waiting.entries.get(reads, actor, entry_id))


@router.patch(
    "/waiting-list/{entry_id}",
    operation_id="waiting_update",
    response_model=One[WaitingRead],
    **declares(CREATE, rate="write", problems=(*_ENTRY, waiting.WaitingOver, waiting.BadWaiting)),
)
async def update_entry(
    request: Request,
    entry_id: UUID,
    body: WaitingUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change what is waited for; its rank is for those who look after the resource."""
    view = await waiting.entries.change(
        tx, actor, entry_id, changes=body.changes(), expected_version=version
    )
    return _entry(request, view)


@router.post(
    "/waiting-list/{entry_id}/cancel",
    operation_id="waiting_cancel",
    response_model=One[WaitingRead],
    **declares(CREATE, rate="write", problems=(*_ENTRY, waiting.WaitingOver)),
)
async def cancel_entry(
    request: Request, entry_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """Wait no more; what was offered goes to the next one."""
    view = await waiting.entries.cancel(tx, actor, entry_id, expected_version=version)
    return _entry(request, view)


@router.get("/offers", operation_id="offers_list", response_model=Many[OfferRead], **declares(READ))
async def list_offers(
    *, actor: CurrentActor, reads: Reads, paging: Paging, open_only: bool = False
) -> Response:
    """The offers made to you, the newest first."""
    page = await waiting.offers.list_(reads, actor, is_open=open_only, paging=paging)
    return replies.many([OfferRead.of(view) for view in page.items], page)


@router.get(
    "/offers/{offer_id}",
    operation_id="offers_get",
    response_model=One[OfferRead],
    **declares(READ, cache="private", problems=(waiting.OfferNotFound,)),
)
async def get_offer(
    request: Request, offer_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One offer."""
    return _offer(request, await waiting.offers.get(reads, actor, offer_id))


@router.post(
    "/offers/{offer_id}/accept",
    operation_id="offers_accept",
    status_code=201,
    response_model=One[BookingRead],
    responses={409: {"model": BookingProblem}, 422: {"model": BookingProblem}},
    **declares(CREATE, rate="write", problems=(*_OFFER, *_TAKEN)),
)
async def accept_offer(
    request: Request,
    offer_id: UUID,
    body: OfferAccept,
    actor: CurrentActor,
    version: IfMatch,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Book what is offered, under the rules of any booking; the entry is fulfilled."""

    async def effect() -> Response:
        made = await waiting.offers.accept(
            tx, actor, offer_id, words=body.model_dump(), expected_version=version
        )
        return booking_reply(request, made, status=201)

    return await once(tx, effect)


@router.post(
    "/offers/{offer_id}/decline",
    operation_id="offers_decline",
    response_model=One[OfferRead],
    **declares(CREATE, rate="write", problems=_OFFER),
)
async def decline_offer(
    request: Request, offer_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """Leave it to the next one, and wait on for other times."""
    view = await waiting.offers.decline(tx, actor, offer_id, expected_version=version)
    return _offer(request, view)


@router.get(
    "/free-alerts",
    operation_id="free_alerts_list",
    response_model=Many[FreeAlertRead],
    **declares(READ),
)
async def list_alerts(actor: CurrentActor, reads: Reads, paging: Paging) -> Response:
    """Your alerts, the newest first."""
    page = await waiting.alerts.list_(reads, actor, paging=paging)
    return replies.many([FreeAlertRead.model_validate(view) for view in page.items], page)


@router.post(
    "/free-alerts",
    operation_id="free_alerts_create",
    status_code=201,
    response_model=One[FreeAlertRead],
    **declares(
        CREATE,
        rate="write",
        problems=(resources.ResourceNotFound, waiting.BadWaiting, waiting.TooManyWaiting),
    ),
)
async def create_alert(
    request: Request, body: FreeAlertCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Be told once when so much becomes free, and again after it has become less."""

    async def effect() -> Response:
        said = {name: getattr(body, name) for name in FreeAlertCreate.model_fields}
        view = await waiting.alerts.add(tx, actor, said.pop("resource_id"), **said)
        return _alert(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/free-alerts/{alert_id}",
    operation_id="free_alerts_get",
    response_model=One[FreeAlertRead],
    **declares(READ, cache="private", problems=(waiting.FreeAlertNotFound,)),
)
async def get_alert(
    request: Request, alert_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One alert of yours."""
    return _alert(request, await waiting.alerts.get(reads, actor, alert_id))


@router.delete(
    "/free-alerts/{alert_id}",
    operation_id="free_alerts_delete",
    status_code=204,
    **declares(CREATE, rate="write", problems=(waiting.FreeAlertNotFound,)),
)
async def delete_alert(alert_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Be told no more."""
    await waiting.alerts.cancel(tx, actor, alert_id)
    return replies.nothing()
