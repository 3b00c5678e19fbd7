"""Log-in for programs (an access token by name and password), and log-out for browsers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, Response

from src.core.settings import Settings
from src.domain import accounts
from src.models.accounts import Token, TokenForm, TokenRefused
from src.web import oauth, replies, security
from src.web.dependencies import PUBLIC, SIGNED_IN, CurrentActor, Tx, declares

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])


@router.post(
    "/token",
    operation_id="auth_token",
    response_model=Token,
    responses={400: {"model": TokenRefused, "description": "Refused, in OAuth2's own form"}},
    **declares(PUBLIC, rate="login"),
)
async def token(request: Request, form: Annotated[TokenForm, Form()]) -> Response:
    """Exchange e-mail address and password for an access token (OAuth2 password grant).

    Send it as `Authorization: Bearer …`; it ends after `expires_in` seconds.
    """
    settings: Settings = request.app.state.settings
    user = await accounts.authenticate(
        request.app.state.database,
        email=form.username,
        password=form.password,
        ip=security.client_ip(request),
        request_id=security.request_id_of(request),
    )
    lifetime = settings.token_lifetime
    made = accounts.issue_access_token(security.keyring(request), user.id, lifetime=lifetime)
    return JSONResponse(Token(access_token=made, expires_in=lifetime).model_dump())


token.__dict__[oauth.MARK] = True


@router.post(
    "/logout", operation_id="auth_logout", status_code=204, **declares(SIGNED_IN, rate="write")
)
async def log_out(actor: CurrentActor, tx: Tx) -> Response:
    """End the browser's log-in. An access token simply runs out."""
    await accounts.log_out(tx, actor)
    response = replies.nothing()
    security.clear_session_cookie(response)
    return response
