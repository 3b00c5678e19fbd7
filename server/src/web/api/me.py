"""Oneself."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Actor
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts import PasswordRefused, UserView
from src.models.accounts import MeRead, MeUpdate, PasswordChange
from src.models.common import One
from src.web import replies
from src.web.dependencies import (
    SIGNED_IN,
    CurrentActor,
    IfMatchRequired,
    Reads,
    Tx,
    declares,
)

router = APIRouter(prefix="/api/v1/me", tags=["me"])


def _reply(request: Request, actor: Actor, view: UserView) -> Response:
    granted = sorted(str(permission) for permission, scopes in actor.granted.items() if scopes)
    return replies.one(
        request, MeRead.of(view, granted), version=view.version, changed_at=view.updated_at
    )


@router.get(
    "", operation_id="me_get", response_model=One[MeRead], **declares(SIGNED_IN, cache="private")
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
    """Change your name, language or time zone."""
    if actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    changes = body.model_dump(exclude_unset=True)
    view = await accounts.update_user(
        tx, actor, actor.user_id, changes=changes, expected_version=version
    )
    return _reply(request, actor, view)


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
