"""Cookies of ours: for this site and the server alone. Over https their names begin with `__Host-`.

Such a name makes browsers refuse a cookie that another host of the domain, or a page without https,
would plant here.
"""

from __future__ import annotations

from http.cookies import SimpleCookie

from fastapi import Request
from starlette.responses import Response

from src.core.settings import Settings

SESSION = "aliquot_session"
CSRF = "aliquot_csrf"
DEVICE = "aliquot_device"  # known for a year, to whoever logged in there
PENDING = "aliquot_pending"  # a log-in that waits for its second factor
SIGN_ON = "aliquot_sign_on"  # a log-in that is on its way to a provider and back
_HOST = "__Host-"


def read(request: Request, name: str) -> str | None:
    """What the browser sent."""
    return request.cookies.get(named(request.app.state.settings, name)) or None


def put(
    request: Request, response: Response, name: str, value: str, *, seconds: int | None
) -> None:
    """Have the browser keep it for so long; None: until it is closed."""
    response.headers.append(
        "set-cookie", written(request.app.state.settings, name, value, seconds=seconds)
    )


def drop(request: Request, response: Response, name: str) -> None:
    """Have the browser forget it."""
    put(request, response, name, "", seconds=0)


def named(settings: Settings, name: str) -> str:
    """Its name where the settings say that Aliquot is served."""
    return f"{_HOST}{name}" if _is_secure(settings) else name


def written(settings: Settings, name: str, value: str, *, seconds: int | None) -> str:
    """The `Set-Cookie` header."""
    name = named(settings, name)
    cookie: SimpleCookie = SimpleCookie({name: value})
    cookie[name]["path"] = "/"
    cookie[name]["httponly"] = True
    cookie[name]["samesite"] = "lax"
    if seconds is not None:
        cookie[name]["max-age"] = seconds
    if _is_secure(settings):
        cookie[name]["secure"] = True
    return cookie.output(header="").strip()


def _is_secure(settings: Settings) -> bool:
    return settings.base_url.startswith("https://")
