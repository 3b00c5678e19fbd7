"""Refusals become answers here, and nowhere else: RFC 9457, or a page for a browser."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response
from starlette.routing import compile_path

from src.core import db
from src.core.errors import (
    DomainError,
    FieldError,
    Invalid,
    Kind,
    Limited,
    PreconditionFailed,
)
from src.core.language import gettext as _
from src.domain import accounts
from src.models.common import BRANCH
from src.web import alarms, faults, languages, limiting, oauth, security, validation
from src.web.faults import HttpFault

STATUS = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.PRECONDITION: 412,
    Kind.LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}
MEDIA_TYPE = "application/problem+json"
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})

log = structlog.get_logger(__name__)


Presenter = Callable[[Any], Any]
_presenters: dict[str, Presenter] = {}


def present(member: str, presenter: Presenter) -> None:
    """Let a member of problems go over the wire as `presenter` makes it."""
    _presenters[member] = presenter


def _as_it_is(value: object) -> object:
    return value


def status_of(refusal: DomainError | type[DomainError]) -> int:
    """The HTTP status of a refusal or of its class."""
    if isinstance(refusal, HttpFault):
        return refusal.status
    if isinstance(refusal, type) and issubclass(refusal, HttpFault):
        return refusal.status
    return STATUS[refusal.kind]


def document(request: Request, refusal: DomainError) -> dict[str, Any]:
    """The problem document (RFC 9457) of a refusal."""
    members = {
        name: _presenters.get(name, _as_it_is)(value) for name, value in refusal.members.items()
    }
    return {
        **members,
        "type": f"/problems/{refusal.code}",
        "title": _(refusal.title),
        "status": status_of(refusal),
        "detail": refusal.detail,
        "instance": request.url.path,
        "errors": [_fault(request, error) for error in refusal.errors],
    }


def _fault(request: Request, error: FieldError) -> dict[str, Any]:
    fault: dict[str, Any] = _place(request, error.field)
    fault |= {"code": error.code, "detail": error.detail}
    if error.overridable is not None:
        fault["overridable"] = error.overridable
    return fault


def _place(request: Request, field: tuple[str | int, ...]) -> dict[str, str]:
    """Where the fault is: services name fields; a request without a body has parameters."""
    if not field:
        return {"pointer": "#"} if request.method not in _BODILESS else {}
    names = {*request.query_params, *request.path_params}
    if request.method in _BODILESS or (len(field) == 1 and field[0] in names):
        return {"parameter": str(field[0])}
    return {"pointer": pointer(field)}


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer as a URI fragment (RFC 6901, section 6)."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "#" + "".join(f"/{quote(part, safe='~!$&()*+,;=:@')}" for part in parts)


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks for one of our pages."""
    return languages.is_page(request.url.path) and "text/html" in request.headers.get("accept", "")


