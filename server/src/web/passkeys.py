"""Passkeys and browsers: whom passkeys are made for, and what a script is to ask."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import orjson
from fastapi import Request
from starlette.responses import Response

from src.core.settings import Settings
from src.domain.accounts.factors import RelyingParty

NAME = "Aliquot"
LOCAL = "localhost"
_USUAL = {"http": 80, "https": 443}


def relying_party(request: Request) -> RelyingParty:
    """That of the deployment; outside production a request to localhost stands for itself."""
    settings: Settings = request.app.state.settings
    if settings.env != "production" and request.url.hostname == LOCAL:
        return RelyingParty(LOCAL, NAME, (_origin(str(request.url), LOCAL),))
    return relying_party_of(settings)


def relying_party_of(settings: Settings) -> RelyingParty:
    """The host of the public address, and the origin of its pages.

    Passkeys are bound to a name: for an address in numbers, as on a laptop, localhost stands.
    """
    host = urlsplit(settings.base_url).hostname or LOCAL
    host = LOCAL if _is_number(host) else host
    return RelyingParty(host, NAME, (_origin(settings.base_url, host),))


def asked(begun: tuple[str, str]) -> Response:
    """What a script is told to ask of the browser, and the token for its form."""
    options, token = begun
    told: dict[str, Any] = {"options": orjson.Fragment(options), "token": token}
    return Response(orjson.dumps(told), media_type="application/json")


def _origin(address: str, host: str) -> str:
    """As a browser writes it: without a port that goes without saying."""
    parts = urlsplit(address)
    is_usual = parts.port in (None, _USUAL.get(parts.scheme))
    return f"{parts.scheme}://{host}" if is_usual else f"{parts.scheme}://{host}:{parts.port}"


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
