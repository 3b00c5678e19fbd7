"""What every route says about itself: who may, how it may be cached, how often it may be called.

    @router.get("/things", **declares(Permission.THINGS_READ))

The declaration guards the route and stands in the specification; a test walks all routes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from fastapi import Depends, FastAPI, Request, params
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from src.core.actor import Permission, forbidden
from src.core.errors import DomainError, Unauthenticated
from src.core.language import gettext as _
from src.domain import accounts
from src.web import faults, limiting, security
from src.web.security import CurrentActor

Cache = Literal["private", "public", "no-store"]
Rate = Literal["read", "write", "login", "reset", "export", "cached", "unlimited"]


class Access(StrEnum):
    """What takes the place of a permission."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"


PUBLIC = Access.PUBLIC
SIGNED_IN = Access.SIGNED_IN

_CACHE_CONTROL = {
    "private": "private, no-cache",
    "public": "public, max-age=300",
    "no-store": "no-store",
}


@dataclass(frozen=True, slots=True)
class Declaration:
    """A route's guard: called as its first dependency."""

    access: Permission | Access
    cache: Cache = "no-store"
    rate: Rate = "read"
    problems: tuple[type[DomainError], ...] = ()
    programs: bool = False
    even_held_back: bool = False

    async def __call__(self, request: Request, actor: CurrentActor) -> None:
        """Refuse whoever may not, comes too often, comes from another site, or sends no JSON."""
        request.state.actor = actor  # for the page that tells a refusal
        _refuse_other_media(request)
        await limiting.spend(request, self.rate, actor)
        security.refuse_cross_site(request)
        request.state.cache_control = _CACHE_CONTROL[self.cache]
        if self.access is PUBLIC:
            return
        if not actor.is_authenticated:
            raise Unauthenticated(_("Log in, or send a valid access token."))
        if actor.is_held_back and not self.even_held_back:
            raise accounts.SecondFactorMissing(_("Your role wants one; see /me/factors."))
        if self.access is SIGNED_IN and actor.is_program and not self.programs:
            accounts.restricting.require_person(actor)
        if isinstance(self.access, Permission) and not actor.may_anywhere(self.access):
            raise forbidden(self.access)


def declares(
    access: Permission | Access,
    *,
    rate: Rate = "read",
    cache: Cache = "no-store",
    problems: Sequence[type[DomainError]] = (),
    programs: bool = False,
    even_held_back: bool = False,
) -> dict[str, Any]:
    """Keyword arguments for a route's decorator; `problems` are those only this route has.

    What is SIGNED_IN concerns the person, so keys and third parties are refused; with `programs`
    it gives away nothing that they may not know. `even_held_back` lets people through whose role
    wants a second factor that they have not set up in time.
    """
    declaration = Declaration(access, cache, rate, tuple(problems), programs, even_held_back)
    return {
        "dependencies": [Depends(declaration)],
        "openapi_extra": {
            "x-access": str(access),
            "x-cache": cache,
            "x-rate-class": rate,
            "x-problems": [problem.code for problem in problems],
            **({"x-person-only": True} if access is SIGNED_IN and not programs else {}),
        },
    }


def declared_routes(app: FastAPI) -> Iterator[tuple[RouteContext, Declaration | None]]:
    """Every route of the application with its declaration, if it has one."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        found = None
        if isinstance(route, APIRoute):
            for dependency in route.dependencies:
                if isinstance(dependency.dependency, Declaration):
                    found = dependency.dependency
        yield context, found


def _refuse_other_media(request: Request) -> None:
    route = request.scope.get("route")
    field = getattr(route, "body_field", None)
    if field is None or isinstance(field.field_info, params.Form):
        return
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = request.headers.get("content-length", "0") != "0" or (
        "transfer-encoding" in request.headers
    )
    if has_body and not (sent == "application/json" or sent.endswith("+json")):
        raise faults.UnsupportedMediaType(_("Send JSON with Content-Type: application/json."))
