"""What happens around every request, as plain ASGI: no request is copied, no stream is broken."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from src import assets
from src.core import ids
from src.core.language import gettext as _
from src.core.settings import Settings
from src.web import alarms, cookies, faults, health, incidents, problems
from src.web.limiting import Limiter, Spent

log = structlog.get_logger("aliquot.access")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_UPLOADS = re.compile(
    r"/(api/v1/files|resources/[^/]+/(photo|files)|(api/v1/)?(me|users/[^/]+)/picture)(/|$)"
    r"|/(api/v1/operations-imports|imports/team)$"
)
_PORT = re.compile(r":\d*$")
_DIGITS = 18  # of a length; Python reads no number of thousands
_VERSION = re.compile(r"application/vnd\.aliquot\.([a-z0-9]+)\+json")
VENDOR_TYPE = "application/vnd.aliquot.v1+json"

_SCRIPTS = "script-src 'self'"
STRICT = (
    f"default-src 'self'; {_SCRIPTS}; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
# ReDoc writes style elements and starts its search in a worker made from a blob.
REDOC = STRICT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'") + (
    "; worker-src 'self' blob:"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000; includeSubDomains"  # a year
# Thirty files make a page: what says nothing about a file would cost ten kilobytes.
_FILE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}


class Requests:
    """Inside of proxies and languages alone: the request's id, its log line, its metrics, and what no answer may lack."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else str(ids.new())
        scope["request_id"] = request_id
        scope.setdefault("state", {})
        answer = _Answer(self, scope, send)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            started = time.perf_counter()
            try:
                await self.app(scope, receive, answer.send)
            except Exception as error:
                log.exception(
                    "request failed", method=scope["method"], path=alarms.path_of(Request(scope))
                )
                if answer.status:
                    raise  # too late to say anything else: the connection is cut
                await _broken(scope, request_id)(scope, receive, answer.send)
                await incidents.note(scope, error)
            finally:
                _note(scope, answer.status, time.perf_counter() - started)


def _broken(scope: Scope, request_id: str) -> Callable[..., Awaitable[None]]:
    fault = faults.InternalError(
        _("It was logged; the trace id helps to find it."), trace_id=request_id
    )
    return problems.render(Request(scope), fault)


def policy(content_type: str) -> str:
    """Strict; what may be a page also lets the import map stand, the only script inside of one."""
    if not content_type.startswith("text/html"):
        return STRICT
    return STRICT.replace(_SCRIPTS, f"{_SCRIPTS} {assets.library.import_map_source()}")


