"""Log-in for programs: tokens by password and second factor, the next ones, and their end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from src.core.db import Database, transaction
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts.credentials.errors import (
    BadRefreshToken,
    BadScope,
    RefreshTokenReused,
)
from src.models.accounts import UserRead
from src.models.common import One
from src.models.credentials import (
    LogInCreate,
    LogInRead,
    RefreshCreate,
    RevokeForm,
    Token,
    TokenForm,
    TokenRead,
    TokenRefused,
)
from src.web import oauth, replies, security
from src.web.api import oauth_grants
from src.web.dependencies import PUBLIC, SIGNED_IN, CurrentActor, Tx, declares

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])
_REFUSED = {"model": TokenRefused, "description": "Refused, in OAuth2's own form"}
_FACTOR = {"model": TokenRefused, "description": "A second factor is needed"}
Grant = Callable[[Request, TokenForm], Awaitable[accounts.tokens.Tokens]]


async def _by_password(request: Request, form: TokenForm) -> accounts.tokens.Tokens:
    if not (form.username and form.password):
        raise oauth.bad_request("invalid_request", _("Send username and password as a form."))
    _client_id, code = oauth.client_of(request, form.client_id, form.client_secret)
    made, _user = await accounts.entering.log_in(
        request.app.state.database,
        email=form.username,
        password=form.password,
        code=code,
        client=security.client_of(request),
        scope=form.scope,
    )
    return made


async def _by_refreshing(request: Request, form: TokenForm) -> accounts.tokens.Tokens:
    if not form.refresh_token:
        raise oauth.bad_request("invalid_request", _("Send refresh_token as a form."))
    database: Database = request.app.state.database
    async with transaction(database) as session:
        return await accounts.refresh.exchange(
            session,
            form.refresh_token,
            client=security.client_of(request),
            client_id=await oauth_grants.third_party(session, request, form),
            scope=accounts.entering.permissions_of(form.scope),
        )


# By the `grant_type` that asks for it.
GRANTS: dict[str, Grant] = {
    "password": _by_password,
    "refresh_token": _by_refreshing,
    "authorization_code": oauth_grants.by_code,
    "client_credentials": oauth_grants.by_itself,
}


@router.post(
    "/token",
    operation_id="auth_token",
    response_model=Token,
    responses={400: _REFUSED, 401: _FACTOR},
    **declares(PUBLIC, rate="login", problems=(accounts.TooManyAttempts,)),
)
async def token(request: Request, form: Annotated[TokenForm, Form()]) -> Response:
    """Exchange address and password, a refresh token, or a code of a third party's, for tokens (OAuth2).

    Third parties prove themselves by HTTP Basic or in the form, public ones by `code_verifier`
    alone; those that act by themselves ask with `client_credentials`. Send the access token as `Authorization: Bearer …`; it ends after `expires_in` seconds. Who has
    a second factor sends its code as `client_secret`, else 401 `second-factor-required`.
    """
    grant = GRANTS.get(form.grant_type)
    if grant is None:
        detail = _("Use one of these: %(grants)s.", grants=", ".join(GRANTS))
        raise oauth.bad_request("unsupported_grant_type", detail)
    return oauth.granted(Token.of(await grant(request, form)).model_dump(exclude_none=True))


@router.post(
    "/token/revoke",
    operation_id="auth_token_revoke",
    status_code=200,
    responses={200: {"description": "It counts no more, if it ever did."}, 400: _REFUSED},
    **declares(PUBLIC, rate="write"),
)
async def revoke(request: Request, form: Annotated[RevokeForm, Form()], tx: Tx) -> Response:
    """End a program's log-in by one of its tokens (RFC 7009): its other tokens end with it."""
    await accounts.tokens.end_by_token(tx, form.token, client=security.client_of(request))
    return oauth.granted({})


for _endpoint in (token, revoke):
    _endpoint.__dict__[oauth.MARK] = True


@router.post(
    "/login",
    operation_id="auth_login",
    response_model=One[LogInRead],
    **declares(
        PUBLIC,
        rate="login",
        problems=(
            accounts.LogInRefused,
            accounts.SecondFactorRequired,
            accounts.CodeRefused,
            accounts.TooManyAttempts,
            BadScope,
        ),
    ),
)
async def log_in(request: Request, body: LogInCreate) -> Response:
    """Exchange address and password for tokens, and learn who that is."""
    made, user = await accounts.entering.log_in(
        request.app.state.database,
        email=body.email,
        password=body.password,
        code=body.second_factor or "",
        client=security.client_of(request),
        scope=body.scope,
    )
    item = LogInRead(**Token.of(made).model_dump(), user=UserRead.of(user))
    return replies.one(request, item)


@router.post(
    "/token/refresh",
    operation_id="auth_token_refresh",
    response_model=One[TokenRead],
    **declares(PUBLIC, rate="write", problems=(BadRefreshToken, RefreshTokenReused)),
)
async def refresh(request: Request, body: RefreshCreate, tx: Tx) -> Response:
    """Exchange a refresh token, once, for the next pair of tokens.

    Repeated within ten seconds, it gives the same refresh token again, for an answer that was
    lost. Later it ends the log-in: somebody has copied it.
    """
    made = await accounts.refresh.exchange(
        tx, body.refresh_token, client=security.client_of(request)
    )
    return replies.one(request, TokenRead(**Token.of(made).model_dump()))


@router.post(
    "/logout",
    operation_id="auth_logout",
    status_code=204,
    **declares(SIGNED_IN, rate="write", programs=True, even_held_back=True),
)
async def log_out(request: Request, actor: CurrentActor, tx: Tx) -> Response:
    """End the log-in of the browser, or of the program whose access token this is."""
    await accounts.log_out(tx, actor)
    if actor.credential_id is not None:
        await accounts.tokens.end(tx, actor, [actor.credential_id])
    response = replies.nothing()
    security.clear_session_cookie(request, response)
    return response
