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
ICONS = {"resource": "resource", "booking": "booking", "person": "user", "closure": "closure"}

Sought = Annotated[str, Query()]


@router.get("/search", **shows(SIGNED_IN))
async def find(page: CurrentPage, reads: Reads, q: Sought = "") -> Response:
    """Everything the reader may see that holds every word; below the field, the nearest of it."""
    q = " ".join(q.replace("\x00", " ").split())[:LONGEST_FILTER]
    most = IN_PASSING if page.is_fragment else WHOLE
    groups = await search.find(reads, page.actor, q, most)
    template = "search/found.html" if page.is_fragment else "search/show.html"
    return page.show(template, q=q, groups=groups, icons=ICONS)