class _Answer:
    """The way out: adds headers when the response starts."""

    def __init__(self, requests: Requests, scope: Scope, send: Send) -> None:
        self._settings = requests.settings
        self._scope = scope
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            await self._complete(MutableHeaders(scope=message))
        await self._send(message)

    async def _complete(self, headers: MutableHeaders) -> None:
        scope, state = self._scope, self._scope["state"]
        headers["X-Request-Id"] = scope["request_id"]
        kind = headers.get("content-type", "")
        is_file = scope["path"].startswith(f"{assets.PREFIX}/") and "html" not in kind
        for name, value in (_FILE_HEADERS if is_file else _HEADERS).items():
            headers.setdefault(name, value)
        if "content-security-policy" not in headers:
            headers["Content-Security-Policy"] = policy(kind)
        headers.setdefault("Cache-Control", state.get("cache_control", "no-store"))
        if self._settings.base_url.startswith("https://"):
            headers.setdefault("Strict-Transport-Security", HSTS)
        if not is_file:
            headers.add_vary_header("Accept")
        if "public" not in headers["Cache-Control"]:
            headers.add_vary_header("Cookie")
            headers.add_vary_header("Authorization")
        self._set_cookies(headers, state)
        await self._charge(headers, state)

    def _set_cookies(self, headers: MutableHeaders, state: dict[str, Any]) -> None:
        """Those that are no route's business: for forms before the log-in, and renewed secrets."""
        settings = self._settings
        if made := state.get("new_csrf_cookie"):
            header = cookies.written(settings, cookies.CSRF, made, seconds=None)
            headers.append("Set-Cookie", header)
        renewed, name = state.get("new_session"), cookies.named(settings, cookies.SESSION)
        is_set = any(one.startswith(f"{name}=") for one in headers.getlist("set-cookie"))
        if renewed and not is_set:
            headers["Cache-Control"] = "private, no-store"
            kept_for = settings.session_absolute
            header = cookies.written(settings, cookies.SESSION, renewed, seconds=kept_for)
            headers.append("Set-Cookie", header)

    async def _charge(self, headers: MutableHeaders, state: dict[str, Any]) -> None:
        spent: Spent | None = state.get("spent")
        if spent is None:
            return
        who = state.get("charge_later")
        if who is not None and self.status != 304:
            limiter: Limiter = self._scope["app"].state.limiter
            spent = await limiter.spend("read", who)
        for name, value in spent.headers():
            headers[name.decode()] = value.decode()


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", None) or "(none)"
    is_stream = scope["state"].get("is_stream", False)
    health.observe(scope["method"], route, status, None if is_stream else seconds)
    if scope["path"] in health.PATHS:
        return
    # Of what is reported without a name the log does not say from where it came either.
    is_unnamed = scope["state"].get("is_unnamed", False)
    log.info(
        "request",
        method=scope["method"],
        path=alarms.path_of(Request(scope)),
        route=route,
        status=status,
        milliseconds=round(seconds * 1000, 1),
        client=scope["client"][0] if scope.get("client") and not is_unnamed else None,
    )


class Heads:
    """Answers HEAD as the GET of the same address would be answered, without its body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask for the GET; whoever is around this one still sees a HEAD."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        inner = {**scope, "method": "GET"}
        scope["state"]["is_head"] = True

        async def bodiless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(inner, receive, bodiless)
        finally:
            scope["route"] = inner.get("route")


class Gatekeeper:
    """Refuses unknown host names, unknown versions and bodies that are too large."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then go on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limit(scope["path"])
        fault = self._fault(scope, headers, limit)
        if fault is not None:
            await problems.render(Request(scope), fault)(scope, receive, send)
            return
        reader = _limited(receive, limit)
        if _VERSION.search(headers.get("accept", "")):
            send = _as_vendor_type(send)
        await self.app(scope, reader, send)

    def _fault(self, scope: Scope, headers: Headers, limit: int) -> faults.HttpFault | None:
        hosts = self.settings.allowed_hosts
        host = _host(",".join(headers.getlist("host")))  # two of them are no name
        if "*" not in hosts and host not in hosts and scope["path"] not in health.PATHS:
            return faults.UnknownHost(_("Use the address people reach Aliquot at."))
        wanted = _VERSION.findall(headers.get("accept", ""))
        if wanted and "v1" not in wanted and scope["path"].startswith("/api/"):
            return faults.NotAcceptable(
                _("Ask for %(type)s or application/json.", type=VENDOR_TYPE)
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > _DIGITS or int(length) > limit:
            return faults.TooLarge(
                _("At most %(limit)s bytes are accepted here.", limit=limit), limit=limit
            )
        return None

    def _limit(self, path: str) -> int:
        settings = self.settings
        # A file travels with a little form around it.
        return settings.max_upload + 65536 if _UPLOADS.match(path) else settings.max_body


def _host(header: str) -> str:
    """The name without its port: of "[::1]:8000" it is "[::1]"."""
    return _PORT.sub("", header.strip().lower()).removesuffix(".")


def _limited(receive: Receive, limit: int) -> Receive:
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        if message["type"] == "http.request":
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413)  # FastAPI turns any other class into a 400
        return message

    return limited


def _as_vendor_type(send: Send) -> Send:
    async def typed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-type") == "application/json":
                headers["content-type"] = VENDOR_TYPE
        await send(message)

    return typed
