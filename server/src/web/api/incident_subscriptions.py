"""Subscriptions to incidents: filters somebody saved for themselves."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain.operations.incidents import room
from src.models.common import Many, One
from src.models.incident_room import (
    IncidentSubscriptionCreate,
    IncidentSubscriptionRead,
    IncidentSubscriptionUpdate,
)
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatchRequired, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/incident-subscriptions", tags=["incidents"])
READ = Permission.OPERATIONS_READ
_NONE, _BAD = room.SubscriptionNotFound, room.BadSubscription


def _reply(request: Request, view: room.SubscriptionView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        IncidentSubscriptionRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="incident_subscriptions_list",
    response_model=Many[IncidentSubscriptionRead],
    **declares(READ),
)
async def list_subscriptions(actor: CurrentActor, reads: Reads) -> Response:
    """Your own, by name."""
    found = await room.subscriptions.list_(reads, actor)
    return replies.whole([IncidentSubscriptionRead.model_validate(one) for one in found])


@router.post(
    "",
    operation_id="incident_subscriptions_create",
    status_code=201,
    response_model=One[IncidentSubscriptionRead],
    **declares(READ, rate="write", problems=(_BAD,)),
)
async def create_subscription(
    request: Request,
    body: IncidentSubscriptionCreate,
    actor: CurrentActor,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Hear of incidents that fit a filter, as far as you may see them."""

    async def effect() -> Response:
        view = await room.subscriptions.create(
            tx, actor, name=body.name, filter_=body.filter.model_dump()
        )
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{subscription_id}",
    operation_id="incident_subscriptions_get",
    response_model=One[IncidentSubscriptionRead],
    **declares(READ, cache="private", problems=(_NONE,)),
)
async def get_subscription(
    request: Request, subscription_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One of your own."""
    return _reply(request, await room.subscriptions.get(reads, actor, subscription_id))


@router.patch(
    "/{subscription_id}",
    operation_id="incident_subscriptions_update",
    response_model=One[IncidentSubscriptionRead],
    **declares(READ, rate="write", problems=(_NONE, _BAD)),
)
async def change_subscription(
    request: Request,
    subscription_id: UUID,
    body: IncidentSubscriptionUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Name it anew, ask for others, or let it rest."""
    view = await room.subscriptions.change(
        tx, actor, subscription_id, changes=body.changes(), expected_version=version
    )
    return _reply(request, view)


@router.delete(
    "/{subscription_id}",
    operation_id="incident_subscriptions_delete",
    status_code=204,
    **declares(READ, rate="write", problems=(_NONE,)),
)
async def delete_subscription(subscription_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Hear of them no longer."""
    await room.subscriptions.delete(tx, actor, subscription_id)
    return replies.nothing()
