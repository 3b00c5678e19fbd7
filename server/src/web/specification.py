"""The OpenAPI document: FastAPI's, completed with what the declarations say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from src.core import errors
from src.core.actor import Permission
from src.core.errors import DomainError
from src.domain import accounts
from src.domain.accounts.credentials.errors import PersonOnly
from src.models.common import API_VERSION, Problem
from src.web import examples, faults, problems
from src.web.declarations import Access
from src.web.security import SESSION_COOKIE

Document = dict[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")
_DESCRIPTION = """
Answers come in an envelope: `data`, `meta`, and `errors` for the failures of single items.
Refusals are problems (RFC 9457); `/problems/<code>` explains each. Times carry an offset. `null`
clears, absent leaves, unknown fields are refused. A change needs `If-Match` with the `ETag` that
was read; every POST that creates takes an `Idempotency-Key`.
"""
_TAGS = {
    "auth": "Access tokens and log-out.",
    "me": "Oneself.",
    "second factor": "Apps, passkeys and backup codes.",
    "people": "Users and teams.",
    "catalogue": "Types, locations and the policies above single resources.",
    "resources": "What can be booked, its units, hours, policy, state, people; sets of them.",
    "utilities": "What several resources need, what is down with it, and why resources are down.",
    "search": "What there is, by its words.",
    "problem reports": "What is wrong with a resource, and what was done about it.",
    "training": "Qualifications, who holds them, and requests for access to a resource.",
    "closures": "Times in which nothing can be booked, and what becomes of the bookings they hit.",
    "bookings": "Who has what, and when.",
    "slots": "Times at which something is free, and holding one while a form is filled in.",
    "waiting": "Waiting lists, and the offers they bring.",
    "approvals": "What waits for a decision, the rules that say whose, and who stands in.",
    "quotas": "Projects, what each may take in a period, and what was taken.",
    "kiosks": "Tablets at instruments, on which people check in and out.",
    "calendar": "Bookings, closures and open hours over a range.",
    "status updates": "What people did, will do and need.",
    "incidents": "What went wrong or nearly, who looks after it, and what is learned from it; its "
    "room, tasks, types, priorities and who hears of it.",
    "blockers": "What keeps the team from going on, and whom it waits for.",
    "decisions": "What was decided, why, what it was weighed against, and what became of it.",
    "summaries": "The morning's summary, per team and for all, and when it is made.",
    "handovers": "What one shift leaves to the next.",
    "team imports": "Moving in: updates, incidents, blockers and decisions from CSV or JSON.",
    "comments": "What is said to things, and who has read them.",
    "notifications": "What you were told.",
    "events": "The audit log.",
    "live": "What happens now, as server-sent events.",
    "files": "Files on things.",
    "jobs": "Work in the background.",
    "operations": "Work you wait for: its progress and its result.",
    "settings": "The institute.",
    "problems": "What each refusal means.",
    "health": "For those who watch.",
}
_SCOPES = {
    str(permission): f"Hand on `{permission}` and what else is chosen, no more."
    for permission in Permission
}
_TOKENS = "/api/v1/auth/token"
_SCHEMES = {
    "password": {
        "type": "oauth2",
        "description": "E-mail address and password give an access token for 15 minutes. Where the "
        "account has a second factor, its code goes into `client_secret`. Without a scope the "
        "token may do all that the person may.",
        "flows": {
            "password": {
                "tokenUrl": _TOKENS,
                "refreshUrl": _TOKENS,
                "scopes": _SCOPES,
            }
        },
    },
    "third_party": {
        "type": "oauth2",
        "description": "For programs of third parties, registered at /apps. With a code they act "
        "for whoever allows it (PKCE with S256 always), by themselves for their owner.",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": "/oauth/authorize",
                "tokenUrl": _TOKENS,
                "refreshUrl": _TOKENS,
                "scopes": _SCOPES,
            },
            "clientCredentials": {"tokenUrl": _TOKENS, "scopes": _SCOPES},
        },
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token, or a key (`alq_…`) made at /me/api-keys. A key may sign "
        "its requests instead: RFC 9421 with `hmac-sha256`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "The cookie of a browser that has logged in.",
    },
}
_SECURITY: list[dict[str, list[str]]] = [
    {"password": []},
    {"third_party": []},
    {"bearer": []},
    {"session": []},
]


def build(app: FastAPI) -> Document:
    """The whole document."""
    document = get_openapi(
        title="Aliquot",
        version=API_VERSION,
        summary="The lab's day: instruments, bookings and what belongs to them",
        description=_DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = document["components"]
    schemas = components["schemas"]
    for leftover in ("HTTPValidationError", "ValidationError"):
        schemas.pop(leftover, None)
    template = "#/components/schemas/{model}"
    problem = Problem.model_json_schema(ref_template=template)
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    components["securitySchemes"] = _SCHEMES
    for path, operation, method in operations(document):
        _complete(operation, path, method, schemas)
    return document


def operations(document: Document) -> Iterator[tuple[str, Document, str]]:
    """Every operation with its path and method."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, item[method], method


def _complete(operation: Document, path: str, method: str, schemas: Document) -> None:
    access = operation.get("x-access", Access.PUBLIC)
    operation["security"] = [] if access == Access.PUBLIC else _SECURITY
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422", "")):
        del responses["422"]
    for response in responses.values():
        _as_problem(response)
    if path.startswith(("/api/", "/problems", "/calendar/")):
        _describe_refusals(operation, method, access)
    for parameter in operation.get("parameters", ()):
        _complete_parameter(parameter, must_have_read=_must_have_read(operation, method))
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    for status, response in list(responses.items()):
        if status.startswith("2"):
            _describe_success(response, names, schemas)
    if method == "get" and operation.get("x-cache") == "private":
        _add_etag(responses["200"])
        responses["304"] = {"description": "What `If-None-Match` names is still current."}
    body = operation.get("requestBody")
    if body is not None:
        _exemplify(body["content"], schemas)


