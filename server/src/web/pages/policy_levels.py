"""The three levels of rules as their pages have them: what each is called and where it stands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain import resources
from src.domain.resources import Level


@dataclass(frozen=True, slots=True)
class LevelPage:
    """A level with its address, its way back, and the levels above it, nearest first."""

    level: Level
    name: str
    base: str
    back: str
    crumbs: tuple[tuple[str, str], ...]
    above: tuple[Level, ...]
    timezone: str | None = None
    units: int = 1


BASES = ("/resources/{resource_id}", "/types/{type_id}", "/policies/site")
Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[Response]])


def at_each(
    router: APIRouter, method: Literal["GET", "POST"], part: str, declared: Mapping[str, Any]
) -> Callable[[Endpoint], Endpoint]:
    """A page that each level has, below its own address."""

    def register(endpoint: Endpoint) -> Endpoint:
        for base in BASES:
            router.add_api_route(f"{base}/{part}", endpoint, methods=[method], **declared)
        return endpoint

    return register


def _level(request: Request) -> Level:
    """The level that stands in the address. Raises `ResourceNotFound`."""
    found = request.path_params
    try:
        if "resource_id" in found:
            return Level("resource", UUID(str(found["resource_id"])))
        if "type_id" in found:
            return Level("type", UUID(str(found["type_id"])))
    except ValueError as error:
        raise resources.ResourceNotFound(_("Choose one from the list of resources.")) from error
    return resources.SITE


OneLevel = Annotated[Level, Depends(_level)]


async def load(session: AsyncSession, actor: Actor, level: Level) -> LevelPage:
    """What its pages need. Raises `ResourceNotFound`, `ResourceTypeNotFound`."""
    top = (_("Resources"), "/resources")
    types = (_("Types and rules"), "/types")
    if level.kind == "resource" and level.id is not None:
        one = await resources.get(session, actor, level.id)
        base = f"/resources/{one.id}"
        above = (Level("type", one.type.id), resources.SITE)
        crumbs = (top, (one.name, base))
        return LevelPage(level, one.name, base, base, crumbs, above, one.timezone, len(one.units))
    if level.kind == "type" and level.id is not None:
        type_ = await resources.get_type(session, actor, level.id)
        base = f"/types/{type_.id}"
        return LevelPage(level, type_.name, base, "/types", (top, types), (resources.SITE,))
    name = _("the whole site")
    return LevelPage(level, name, "/policies/site", "/types", (top, types), ())
