"""Logging in by a provider, step by step, as a browser does."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx2

from tests.support.provider import CLIENT, SECRET, OpenIdProvider
from tests.web.pages.visitor import Shown, Visitor


def configured(slug: str, provider: OpenIdProvider, **more: Any) -> dict[str, Any]:
    """A provider as the settings name it."""
    return {
        "slug": slug,
        "label": slug.title(),
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "client_secret": SECRET,
        **more,
    }


def setting(*providers: dict[str, Any]) -> str:
    """The setting."""
    return json.dumps(providers)


def begun(visitor: Visitor, path: str = "/login/sso/lab") -> str:
    """Where the browser is sent to."""
    answer = visitor.request("GET", path)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def at_provider(url: str) -> str:
    """Logged in there: the path and query that the browser comes back with."""
    with httpx2.Client(trust_env=False) as client:
        answer = client.get(url)
    assert answer.status_code == 302, answer.text
    found = urlsplit(answer.headers["location"])
    return f"{found.path}?{found.query}"


def changed(path: str, **values: str | None) -> str:
    """The same address with other values in its query; None takes one out."""
    query = {**dict(parse_qsl(urlsplit(path).query)), **values}
    return f"{urlsplit(path).path}?{urlencode({k: v for k, v in query.items() if v is not None})}"


def asked(url: str) -> dict[str, str]:
    """What the provider is asked."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def sign_on(visitor: Visitor, path: str = "/login/sso/lab") -> Shown:
    """All of it; what one sees in the end."""
    return visitor.see(at_provider(begun(visitor, path)))


def refusal(shown: Shown) -> str:
    """The code of a refusal's page."""
    found = shown.response.text.partition('data-code="')[2]
    return found.partition('"')[0]
