"""Resources by a table: many at once, with a word on what it would do first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.db import transaction
from src.domain import resources
from src.domain.accounts.imports import TableUnreadable
from src.domain.resources import importing
from src.models.common import One
from src.models.resource_imports import ResourceImportRead
from src.web import replies
from src.web.api.imports import CSV
from src.web.dependencies import CurrentActor, Reads, declares

router = APIRouter(prefix="/api/v1", tags=["resources"])
_import = declares(
    Permission.RESOURCES_MANAGE,
    rate="write",
    problems=(TableUnreadable, importing.ResourcesNotImported),
)
_import["openapi_extra"]["requestBody"] = {
    "required": True,
    "content": {
        "text/csv": {
            "schema": {"type": "string"},
            "example": "name,type,location\nConfocal 1,Confocal,North|Room 12\n",
        }
    },
}


@router.post(
    "/resources:import",
    operation_id="resources_import",
    response_model=One[ResourceImportRead],
    **_import,
)
async def import_resources(
    request: Request,
    actor: CurrentActor,
    dry_run: Annotated[bool, Query(description="Only say what it would do.")] = False,  # noqa: FBT002 - a query parameter
    only_good: Annotated[  # noqa: FBT002 - a query parameter
        bool, Query(description="Take over the rows that are right, though others are not.")
    ] = False,
) -> Response:
    """Add and change resources by a table; one that is here already is known by its name.

    Columns: `name, type, location, description, time_zone, tags, units, contact`, and
    `custom.<field>` for the fields of its type. A place is written with `|` between its parts.
    Empty cells leave what is so; `units` counts for new ones. All rows or none, unless `only_good`.
    """
    rows = importing.read(await request.body())
    async with transaction(request.app.state.database) as tx:
        if dry_run:
            results = await importing.preview(tx, actor, rows)
        else:
            results = await importing.take_over(tx, actor, rows, only_good=only_good)
    return replies.one(request, ResourceImportRead.of(results, is_done=not dry_run))


@router.get(
    "/resources:export",
    operation_id="resources_export",
    response_class=Response,
    responses={
        200: {
            "description": "A table in the columns of the import",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
    **declares(Permission.RESOURCES_READ, rate="export"),
)
async def export_resources(actor: CurrentActor, reads: Reads) -> Response:
    """All resources you may see, as the import takes them."""
    return table(await resources.importing.exported(reads, actor))


def table(content: bytes, name: str = "resources") -> Response:
    """A file of CSV to be saved."""
    saved_as = f'attachment; filename="{name}-{clock.now():%Y-%m-%d}.csv"'
    return Response(content, media_type=CSV, headers={"Content-Disposition": saved_as})
