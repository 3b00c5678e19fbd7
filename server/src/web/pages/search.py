"""The search: what is found as one types, and a page with all of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.domain import search
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Reads
from src.web.forms import LONGEST_FILTER
from src.web.pages.frame import CurrentPage, shows

router = APIRouter(include_in_schema=False)
IN_PASSING, WHOLE = 5, search.MOST  # of each kind
ICONS = {
    "resource": "resource", "booking": "booking", "person": "user", "closure": "closure",
    "update": "update", "incident": "incident", "blocker": "blocker", "decision": "decision",
    "handover": "handover", "comment": "comment",
}  # fmt: skip

Sought = Annotated[str, Query()]
Kinds = Annotated[list[str], Query(max_length=len(ICONS))]


@router.get("/search", **shows(SIGNED_IN))
async def find(
    page: CurrentPage,
    reads: Reads,
    q: Sought = "",
    kind: Kinds = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Everything the reader may see that holds every word; below the field, the nearest of it."""
    q = " ".join(q.replace("\x00", " ").split())[:LONGEST_FILTER]
    most = IN_PASSING if page.is_fragment else WHOLE
    groups = await search.find(reads, page.actor, q, most, kinds=kind)
    template = "search/found.html" if page.is_fragment else "search/show.html"
    kinds = search.kinds_for(page.actor)
    return page.show(template, q=q, groups=groups, icons=ICONS, kinds=kinds, chosen=set(kind))
