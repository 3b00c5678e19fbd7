"""People and memberships as CSV, in and out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from src.core import clock
from src.core.actor import Permission
from src.core.db import reading, transaction
from src.domain import accounts
from src.domain.accounts import imports, joining
from src.models.common import One
from src.models.imports import ImportRead
from src.web import replies
from src.web.dependencies import CurrentActor, declares

router = APIRouter(prefix="/api/v1", tags=["people"])
CSV = "text/csv; charset=utf-8"
_import = declares(
    Permission.USERS_MANAGE,
    rate="write",
    problems=(
        imports.TableUnreadable,
        imports.ImportRefused,
        accounts.EmailTaken,
        joining.MailIsOff,
    ),
)
_import["openapi_extra"]["requestBody"] = {
    "required": True,
    "content": {
        "text/csv": {
            "schema": {"type": "string"},
            "example": "email,name,teams\nada@example.org,Ada Lovelace,Optics\n",
        }
    },
}
_export = declares(Permission.USERS_MANAGE, rate="export")


@router.post(
    "/users:import", operation_id="users_import", response_model=One[ImportRead], **_import
)
async def import_users(
    request: Request,
    actor: CurrentActor,
    dry_run: Annotated[bool, Query(description="Only say what it would do.")] = False,  # noqa: FBT002 - a query parameter
    only_good: Annotated[  # noqa: FBT002 - a query parameter
        bool, Query(description="Take over the rows that are right, though others are not.")
    ] = False,
    invite: Annotated[bool, Query(description="Mail new people an invitation.")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Add and change people by a table; one who is there already is known by the address.

    Columns: `email, name, language, time_zone, roles, teams, leads`; several roles or teams in one
    cell are parted by `|`. Empty cells leave what is so. All rows or none, unless `only_good`.
    """
    rows = imports.read(await request.body())
    database = request.app.state.database
    if dry_run:
        async with reading(database) as reads:
            plan = await imports.preview(reads, actor, rows)
        return replies.one(request, ImportRead.of(plan, is_done=False))
    async with transaction(database) as tx:
        done = await imports.take_over(tx, actor, rows, only_good=only_good, invite=invite)
    return replies.one(request, ImportRead.of(done.plan, is_done=True, invited=done.invited))


@router.get(
    "/users:export",
    operation_id="users_export",
    response_class=Response,
    responses={
        200: {
            "description": "A table in the columns of the import",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
    **_export,
)
async def export_users(request: Request, actor: CurrentActor) -> Response:
    """Everybody with roles and teams, as the import takes them. That it was read is recorded."""
    async with transaction(request.app.state.database) as tx:
        imports.export.record(tx, actor)
    return table(imports.chunks(request.app.state.database), f"people-{clock.now():%Y-%m-%d}.csv")


def table(content: AsyncIterator[bytes], name: str) -> Response:
    """A file of CSV to be saved."""
    return StreamingResponse(
        content,
        media_type=CSV,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