def render(request: Request, refusal: DomainError) -> Response:
    """The answer to a refused request."""
    status = status_of(refusal)
    if wants_page(request):
        if status == 401 and not isinstance(refusal, HttpFault):
            return _to_login(request)
        if isinstance(refusal, accounts.SecondFactorMissing):
            return _sent_to(request, "/me/factors")
        if isinstance(refusal, accounts.ConfirmationNeeded):
            return _sent_to(request, f"/me/confirm?next={quote(_wanted(request), safe='')}")
        response = _page(request, refusal, status)
    else:
        content = orjson.dumps(document(request, refusal), default=_plain, option=orjson.OPT_UTC_Z)
        response = Response(content, status, media_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if refusal.retry_after is not None or status in (429, 503):
        wait = 1 if refusal.retry_after is None else refusal.retry_after
        response.headers["Retry-After"] = str(max(1, math.ceil(wait)))
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="aliquot"'
    response.background = alarms.task_for(request, refusal)
    return response


def _to_login(request: Request) -> Response:
    return _sent_to(request, f"/login?next={quote(_wanted(request), safe='')}")


def _wanted(request: Request) -> str:
    """The page to come back to: this one, or that of the form that was sent."""
    if request.method != "GET" or request.headers.get("hx-request") == "true":
        return page_of_form(request)
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _sent_to(request: Request, path: str) -> Response:
    """Another page first. Where a part of an open page was asked for, the whole page goes."""
    address = f"{languages.prefix_of(request)}{path}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def page_of_form(request: Request) -> str:
    """Where the form stands that was sent too late, so that one returns to it after log-in."""
    try:
        referer = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    if referer.netloc != request.headers.get("host") or not referer.path:
        return "/"
    return f"{referer.path}?{referer.query}" if referer.query else referer.path


def _page(request: Request, refusal: DomainError, status: int) -> Response:
    page: Response = request.app.state.problem_page(request, document(request, refusal), status)
    return page


def _plain(value: object) -> object:
    if isinstance(value, UUID | datetime | date):
        return str(value)
    if isinstance(value, frozenset | set | tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json")
    return str(value)


async def on_refusal(request: Request, error: Exception) -> Response:
    """Answer a domain's refusal."""
    if not isinstance(error, DomainError):
        raise error
    error = await _counted(request, error)
    if oauth.is_token_endpoint(request) and (answer := oauth.answer(error)) is not None:
        return answer
    return render(request, error)


async def _counted(request: Request, refusal: DomainError) -> DomainError:
    """The refusal, or that there were too many: what fails before anybody is known counts too."""
    try:
        await limiting.spend_late(request)
    except Limited as limited:
        return limited
    return refusal


async def on_invalid(request: Request, error: Exception) -> Response:
    """Answer FastAPI's validation errors; the input itself is never echoed."""
    if not isinstance(error, RequestValidationError):
        raise error
    found = list(error.errors())
    refusal = Invalid(
        _("See `errors` for every fault and where it is."),
        errors=(),
    )
    answered = await _counted(request, refusal)
    if answered is refusal and oauth.is_token_endpoint(request):
        return oauth.refusal("invalid_request", "Send username and password as a form.")
    if answered is not refusal or wants_page(request):
        return render(request, answered)
    content = document(request, refusal) | {"errors": [_validation_fault(item) for item in found]}
    return Response(
        orjson.dumps(content), 422, {"Cache-Control": "no-store"}, media_type=MEDIA_TYPE
    )


def _validation_fault(item: Mapping[str, Any]) -> dict[str, Any]:
    place, *path = item["loc"]
    path = [part for part in path if not str(part).startswith(BRANCH)]
    if "member" in (said := item.get("ctx") or {}):
        path.append(said["member"])
    kind = str(item["type"])
    if place == "body":
        where = {"pointer": pointer(() if kind == "json_invalid" else path)}
    else:
        where = {"parameter": ".".join(map(str, path[:1])) or str(place)}
    detail = validation.sentence(kind, str(item["msg"]), said)
    return {**where, "code": kind.replace("_", "-"), "detail": detail}


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses: no such route, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 400:  # a body that is no UTF-8, a form that breaks off
        return await _unreadable(request)
    if wants_page(request):
        await _recognize(request)
    response = render(request, _http_fault(error))
    response.status_code = error.status_code
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    return response


async def _recognize(request: Request) -> None:
    """Let the page of an address that no route has be in the frame of whoever asks for it."""
    with suppress(DomainError):
        request.state.actor = await security.identify(request)


async def _unreadable(request: Request) -> Response:
    detail = _("The body cannot be read.")
    refusal = Invalid(detail, errors=(FieldError((), "unreadable", detail),))
    answered = await _counted(request, refusal)
    if answered is refusal and oauth.is_token_endpoint(request):
        return oauth.refusal("invalid_request", "Send username and password as a form.")
    return render(request, answered)


def _methods_at(request: Request) -> set[str]:
    """Every method of the address: the framework names those of one route alone."""
    found: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.path and route.methods and compile_path(route.path)[0].match(request.url.path):
            found |= set(route.methods)
    return found


def _http_fault(error: HTTPException) -> HttpFault:
    if error.status_code == 404:
        return faults.NoSuchAddress(_("Check the address; /docs describes the interface."))
    if error.status_code == 405:
        return faults.MethodNotAllowed(_("The Allow header names the methods it takes."))
    if error.status_code == 413:
        return faults.TooLarge(_("Send less at once."))
    return faults.HttpFault(str(error.detail))


async def on_database(request: Request, error: Exception) -> Response:
    """Answer a driver's error that met no transaction of ours on its way, or a lost race."""
    fact = db.fact_of(error)
    if fact is not None:
        return render(request, fact)
    raise error


async def on_stale(request: Request, _error: Exception) -> Response:
    """Answer a change that lost a race after its version was checked."""
    return render(request, PreconditionFailed(_("Read it again, then repeat the change.")))


async def on_gone(_request: Request, _error: Exception) -> Response:
    """Answer nobody: the client left while it was still sending, which is no fault of ours."""
    return Response(status_code=400)


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(DomainError, on_refusal)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(DBAPIError, on_database)
    app.add_exception_handler(StaleDataError, on_stale)
    app.add_exception_handler(ClientDisconnect, on_gone)
