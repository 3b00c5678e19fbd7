"""The token endpoints' own form of refusal (RFC 6749, section 5.2), and how clients say who they are."""

from __future__ import annotations

import binascii
from base64 import b64decode
from urllib.parse import unquote_plus

from fastapi import Request
from starlette.responses import JSONResponse, Response

from src.core.errors import DomainError, Invalid, Kind
from src.core.language import gettext as _
from src.domain.accounts import SecondFactorRequired
from src.domain.accounts.credentials.errors import BadScope
from src.domain.accounts.credentials.oauth_errors import ClientRefused, GrantNotAllowed
from src.web.faults import HttpFault

MARK = "refuses_as_oauth2"
_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class BadTokenRequest(HttpFault):
    """The token endpoint does not understand the request; `error` is OAuth2's word for it."""

    code, title, status = "bad-token-request", "The token endpoint does not understand this", 400


def is_token_endpoint(request: Request) -> bool:
    """Whether the request's route answers in OAuth2's form."""
    return hasattr(request.scope.get("endpoint"), MARK)


def bad_request(error: str, description: str) -> BadTokenRequest:
    """A fault with one of OAuth2's words: `unsupported_grant_type` and so on."""
    return BadTokenRequest(description, error=error)


def refusal(error: str, description: str, *, status: int = 400) -> Response:
    """`invalid_grant`, `invalid_request` and so on."""
    content = {"error": error, "error_description": description}
    return JSONResponse(content, status, _NEVER_KEPT)


def answer(refused: DomainError) -> Response | None:
    """A domain's refusal in OAuth2's words; None for those it has none for (429, 503)."""
    if isinstance(refused, BadTokenRequest):
        return refusal(refused.members["error"], refused.detail)
    if isinstance(refused, SecondFactorRequired):
        response = refusal(refused.code, _("Send the code as client_secret too."), status=401)
        response.headers["WWW-Authenticate"] = 'Bearer realm="aliquot"'
        return response
    if isinstance(refused, ClientRefused):
        response = refusal("invalid_client", refused.detail, status=401)
        response.headers["WWW-Authenticate"] = 'Basic realm="aliquot"'
        return response
    if isinstance(refused, GrantNotAllowed):
        return refusal("unauthorized_client", refused.detail)
    if isinstance(refused, BadScope):
        return refusal("invalid_scope", refused.detail)
    if refused.kind is Kind.UNAUTHENTICATED:
        return refusal("invalid_grant", _(refused.title))
    if isinstance(refused, Invalid):
        return refusal("invalid_request", refused.detail)
    return None


def granted(content: dict[str, object]) -> Response:
    """Tokens, which nobody on the way may keep."""
    return JSONResponse(content, headers=_NEVER_KEPT)


def client_of(request: Request, client_id: str, client_secret: str) -> tuple[str, str]:
    """The client's id and secret, from the form or from HTTP Basic (RFC 6749, section 2.3.1)."""
    scheme, _space, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return client_id, client_secret
    try:
        name, _colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return client_id, client_secret
    return unquote_plus(name) or client_id, unquote_plus(secret) or client_secret
