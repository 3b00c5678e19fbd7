"""The list of resources: found by words, type, place, tag, state; what is free first if one likes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core import clock
from src.core.actor import Actor, Permission, resource_scope
from src.core.db import ReadSession
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import resources
from src.domain.resources import Offer
from src.domain.resources.tables import ResourceState
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form
from src.web.pages import pictures
from src.web.pages.frame import CurrentPage, shows

router = APIRouter(include_in_schema=False)
enter(mark("Resources"), "/resources", Permission.RESOURCES_READ, rank=20, icon="resource", key="r")

VIEWS = ("list", "cards")
SORTS = ("name", "next_free_at")
EMPTY = dict.fromkeys(("q", "type_id", "location_id", "state", "tag", "free", "sort", "as"), "")
MORE = ("type_id", "location_id", "state", "tag")  # behind a fold on a phone
LATEST = timedelta(minutes=15)  # what a page says of the time is at most so old
LONG = timedelta(days=13, hours=23)  # free for so long, and nobody asks until when
Choices = list[tuple[str, str]]


@router.get("/resources", **shows(Permission.RESOURCES_READ))
async def list_resources(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """All, or those that fit; as rows, or as cards with their photos."""
    form = Form.of_query(page.request, **EMPTY)
    found = await resources.offers(reads, page.actor, paging=_counted(paging), **_wanted(form))
    context = {"form": form, "page": found, **told(page.actor, found.items)}
    if page.is_fragment:
        return page.show("resources/found.html", **context)
    return page.show(
        "resources/list.html",
        **context,
        is_narrowed=any(form.values[name] for name in MORE),
        type_choices=await type_choices(reads, page.actor),
        location_choices=await location_choices(reads, page.actor),
        tag_choices=[(tag, tag) for tag in await resources.tags(reads, page.actor)],
    )


def _counted(paging: Limits) -> Limits:
    """The first page also says how many there are."""
    is_first = paging.cursor is None and paging.page is None
    return replace(paging, page=1) if is_first else paging


def told(actor: Actor, offers: Sequence[Offer]) -> dict[str, Any]:
    """What the rows of a list, and the page of one, tell of each: picture, way to a booking."""
    now = clock.now()
    return {
        "now": now,
        "long": LONG,
        "due": _due(now, offers),
        "pictures": {one.resource.id: pictures.of(one.resource) for one in offers},
        "links": {one.resource.id: link for one in offers if (link := _form(actor, one))},
    }


def _form(actor: Actor, offer: Offer) -> str | None:
    """Where one books it, at the first time that is free; None for who may not."""
    one = offer.resource
    is_in_service = one.state in (ResourceState.AVAILABLE, ResourceState.DEGRADED)
    if not is_in_service or not actor.may(Permission.BOOKINGS_CREATE, resource_scope(one.id)):
        return None
    query = {"resource_id": str(one.id)}
    if offer.starts_at:
        query["starts_at"] = f"{offer.starts_at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    return f"/bookings/new?{urlencode(query)}"


def _due(now: datetime, offers: Sequence[Offer]) -> datetime:
    """When something would no longer be so; the page asks again then."""
    turns = [at for one in offers for at in (one.until, one.resource.next_free_at) if at]
    return min((at for at in turns if now < at < now + LATEST), default=now + LATEST)


async def type_choices(reads: ReadSession, actor: Actor) -> Choices:
    """Types by name, for a list to choose from."""
    found = await resources.list_types(reads, actor, paging=Limits(limit=MAX_LIMIT))
    return [(str(one.id), one.name) for one in found.items]


async def resource_choices(reads: ReadSession, actor: Actor, chosen: str = "") -> Choices:
    """Resources by name, for a list to choose from; what is chosen stands there in any case."""
    found = await resources.pick(reads, actor, paging=Limits(limit=MAX_LIMIT))
    choices = [(str(one.id), one.name) for one in found.items]
    if chosen and chosen not in dict(choices):
        with suppress(ValueError):
            named = await resources.names(reads, actor, [UUID(chosen)])
            choices += [(str(id_), name) for id_, name in named.items()]
    return choices


async def location_choices(reads: ReadSession, actor: Actor) -> Choices:
    """The tree of places, each with what it lies in."""
    found = await resources.list_locations(reads, actor)
    return [(str(one.id), " › ".join(one.path)) for one in found]


def _wanted(form: Form) -> dict[str, Any]:
    """The list's arguments; a value nobody offered filters nothing."""
    chosen = form.values
    wanted: dict[str, Any] = {"q": chosen["q"] or None, "is_free_now": bool(chosen["free"])}
    with suppress(ValueError):
        wanted["type_ids"] = [UUID(chosen["type_id"])]
    with suppress(ValueError):
        wanted["location_ids"] = [UUID(chosen["location_id"])]
    if chosen["state"] in set(ResourceState):
        wanted["states"] = [ResourceState(chosen["state"])]
    if chosen["tag"]:
        wanted["tags"] = [chosen["tag"]]
    if chosen["sort"] in SORTS:
        wanted["sort"] = chosen["sort"]
    return wanted
