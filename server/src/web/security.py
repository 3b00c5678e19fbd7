"""Who asks, by which credential, and whether the request is theirs to make."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.responses import Response

from src.core.actor import ANONYMOUS, Actor
from src.core.crypto import Keyring, keyring_of
from src.core.db import reading, transaction
from src.core.errors import Unavailable
from src.core.language import gettext as _
from src.core.settings import Settings
from src.domain import accounts
from src.web import cookies, credentials, faults, health, languages
from src.web.callers import client_ip, request_id_of

SESSION_COOKIE = cookies.SESSION
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
    program = await credentials.actor_of_request(request)
    if program is not None:
        return program
    secret = cookies.read(request, cookies.SESSION)
    if secret:
        is_use = not getattr(request.state, "is_watching", False)
        async with reading(request.app.state.database) as reads:
            found = await accounts.sessions.find(
                reads, secret, ip=ip, request_id=request_id, is_use=is_use
            )
        if found is not None:
            _note(request, found)
            if found.is_to_renew and is_use:
                await _renew(request, secret)
            return found.actor
    return replace(ANONYMOUS, ip=ip, request_id=request_id)


def _note(request: Request, found: accounts.sessions.Found) -> None:
    request.state.by_cookie = True
    request.state.log_in = str(found.actor.session_id)
    request.state.proven_at = found.proven_at


async def _renew(request: Request, secret: str) -> None:
    """Give the browser another secret with this answer; a database that is busy may do so later."""
    with suppress(Unavailable):
        async with transaction(request.app.state.database) as session:
            renewed = await accounts.sessions.renewed(session, secret)
        if renewed is not None:
            request.state.new_session = renewed


CurrentActor = Annotated[Actor, Depends(identify)]


def keyring(request: Request) -> Keyring:
    """The deployment's signatures."""
    return keyring_of(request.app.state.settings)


def device_of(request: Request) -> str:
    """What the caller says it runs on, for the list of log-ins."""
    return request.headers.get("user-agent", "")[:200]


def client_of(request: Request) -> accounts.Client:
    """Where a log-in comes from."""
    return accounts.Client(
        client_ip(request),
        request_id_of(request),
        device_of(request),
        cookies.read(request, cookies.DEVICE),
    )


def log_in_browser(request: Request, response: Response, opened: accounts.Opened) -> None:
    """Set the cookies of a log-in and of the device it was made on."""
    set_session_cookie(request, response, opened.secret)
    known_for = int(accounts.devices.KNOWN_FOR.total_seconds())
    cookies.put(request, response, cookies.DEVICE, opened.device_secret, seconds=known_for)
    if cookies.read(request, cookies.PENDING):
        cookies.drop(request, response, cookies.PENDING)


def set_session_cookie(request: Request, response: Response, token: str) -> None:
    """Log the browser in: a cookie that ends with the log-in's absolute limit."""
    settings: Settings = request.app.state.settings
    cookies.put(request, response, cookies.SESSION, token, seconds=settings.session_absolute)


def clear_session_cookie(request: Request, response: Response) -> None:
    """Log the browser out."""
    cookies.drop(request, response, cookies.SESSION)


async def knows_device(request: Request, account: str) -> bool:
    """Whether the browser has logged in to the account before, and proves it."""
    secret = cookies.read(request, cookies.DEVICE)
    if secret is None:
        return False
    async with reading(request.app.state.database) as reads:
        return await accounts.devices.is_known(reads, account, secret)


async def require_recent(request: Request) -> None:
    """Refuse what is sensitive unless password, passkey or code were given minutes ago.

    A dependency of routes, after their declaration. Raises `ConfirmationNeeded`.
    """
    accounts.confirming.require_recent(getattr(request.state, "proven_at", None))


def refuse_cross_site(request: Request) -> None:
    """Refuse a changing request that a browser says comes from elsewhere.

    Bearer tokens are not sent by browsers on their own, so such requests need no check.
    """
    if request.method in _SAFE or request.headers.get("authorization") or _is_invited(request):
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise _cross_site()
        return
    origin = request.headers.get("origin")
    if origin is not None and origin not in _own_origins(request):
        raise _cross_site()


def _is_invited(request: Request) -> bool:
    """Whether the settings let the page's origin call the interface, with the cookies it sent."""
    settings: Settings = request.app.state.settings
    origin = request.headers.get("origin")
    if origin is None or not request.url.path.startswith("/api/"):
        return False
    if origin not in settings.cors_origins and "*" not in settings.cors_origins:
        return False
    return settings.cors_credentials or cookies.read(request, cookies.SESSION) is None


def _own_origins(request: Request) -> set[str]:
    settings: Settings = request.app.state.settings
    base = urlsplit(settings.base_url)
    return {
        f"{base.scheme}://{base.netloc}",
        f"{request.url.scheme}://{request.headers.get('host', '')}",
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
    """What the token belongs to: the log-in, whatever its secret is now, else a cookie."""
    log_in: str | None = getattr(request.state, "log_in", None)
    made: str | None = getattr(request.state, "new_csrf_cookie", None)
    return log_in or cookies.read(request, cookies.CSRF) or made


async def require_csrf(request: Request) -> None:
    """Refuse a page's form without its token. A dependency of every page that changes something."""
    form = await request.form()
    given, bond = form.get(CSRF_FIELD), _bond(request)
    given = given if isinstance(given, str) else request.headers.get("x-csrf-token", "")
    keys = keyring(request)
    if bond is None or not any(keys.verify(_CSRF, bond, one) for one in (given, _unmasked(given))):
        raise _cross_site()
