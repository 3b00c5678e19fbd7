"""Today: what is mine, what waits for me, what is down, what is free."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.language import mark
from src.core.paging import Paging
from src.domain import bookings, resources
from src.domain.bookings import Status
from src.domain.resources.tables import ResourceState
from src.templating import enter
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Reads
from src.web.pages.frame import CurrentPage, shows

router = APIRouter(include_in_schema=False)
enter(mark("Today"), "/", Permission.BOOKINGS_READ, rank=10, icon="today", key="t")

OPEN = [Status.REQUESTED, Status.CONFIRMED, Status.IN_USE]
FEW = Paging(limit=8)


@router.get("/", **shows(SIGNED_IN))
async def today(page: CurrentPage, reads: Reads) -> Response:
    """Everything one looks for in the morning, each with its next step."""
    now, actor = clock.now(), page.actor
    soon = now + timedelta(days=14)
    own = bookings.Filter(mine=True, statuses=OPEN, from_=now, to=soon)
    mine = await bookings.list_(reads, actor, which=own, paging=FEW)
    waiting = None
    if actor.may_anywhere(Permission.BOOKINGS_APPROVE):
        asked = bookings.Filter(statuses=[Status.REQUESTED], from_=now)
        waiting = await bookings.list_(reads, actor, which=asked, paging=FEW)
    troubled = [ResourceState.DOWN, ResourceState.DEGRADED]
    down = await resources.list_(reads, actor, states=troubled, paging=FEW)
    free = await resources.list_(reads, actor, free_at=now, paging=FEW)
    return page.show("today/show.html", mine=mine, waiting=waiting, down=down, free=free)
