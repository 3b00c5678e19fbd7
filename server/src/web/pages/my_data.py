"""Your data: taking it along, and being forgotten."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from src.core import exports, operations
from src.core.language import mark
from src.core.paging import Paging
from src.domain import accounts
from src.templating import enter_me
from src.web import security
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Reads, Tx
from src.web.forms import Form, see_other
from src.web.pages.factors import sure
from src.web.pages.frame import CurrentPage, Refused, shows, takes

router = APIRouter(include_in_schema=False)
enter_me(mark("Your data"), "/me/data", rank=90)
LOOKED_AT = 50


@router.get("/me/data", **shows(SIGNED_IN))
async def show_data(page: CurrentPage, reads: Reads) -> Response:
    """What was collected for you lately, and what else can be done."""
    found = await operations.list_(reads, page.actor, paging=Paging(limit=LOOKED_AT))
    mine = [
        one
        for one in found.items
        if one.kind == accounts.leaving.exporting.EXPORT.name
        and one.created_by == page.actor.user_id
    ]
    offered = [(one, exports.offered(one, page.actor)) for one in mine[:5]]
    return page.show("me/data.html", offered=offered)


@router.post("/me/data/export", **sure(takes(SIGNED_IN, rate="export")))
async def export_data(page: CurrentPage, session: Tx) -> Response:
    """Have it collected; on to its progress."""
    operation = await accounts.leaving.exporting.start(session, page.actor)
    return see_other(f"/operations/{operation.id}")


@router.get("/me/data/erase", **sure(shows(SIGNED_IN)))
async def ask_erase(page: CurrentPage) -> Response:
    """What will happen."""
    return page.show("me/erase.html", form=Form())


@router.post("/me/data/erase", **sure(takes(SIGNED_IN)))
async def erase(page: CurrentPage) -> Response:
    """Be forgotten; the log-in ends with it."""
    form = await Form.read(page.request)
    done = await page.tried(
        form, lambda tx: accounts.leaving.erasure.erase_me(tx, page.actor), frozenset()
    )
    if isinstance(done, Refused):
        return page.show("me/erase.html", form=form, status=done.status)
    response = see_other("/login")
    security.clear_session_cookie(page.request, response)
    return response
