"""Oneself."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from src.core.actor import Actor
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts import PasswordRefused, UserView
from src.models.accounts import MeRead, MeUpdate, PasswordChange, PhoneVerification
from src.models.common import One
from src.models.jobs import OperationRead
from src.web import replies, security
from src.web.api.operations import shown
from src.web.dependencies import (
    SIGNED_IN,
    CurrentActor,
    IfMatchRequired,
    Reads,
    Tx,
    declares,
)

router = APIRouter(prefix="/api/v1/me", tags=["me"])


def _sure(declared: dict[str, Any]) -> dict[str, Any]:
    """Asked of somebody who has shown just now who they are."""
    declared["dependencies"].append(Depends(security.require_recent))
    return declared


_leave = _sure(
    declares(
        SIGNED_IN, rate="write", problems=(accounts.LastAdministrator, accounts.ConfirmationNeeded)
    )
)
_take_along = _sure(declares(SIGNED_IN, rate="export", problems=(accounts.ConfirmationNeeded,)))


def _reply(request: Request, actor: Actor, view: UserView, *, status: int = 200) -> Response:
    granted = sorted(str(permission) for permission, scopes in actor.granted.items() if scopes)
    return replies.one(
        request,
        MeRead.of(view, granted),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
    )


@router.get(
    "",
    operation_id="me_get",
    response_model=One[MeRead],
    **declares(SIGNED_IN, cache="private", programs=True),
)
async def get_me(request: Request, actor: CurrentActor, reads: Reads) -> Response:
    """Who you are, and what you may do."""
    if actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    return _reply(request, actor, await accounts.get_user(reads, actor, actor.user_id))


@router.patch(
    "",
    operation_id="me_update",
    response_model=One[MeRead],
    **declares(SIGNED_IN, rate="write", problems=(accounts.BadPerson,)),
)
async def update_me(
    request: Request, body: MeUpdate, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Change your name, phone, language, time zone, and how days, times and colours look."""
    if actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    changes = body.model_dump(exclude_unset=True)
    view = await accounts.update_user(
        tx, actor, actor.user_id, changes=changes, expected_version=version
    )
    return _reply(request, actor, view)


@router.delete("", operation_id="me_erase", status_code=204, **_leave)
async def erase_me(actor: CurrentActor, tx: Tx) -> Response:
    """Erase your account for good; what you did stays under "former member".

    Needs a proof of who you are that is minutes old.
    """
    await accounts.leaving.erasure.erase_me(tx, actor)
    return replies.nothing()


@router.post(
    "/export",
    operation_id="me_export",
    status_code=202,
    response_model=One[OperationRead],
    **_take_along,
)
async def export_me(request: Request, actor: CurrentActor, tx: Tx) -> Response:
    """Collect all that is stored of you in a ZIP; it is the operation's file, for a week.

    Needs a proof of who you are that is minutes old.
    """
    return shown(request, await accounts.leaving.exporting.start(tx, actor), status=202)


@router.post(
    "/password",
    operation_id="me_change_password",
    status_code=204,
    **declares(SIGNED_IN, rate="login", problems=(PasswordRefused,)),
)
async def change_password(request: Request, body: PasswordChange, actor: CurrentActor) -> Response:
    """Change your password; your other log-ins and your access tokens end."""
    await accounts.change_password(
        request.app.state.database,
        actor,
        current=body.current_password,
        new=body.new_password,
    )
    return replies.nothing()


@router.post(
    "/phone/code",
    operation_id="me_phone_code",
    status_code=202,
    response_model=One[MeRead],
    **declares(
        SIGNED_IN,
        rate="reset",
        problems=(accounts.SmsClosed, accounts.NothingToVerify, accounts.TooManyCodes),
    ),
)
async def send_phone_code(request: Request, actor: CurrentActor, tx: Tx) -> Response:
    """Have a code sent to your phone by text message; it works for ten minutes.

    Codes that were sent before count no longer.
    """
    view = await accounts.phones.begin(tx, actor)
    return _reply(request, actor, view, status=202)


@router.post(
    "/phone/verify",
    operation_id="me_phone_verify",
    response_model=One[MeRead],
    **declares(SIGNED_IN, rate="login", problems=(accounts.PhoneCodeWrong, accounts.PhoneCodeOver)),
)
async def verify_phone(
    request: Request, body: PhoneVerification, actor: CurrentActor, tx: Tx
) -> Response:
    """Give the code that came; five wrong ones end it."""
    return _reply(request, actor, await accounts.phones.confirm(tx, actor, code=body.code))
