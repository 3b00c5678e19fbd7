"""How you are told: by which ways, when not, and what became of your mails."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from src.core.actor import Permission
from src.domain import notifications
from src.domain.notifications import DeliveryState
from src.domain.notifications.preferences import PreferencesView
from src.models.common import Many, One
from src.models.notification_preferences import (
    DeliveryOfSomebody,
    DeliveryRead,
    PreferencesRead,
    PreferencesUpdate,
    Unsubscribed,
)
from src.web import replies
from src.web.callers import client_ip
from src.web.dependencies import (
    PUBLIC,
    SIGNED_IN,
    CurrentActor,
    IfMatchRequired,
    Paging,
    Reads,
    Tx,
    declares,
)

router = APIRouter(prefix="/api/v1", tags=["notifications"])
States = Annotated[list[DeliveryState], Query(alias="state", max_length=4)]
Token = Annotated[str, Path(max_length=200)]
_LINK = (notifications.UnsubscribeLinkForged, notifications.UnsubscribeLinkOver)


def _reply(request: Request, view: PreferencesView) -> Response:
    return replies.one(
        request, PreferencesRead.of(view), version=view.version, changed_at=view.updated_at
    )


@router.get(
    "/me/notification-preferences",
    operation_id="notification_preferences_get",
    response_model=One[PreferencesRead],
    **declares(SIGNED_IN, cache="private"),
)
async def get_preferences(request: Request, actor: CurrentActor, reads: Reads) -> Response:
    """How you hear of each kind, in the application and by mail; your quiet hours."""
    return _reply(request, await notifications.preferences.get(reads, actor))


@router.patch(
    "/me/notification-preferences",
    operation_id="notification_preferences_update",
    response_model=One[PreferencesRead],
    **declares(SIGNED_IN, rate="write", problems=(notifications.BadPreference,)),
)
async def change_preferences(
    request: Request,
    body: PreferencesUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Choose otherwise: at once, in one mail a day, or not at all."""
    view = await notifications.preferences.change(
        tx, actor, wish=body.wish(), expected_version=version
    )
    return _reply(request, view)


@router.get(
    "/me/notifications/deliveries",
    operation_id="notifications_own_deliveries",
    response_model=Many[DeliveryRead],
    **declares(Permission.NOTIFICATIONS_READ),
)
async def list_own_deliveries(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    state: States = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """What became of the mails to you, newest first."""
    page = await notifications.deliveries.own(reads, actor, states=state, paging=paging)
    return replies.many([DeliveryRead.of(view) for view in page.items], page)


@router.get(
    "/notifications/deliveries",
    operation_id="notifications_deliveries",
    response_model=Many[DeliveryOfSomebody],
    **declares(Permission.JOBS_READ),
)
async def list_deliveries(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    user_id: UUID | None = None,
    state: States = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """What became of everybody's mails, newest first; not what they say."""
    page = await notifications.deliveries.every(
        reads, actor, states=state, user_id=user_id, paging=paging
    )
    return replies.many([DeliveryOfSomebody.of(view) for view in page.items], page)


@router.get("/unsubscribe/{token}", include_in_schema=False, **declares(PUBLIC))
async def lead_to_page(token: Token) -> Response:
    """A browser that was given the address meant for programs."""
    return RedirectResponse(f"{notifications.unsubscribing.PATH}{token}", 303)


@router.post(
    "/unsubscribe/{token}",
    operation_id="notifications_unsubscribe",
    response_model=One[Unsubscribed],
    **declares(PUBLIC, rate="write", problems=_LINK),
)
async def unsubscribe(request: Request, token: Token, actor: CurrentActor, tx: Tx) -> Response:
    """End such mails by the link of one of them, as mail programs do in one click (RFC 8058).

    What is sent with it says nothing; the same again changes nothing.
    """
    ended = await notifications.unsubscribing.end(
        tx, token, ip=client_ip(request), request_id=actor.request_id
    )
    return replies.one(request, Unsubscribed(what=ended.words))