def _must_have_read(operation: Document, method: str) -> bool:
    """What merely goes on to the next state may be done unseen, unless the route says otherwise."""
    return method != "post" or faults.PreconditionRequired.code in operation.get("x-problems", ())


def _complete_parameter(parameter: Document, *, must_have_read: bool) -> None:
    name = parameter["name"]
    if name == "If-Match" and must_have_read:
        parameter["required"] = True
    if name in examples.NAMED:
        parameter.setdefault("example", examples.NAMED[name])


def _as_problem(response: Document) -> None:
    """FastAPI files a problem's model under plain JSON."""
    content = response.get("content", {})
    schema = str(content.get("application/json", {}).get("schema", ""))
    if "Problem'" in schema and "ProblemKind" not in schema:
        content[problems.MEDIA_TYPE] = content.pop("application/json")


def _describe_refusals(operation: Document, method: str, access: str) -> None:
    by_status: dict[int, dict[str, type[DomainError]]] = {}
    for refusal in _refusals(operation, method, access):
        by_status.setdefault(problems.status_of(refusal), {})[refusal.code] = refusal
    responses = operation["responses"]
    for status, known in sorted(by_status.items()):
        described = responses.setdefault(str(status), {})
        described["description"] = "; ".join(
            f"`{code}`: {refusal.title}" for code, refusal in known.items()
        )
        content = described.setdefault("content", {}).setdefault(
            problems.MEDIA_TYPE, {"schema": {"$ref": "#/components/schemas/Problem"}}
        )
        if "application/json" in described["content"]:
            del described["content"][problems.MEDIA_TYPE]  # OAuth2's own form
            continue
        content.setdefault("example", _example(next(reversed(known.values()))))
        if status in (429, 503):
            described["headers"] = {
                "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
            }


def _about_callers(operation: Document, access: str) -> Iterator[type[DomainError]]:
    if access not in tuple(Access):
        yield errors.Forbidden
    if access != Access.PUBLIC:
        yield accounts.SecondFactorMissing
    if operation.get("x-person-only"):
        yield PersonOnly


def _refusals(operation: Document, method: str, access: str) -> Iterator[type[DomainError]]:
    """What any route of this kind may answer, then what this route declares."""
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    content = operation.get("requestBody", {}).get("content", {})
    yield from (errors.Unauthenticated, faults.NotAcceptable, errors.DatabaseUnavailable)
    if operation.get("x-rate-class") != "unlimited":
        yield errors.Limited
    if method != "get":
        yield faults.CrossSiteRequest
    yield from _about_callers(operation, access)
    if content:
        yield faults.TooLarge
    if "application/json" in content:
        yield faults.UnsupportedMediaType
    if names or content:
        yield errors.Invalid
    if "If-Match" in names:
        yield errors.PreconditionFailed
        if _must_have_read(operation, method):
            yield faults.PreconditionRequired
    if "Idempotency-Key" in names:
        yield from (
            problem
            for code, problem in errors.public_classes().items()
            if code in ("idempotency-key-reused", "request-in-progress")
        )
    known = errors.public_classes()
    yield from (known[code] for code in operation.get("x-problems", ()))


def _example(refusal: type[DomainError]) -> Document:
    return {
        "type": f"/problems/{refusal.code}",
        "title": refusal.title,
        "status": problems.status_of(refusal),
        "detail": "What to do instead.",
        "instance": "/api/v1/…",
        "errors": [],
    }


def _describe_success(response: Document, names: set[str], schemas: Document) -> None:
    content = response.get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    wrapped = schemas.get(str(schema.get("$ref", "")).rpartition("/")[2], {})
    shown = wrapped.get("properties", {}).get("data", {})
    if "fields" in names and shown:
        content["application/json"]["schema"] = _pruned(wrapped, schemas)
    is_versioned = "version" in _resolved(shown, schemas).get("properties", {})
    if is_versioned:
        _add_etag(response)
    _exemplify(content, schemas)


def _add_etag(response: Document) -> None:
    response.setdefault("headers", {})["ETag"] = {
        "description": "What is shown, for `If-None-Match`; its version, for `If-Match`.",
        "schema": {"type": "string"},
    }


def _pruned(envelope: Document, schemas: Document) -> Document:
    """The same envelope whose items may lack fields, as `?fields=` leaves them out."""
    data = envelope["properties"]["data"]
    item = data.get("items", data)
    whole = _resolved(item, schemas)
    some = {name: part for name, part in whole.items() if name not in ("required", "examples")}
    name = f"{whole['title']}Fields"
    schemas[name] = {**some, "title": name}
    pruned = {"anyOf": [item, {"$ref": f"#/components/schemas/{name}"}]}
    shown = {**data, "items": pruned} if "items" in data else pruned
    return {**envelope, "properties": {**envelope["properties"], "data": shown}}


def _resolved(schema: Document, schemas: Document) -> Document:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: Document = schemas.get(name, schema)
    return found


def _exemplify(content: Document, schemas: Document) -> None:
    for media_type, described in content.items():
        if media_type == "application/json" and "schema" in described:
            described.setdefault("example", examples.of(described["schema"], schemas))
