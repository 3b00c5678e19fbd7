"""The language of a request, whoever answers it: a page, the interface, a refusal.

`/de/…` and `?lang=de` say it outright, also for the forms and scripts of a page at such an address;
then the person's choice counts, then the cookie, then the
browser's `Accept-Language`, then English. It is set around everything (`Languages`), and once more
when it is known who asks (`know`), so that every text below is the reader's. The first visit to `/`
is sent on to `/de/`; every other address is served where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from fastapi import FastAPI, Request
from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from src.core import language
from src.core.actor import Actor
from src.core.settings import Settings

COOKIE = "aliquot_lang"
PARAMETER = "lang"
# What programs ask for has no address of its own for each language.
PROGRAMS = ("/api/", "/static/", "/openapi.json", "/healthz", "/readyz", "/metrics")
_YEAR = 365 * 24 * 3600
_WRITTEN = ("text/html", "application/json", "application/problem+json", "application/vnd.aliquot")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request says of its language. All but `cookie` are languages there are."""

    prefix: str | None
    parameter: str | None
    page: str | None  # what the address of the page says that sends this
    cookie: str | None
    accepted: str | None

    @property
    def said(self) -> str | None:
        """What an address says outright."""
        return self.prefix or self.parameter or self.page

    @property
    def is_cookie_bad(self) -> bool:
        """Whether the cookie names no language, and is better removed."""
        return self.cookie is not None and language.match(self.cookie) is None

    def found(self, person: str | None) -> str:
        """The language for somebody who chose `person`, or nothing."""
        return language.negotiate(self.said, person, self.cookie, self.accepted)


class FirstVisit(Exception):
    """Nothing but the browser says a language yet: `/` goes to the address of the one found."""

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.language = found


class Languages:
    """Outermost but for the proxies: the language is set before anything speaks."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the language off the address, set it, and say it in the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        prefix = _strip(scope)
        request = Request(scope)
        wish = Wish(
            prefix=prefix,
            parameter=_parameter(request.url.query),
            page=_page_says(request),
            cookie=request.cookies.get(COOKIE),
            accepted=request.headers.get("accept-language"),
        )
        state = scope.setdefault("state", {})
        state["language"] = wish
        state["language_prefix"] = f"/{prefix}" if prefix else ""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tell(scope, wish, message)
            await send(message)

        with language.reading_as(wish.found(None)):
            await self.app(scope, receive, told)

    def _tell(self, scope: Scope, wish: Wish, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        kind = headers.get("content-type", "")
        is_public = "public" in headers.get("cache-control", "")
        # What everybody may keep describes the interface, in English alone.
        is_written = kind.startswith(_WRITTEN) and not is_public
        if is_written:
            headers["Content-Language"] = language.reader().locale
        if is_written or 300 <= message["status"] < 400:
            named = {name.strip().lower() for name in headers.get("vary", "").split(",")}
            for name in ("Accept-Language", "Cookie"):
                if name.lower() not in named:
                    headers.add_vary_header(name)
        if is_page(scope["path"]):
            self._keep(headers, wish)
        if is_public and "set-cookie" in headers:
            headers["Cache-Control"] = "private, no-store"

    def _keep(self, headers: MutableHeaders, wish: Wish) -> None:
        """What the address asked for is kept in the browser; what names no language is removed."""
        changed = Response()
        if wish.parameter and wish.parameter != wish.cookie:
            remember(changed, wish.parameter, self.settings)
        elif wish.is_cookie_bad and not _is_set(headers):
            forget(changed)
        for value in changed.headers.getlist("set-cookie"):
            headers.append("set-cookie", value)


def know(request: Request, actor: Actor) -> None:
    """Let the person's language and time zone count, now that it is known who asks.

    Raises `FirstVisit` where `/` has an address of its own in the language found.
    """
    wish: Wish | None = request.scope.get("state", {}).get("language")
    if wish is None:
        return
    found = wish.found(actor.locale)
    language.now_reads(found, actor.timezone, (actor.date_format, actor.time_format))
    chosen = wish.said or _known(actor.locale) or _known(wish.cookie)
    is_seen = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if request.url.path == "/" and chosen is None and is_seen:
        raise FirstVisit(found)


def prefix_of(request: Request) -> str:
    """`/de` when the address began so, else nothing."""
    found: str = request.scope.get("state", {}).get("language_prefix", "")
    return found


def is_page(path: str) -> bool:
    """Whether people's browsers show what is at this path."""
    return not path.startswith(PROGRAMS)


def remember(
    response: Response, chosen: str, settings: Settings, *, seconds: int | None = _YEAR
) -> None:
    """Keep the language in the browser: for a year, or (None) until it is closed."""
    response.set_cookie(
        COOKIE,
        chosen,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.base_url.startswith("https://"),
    )


def forget(response: Response) -> None:
    """Let the browser say its language again."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def without_language(address: str) -> str:
    """An address of ours without the language it says outright, for another one to count."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    path = _split(parts.path)[1]
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name != PARAMETER]
    return f"{path}?{urlencode(kept)}" if kept else path


def install(app: FastAPI) -> None:
    """Answer first visits."""
    app.add_exception_handler(FirstVisit, _on_first_visit)


async def _on_first_visit(request: Request, visit: Exception) -> Response:
    if not isinstance(visit, FirstVisit):
        raise visit
    query = f"?{request.url.query}" if request.url.query else ""
    response = RedirectResponse(f"/{visit.language}/{query}", 302)
    response.headers["Cache-Control"] = "private, no-store"
    # Only until the browser is closed: nobody chose it, and the next visit is a first one again.
    remember(response, visit.language, request.app.state.settings, seconds=None)
    return response


def _strip(scope: Scope) -> str | None:
    """Take `/de` off the scope's path; the language it was."""
    prefix, path = _split(scope["path"])
    if prefix is None or not is_page(path):
        return None
    scope["path"] = path
    raw: bytes = scope.get("raw_path") or b""
    if raw.startswith(f"/{prefix}".encode()):
        scope["raw_path"] = raw.removeprefix(f"/{prefix}".encode()) or b"/"
    return prefix


def _split(path: str) -> tuple[str | None, str]:
    for known in language.available():
        if path == f"/{known}":
            return known, "/"
        if path.startswith(f"/{known}/"):
            return known, path.removeprefix(f"/{known}")
    return None, path


def _parameter(query: str) -> str | None:
    return _known(parse_qs(query).get(PARAMETER, [""])[0])


def _page_says(request: Request) -> str | None:
    """What the page says that a form or a script was sent from; a link leads out of its language."""
    mode = request.headers.get("sec-fetch-mode", "navigate")
    if request.method in ("GET", "HEAD") and mode == "navigate":
        return None
    try:
        page = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return None
    if page.netloc != request.headers.get("host"):
        return None
    return _split(page.path)[0] or _parameter(page.query)


def _known(wanted: str | None) -> str | None:
    return language.match(wanted) if wanted else None


def _is_set(headers: MutableHeaders) -> bool:
    return any(value.startswith(f"{COOKIE}=") for value in headers.getlist("set-cookie"))
