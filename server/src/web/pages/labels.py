"""Labels to print: a QR code for each resource, on a sheet or one alone."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import resources
from src.web import labels
from src.web.dependencies import Reads
from src.web.forms import Form
from src.web.pages.frame import CurrentPage, Page, shows

router = APIRouter(include_in_schema=False)
READ = Permission.RESOURCES_READ
LAYOUTS = ("sheet", "single")


@router.get("/labels", **shows(READ))
async def choose(page: CurrentPage, reads: Reads) -> Response:
    """Which resources, and how."""
    form = Form.of({"resource_ids": page.request.query_params.getlist("resource_id")})
    form.values.setdefault("layout", LAYOUTS[0])
    return page.show("labels/choose.html", form=form, resource_choices=await _choices(page, reads))


@router.get("/labels/print", **shows(READ))
async def sheet(page: CurrentPage, reads: Reads) -> Response:
    """The labels, as they are printed; those that may not be seen are left out."""
    query = page.request.query_params
    chosen = _ids(query.getlist("resource_ids"))
    found = await resources.labelled(reads, page.actor, chosen)
    base_url = page.settings.base_url
    codes = await labels.drawn([labels.address(base_url, one.code) for one in found])
    layout = query.get("layout", LAYOUTS[0])
    return page.show(
        "labels/print.html",
        drawn=list(zip(found, codes, strict=True)),
        layout=layout if layout in LAYOUTS else LAYOUTS[0],
        address=base_url.partition("://")[2],
    )


async def _choices(page: Page, reads: ReadSession) -> list[tuple[str, str]]:
    found = await resources.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    return [(str(one.id), one.name) for one in found.items]


def _ids(values: list[str]) -> list[UUID]:
    found: list[UUID] = []
    for value in values[:MAX_LIMIT]:
        with suppress(ValueError):
            found.append(UUID(value))
    return found
