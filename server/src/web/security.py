"""Who asks, by which credential, and whether the request is theirs to make."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.responses import Response

from src.core.actor import ANONYMOUS, Actor
from src.core.crypto import BadToken, Keyring
from src.core.db import reading
from src.core.language import gettext as _
from src.core.settings import Settings
from src.domain import accounts
from src.web import faults, health, languages

SESSION_COOKIE = "aliquot_session"
CSRF_COOKIE = "aliquot_csrf"
CSRF_FIELD = "csrf_token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CSRF = "csrf"


async def identify(request: Request) -> Actor:
    """The actor behind the request's credential; from here on texts are in their language.

    A bearer token that is not valid is refused; a cookie that is not valid is nobody's.
    """
    actor = await _identified(request)
    languages.know(request, actor)
    return actor


async def _identified(request: Request) -> Actor:
    """The actor, read on a session of its own, closed at once."""
    ip, request_id = client_ip(request), request_id_of(request)
    if request.url.path in health.PATHS:  # they answer whatever is away
        return replace(ANONYMOUS, ip=ip, request_id=request_id)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await _bearer(request, token.strip(), ip, request_id)
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie:
        async with reading(request.app.state.database) as reads:
            found = await accounts.actor_of_session(
                reads,
                cookie,
                ip=ip,
                request_id=request_id,
                is_use=not getattr(request.state, "is_watching", False),
            )
        if found is not None:
            request.state.by_cookie = True
            return found
    return replace(ANONYMOUS, ip=ip, request_id=request_id)


async def _bearer(request: Request, token: str, ip: str | None, request_id: str | None) -> Actor:
    keys = keyring(request)
    async with reading(request.app.state.database) as reads:
        found = await accounts.actor_of_token(reads, keys, token, ip=ip, request_id=request_id)
    if found is None:
        raise BadToken(_("Get a new access token from /api/v1/auth/token."))
    return found


CurrentActor = Annotated[Actor, Depends(identify)]


def keyring(request: Request) -> Keyring:
    """The deployment's signatures."""
    settings: Settings = request.app.state.settings
    return Keyring(settings.secret_key.get_secret_value())


def client_ip(request: Request) -> str | None:
    """The caller's address, as the trusted proxies tell it."""
    return request.client.host if request.client else None


def request_id_of(request: Request) -> str | None:
    """The request's id, as it stands in logs, events and jobs."""
    found: str | None = request.scope.get("request_id")
    return found


def device_of(request: Request) -> str:
    """What the caller says it runs on, for the list of log-ins."""
    return request.headers.get("user-agent", "")[:200]


def set_session_cookie(request: Request, response: Response, token: str) -> None:
    """Log the browser in: a cookie that ends with the log-in's absolute limit."""
    settings: Settings = request.app.state.settings
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=settings.session_absolute,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.base_url.startswith("https://"),
    )


def clear_session_cookie(response: Response) -> None:
    """Log the browser out."""
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")


def refuse_cross_site(request: Request) -> None:
    """Refuse a changing request that a browser says comes from elsewhere.

    Bearer tokens are not sent by browsers on their own, so such requests need no check.
    """
    if request.method in _SAFE or request.headers.get("authorization"):
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise _cross_site()
        return
    origin = request.headers.get("origin")
    if origin is not None and origin not in _own_origins(request):
        raise _cross_site()


def _own_origins(request: Request) -> set[str]:
    settings: Settings = request.app.state.settings
    base = urlsplit(settings.base_url)
    return {
        f"{base.scheme}://{base.netloc}",
        f"{request.url.scheme}://{request.headers.get('host', '')}",
        *settings.cors_origins,
    }


def _cross_site() -> faults.CrossSiteRequest:
    return faults.CrossSiteRequest(_("Open the page again, then repeat."))


def csrf_token(request: Request) -> str:
    """The token for the forms of this page: bound to the log-in, or to a cookie before it.

    It looks different each time. Pages are compressed, and from the sizes of many somebody who sees
    them pass could guess letter by letter what stands the same in all of them (BREACH).
    """
    bond = _bond(request)
    if bond is None:
        bond = secrets.token_urlsafe(24)
        request.state.new_csrf_cookie = bond
    return _masked(keyring(request).sign(_CSRF, bond))


def _masked(token: str) -> str:
    pad = secrets.token_bytes(len(token))
    return urlsafe_b64encode(pad + _xor(pad, token.encode())).decode()


def _unmasked(given: str) -> str:
    """The token in a masked one; whatever else it is stays as it is."""
    try:
        raw = urlsafe_b64decode(given.encode())
        half = len(raw) // 2
        return _xor(raw[:half], raw[half:]).decode()
    except ValueError:
        return given


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))


def _bond(request: Request) -> str | None:
    made: str | None = getattr(request.state, "new_csrf_cookie", None)
    return request.cookies.get(SESSION_COOKIE) or request.cookies.get(CSRF_COOKIE) or made


async def require_csrf(request: Request) -> None:
    """Refuse a page's form without its token. A dependency of every page that changes something."""
    form = await request.form()
    given, bond = form.get(CSRF_FIELD), _bond(request)
    given = given if isinstance(given, str) else request.headers.get("x-csrf-token", "")
    keys = keyring(request)
    if bond is None or not any(keys.verify(_CSRF, bond, one) for one in (given, _unmasked(given))):
        raise _cross_site()
