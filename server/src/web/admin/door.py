"""The one way into /admin: who may, how often, from where, and what the answers must carry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette._utils import get_route_path
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from src.core.actor import Actor, Permission
from src.core.errors import Forbidden
from src.core.language import gettext as _
from src.core.settings import Settings
from src.web import faults, security
from src.web.admin import versions
from src.web.declarations import Declaration
from src.web.middleware import policy
from src.web.pages.frame import Page, told_to

PREFIX = "/admin"
NEEDS = Permission.SETTINGS_MANAGE
READS = Declaration(NEEDS, cache="no-store", rate="read")
WRITES = Declaration(NEEDS, cache="no-store", rate="write")

# As any page of ours; only that its templates and its libraries set style attributes.
LOOSER = "; style-src-attr 'unsafe-inline'"

REFUSED = "admin_refused"  # where `site` leaves an error, so that our own pages tell it
_STATIC = "/static/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SCRIPTS_TOKEN, _OUR_TOKEN = b"x-csrftoken", b"x-csrf-token"
_A_YEAR, _A_DAY = "public, max-age=31536000, immutable", "public, max-age=86400"


@dataclass(frozen=True, slots=True)
class Place:
    """What the metrics and the log call every address below the mount."""

    path: str


class Door:
    """An ASGI application around starlette-admin's: nothing reaches that without passing here."""

    declarations = (READS, WRITES)

    def __init__(self, settings: Settings, build: Callable[[Settings], Starlette]) -> None:
        self._settings = settings
        self._build = build
        self._statics = StaticFiles(packages=[("starlette_admin", "static")])
        self._site: Starlette | None = None
        self._building = asyncio.Lock()

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """Those behind the door, so that addresses can be made of their names."""
        return () if self._site is None else self._site.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Refusals are raised: the application around shows them as ever."""
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        scope["route"] = Place(f"{PREFIX}/{{path}}")
        if scope["path"] == PREFIX:
            await RedirectResponse(f"{PREFIX}/")(scope, receive, send)
            return
        if get_route_path(scope).startswith(_STATIC):
            await self._serve_static(scope, receive, send)
            return
        _rename_token(scope)
        request = Request(scope, receive)
        actor = await self._admit(request)
        site = await self._built()
        page = Page(request, actor, *await told_to(request, actor))
        scope["state"] |= {"actor": actor, "database": page.database, "page": page}
        inner = dict(scope)  # the site puts itself into it
        if urlsplit(self._settings.base_url).scheme == "https":
            inner["scheme"] = "https"  # it writes absolute addresses
        await site(inner, _again(request, receive), _under_policy(send))
        refusal: Exception | None = scope["state"].pop(REFUSED, None)
        if refusal is not None:
            raise refusal

    async def _admit(self, request: Request) -> Actor:
        """Who comes in. Raises `Unauthenticated`, `Forbidden`, `Limited`, `CrossSiteRequest`."""
        is_safe = request.method in _SAFE
        actor = await security.identify(request)
        await (READS if is_safe else WRITES)(request, actor)
        if not actor.may(NEEDS):
            raise Forbidden(
                _("This needs the permission %(permission)s, everywhere.", permission=NEEDS),
                permission=NEEDS.value,
            )
        if not is_safe:
            if request.method != "POST":
                raise faults.MethodNotAllowed(_("Pages are read and forms are sent here."))
            await request.body()  # read once, here: the site is given it again
            await security.require_csrf(request)
        return actor

    async def _built(self) -> Starlette:
        async with self._building:
            if self._site is None:
                self._site = await asyncio.to_thread(self._build, self._settings)
        return self._site

    async def _serve_static(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Its scripts and styles hold nothing of ours: anybody may have them, and keep them."""
        path = get_route_path(scope).removeprefix(_STATIC)
        said = Request(scope).query_params.get("v", "")
        lasting = _A_YEAR if versions.is_named(path, said) else _A_DAY
        inner = {**scope, "path": f"{scope['root_path']}/{path}"}

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                MutableHeaders(scope=message)["Cache-Control"] = lasting
            await send(message)

        await self._statics(inner, receive, kept)


def _rename_token(scope: Scope) -> None:
    """The library's scripts have a name of their own for the header."""
    scope["headers"] = [
        (_OUR_TOKEN if name == _SCRIPTS_TOKEN else name, value) for name, value in scope["headers"]
    ]


def _again(request: Request, receive: Receive) -> Receive:
    """The body that was read already, once more."""
    body: bytes | None = getattr(request, "_body", None)
    if body is None:
        return receive
    left = [body]

    async def replayed() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return replayed


def _under_policy(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = policy(headers.get("content-type", "")) + LOOSER
        await send(message)

    return guarded
