"""Where you are logged in, and the devices that are known; ending the log-ins of others."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import accounts
from src.models.common import Many
from src.models.log_ins import DeviceRead, SessionRead
from src.web import replies
from src.web.dependencies import SIGNED_IN, CurrentActor, Reads, Tx, declares

router = APIRouter(prefix="/api/v1/me", tags=["me"])
others = APIRouter(prefix="/api/v1/users", tags=["people"])


@router.get(
    "/sessions",
    operation_id="me_sessions_list",
    response_model=Many[SessionRead],
    **declares(SIGNED_IN),
)
async def list_sessions(actor: CurrentActor, reads: Reads) -> Response:
    """The browsers you are logged in with, the one that asks first."""
    return replies.whole([SessionRead.of(one) for one in await accounts.log_ins(reads, actor)])


@router.delete(
    "/sessions",
    operation_id="me_sessions_end",
    status_code=204,
    **declares(SIGNED_IN, rate="write"),
)
async def end_sessions(actor: CurrentActor, tx: Tx) -> Response:
    """End all your log-ins but the one that asks; access tokens and keys are no log-ins."""
    await accounts.end_log_ins(tx, actor)
    return replies.nothing()


@router.delete(
    "/sessions/{session_id}",
    operation_id="me_session_end",
    status_code=204,
    **declares(SIGNED_IN, rate="write", problems=(accounts.LogInNotFound,)),
)
async def end_session(session_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """End one of your log-ins; its browser is logged out with its next request."""
    await accounts.end_log_in(tx, actor, session_id)
    return replies.nothing()


@router.get(
    "/devices",
    operation_id="me_devices_list",
    response_model=Many[DeviceRead],
    **declares(SIGNED_IN),
)
async def list_devices(actor: CurrentActor, reads: Reads) -> Response:
    """The browsers you have logged in from; those that are asked for no second factor first."""
    found = await accounts.devices.list_(reads, actor)
    return replies.whole([DeviceRead.of(one) for one in found])


@router.delete(
    "/devices/{device_id}",
    operation_id="me_device_forget",
    status_code=204,
    **declares(SIGNED_IN, rate="write", problems=(accounts.DeviceNotFound,)),
)
async def forget_device(device_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Trust a device no more, and end its log-ins but the one that asks."""
    await accounts.devices.forget(tx, actor, device_id)
    return replies.nothing()


@others.delete(
    "/{user_id}/sessions",
    operation_id="users_sessions_end",
    status_code=204,
    **declares(
        Permission.USERS_MANAGE,
        rate="write",
        problems=(accounts.UserNotFound, accounts.MayNotDecide),
    ),
)
async def end_sessions_of(user_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """End every log-in of a person, as when their computer was stolen."""
    await accounts.end_those_of(tx, actor, user_id)
    return replies.nothing()
