"""How programs of third parties get their tokens: by a code, by themselves, by refreshing."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.db import transaction
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts.credentials.oauth_errors import ClientRefused, GrantNotAllowed
from src.domain.accounts.tables import OAuthClient
from src.models.credentials import TokenForm
from src.web import oauth, security


async def by_code(request: Request, form: TokenForm) -> accounts.tokens.Tokens:
    """Tokens for the code that a person's browser brought."""
    if not (form.code and form.redirect_uri and form.code_verifier):
        detail = _("Send code, redirect_uri and code_verifier as a form.")
        raise oauth.bad_request("invalid_request", detail)
    async with transaction(request.app.state.database) as session:
        return await accounts.oauth_codes.exchange(
            session,
            form.code,
            program=await _program(session, request, form),
            redirect_uri=form.redirect_uri,
            verifier=form.code_verifier,
            client=security.client_of(request),
        )


async def by_itself(request: Request, form: TokenForm) -> accounts.tokens.Tokens:
    """A token that acts for the program's owner."""
    async with transaction(request.app.state.database) as session:
        return await accounts.oauth_codes.act_by_itself(
            session,
            program=await _program(session, request, form),
            scope=form.scope,
            client=security.client_of(request),
        )


async def third_party(session: AsyncSession, request: Request, form: TokenForm) -> UUID | None:
    """The program that refreshes, proved; None for programs of one's own, which need no name."""
    client_id, _secret = oauth.client_of(request, form.client_id, form.client_secret)
    if not accounts.oauth_clients.is_client_id(client_id):
        return None
    program = await _program(session, request, form)
    if accounts.oauth_rules.REFRESH not in program.grant_types:
        raise GrantNotAllowed(_("It was not registered to refresh tokens."))
    return program.id


async def _program(session: AsyncSession, request: Request, form: TokenForm) -> OAuthClient:
    client_id, secret = oauth.client_of(request, form.client_id, form.client_secret)
    if not client_id:
        raise ClientRefused(_("Say which program asks: client_id."))
    return await accounts.oauth_clients.proved(session, client_id, secret)
