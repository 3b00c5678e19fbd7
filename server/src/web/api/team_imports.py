"""A team moves in: files with what it wrote elsewhere."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain.operations import imports
from src.domain.operations.imports import ImportView
from src.domain.operations.tables import ImportFormat, ImportKind
from src.models.common import Many, One
from src.models.team_imports import TeamImportRead, TeamImportTake
from src.web import replies
from src.web.api import operations
from src.web.api.imports import CSV
from src.web.api.resource_imports import table
from src.web.dependencies import CurrentActor, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/operations-imports", tags=["team imports"])
_MANAGE = Permission.OPERATIONS_MANAGE
_JSON = "application/json"
_EXAMPLE = "author,posted_at,done\nada@example.org,2026-03-01 09:30,Aligned the laser\n"
_upload = declares(_MANAGE, rate="write", problems=(imports.TeamImportUnreadable,))
_upload["openapi_extra"]["requestBody"] = {
    "required": True,
    "content": {
        "text/csv": {"schema": {"type": "string"}, "example": _EXAMPLE},
        _JSON: {
            "schema": {"type": "array", "items": {"type": "object"}},
            "example": [{"author": "ada@example.org", "posted_at": "2026-03-01", "done": "Slides"}],
        },
    },
}
Kind = Annotated[ImportKind, Query(description="What the rows are.")]
Name = Annotated[
    str,
    Query(max_length=200, pattern=r"^[^\x00]*$", description="What the file is called."),
]
Team = Annotated[UUID | None, Query(description="Whose it becomes; without it, everybody's.")]


def _reply(request: Request, view: ImportView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        TeamImportRead.model_validate(view),
        changed_at=view.finished_at or view.created_at,
        status=status,
        location=f"{operations.router.prefix}/{view.operation_id}" if status == 202 else None,
    )


@router.get(
    "", operation_id="team_imports_list", response_model=Many[TeamImportRead], **declares(_MANAGE)
)
async def list_imports(actor: CurrentActor, reads: Reads, paging: Paging) -> Response:
    """Your own, the newest first."""
    page = await imports.list_(reads, actor, paging=paging)
    return replies.many([TeamImportRead.model_validate(one) for one in page.items], page)


@router.post(
    "",
    operation_id="team_imports_upload",
    status_code=202,
    response_model=One[TeamImportRead],
    **_upload,
)
async def upload(
    request: Request,
    actor: CurrentActor,
    once: OnlyOnce,
    tx: Tx,
    kind: Kind,
    name: Name = "",
    team_id: Team = None,
) -> Response:
    """Send a file and have it looked through; nothing is taken over yet.

    CSV (commas or semicolons, UTF-8) or a JSON list of objects, by its Content-Type; the templates
    have the columns. At most 20,000 rows and 20 MB. `Location` is the operation, which can be
    stopped. A row is known by its `key` (else its number, else all that stands in it): what is here
    already stays as it is, so that the same file twice makes nothing twice.
    """
    is_json = request.headers.get("content-type", "").partition(";")[0].strip() == _JSON
    format_ = ImportFormat.JSON if is_json else ImportFormat.CSV
    content = await request.body()

    async def effect() -> Response:
        view = await imports.upload(
            tx, actor, kind=kind, format_=format_, content=content, name=name, team_id=team_id
        )
        return _reply(request, view, status=202)

    return await once(tx, effect)


@router.get(
    "/templates/{kind}",
    operation_id="team_imports_template",
    response_class=Response,
    responses={
        200: {
            "description": "A file with one row as an example",
            "content": {"text/csv": {"schema": {"type": "string"}}, _JSON: {"schema": {}}},
        }
    },
    **declares(_MANAGE),
)
async def get_template(
    kind: ImportKind,
    format: ImportFormat = ImportFormat.CSV,
) -> Response:
    """The columns of a kind with an example, to begin with."""
    return template(kind, format)


@router.get(
    "/{import_id}",
    operation_id="team_imports_get",
    response_model=One[TeamImportRead],
    **declares(_MANAGE, cache="private", problems=(imports.TeamImportNotFound,)),
)
async def get_import(
    request: Request, import_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One of yours: what would come of it, or came."""
    return _reply(request, await imports.get(reads, actor, import_id))


@router.get(
    "/{import_id}/faults",
    operation_id="team_imports_faults",
    response_class=Response,
    responses={
        200: {
            "description": "Line, column, code and detail of each fault",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
    **declares(_MANAGE, problems=(imports.TeamImportNotFound,)),
)
async def download_faults(import_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """What is wrong as a table, safe for spreadsheets."""
    return table(await imports.faults_as_csv(reads, actor, import_id), "import-faults")


@router.post(
    "/{import_id}/take",
    operation_id="team_imports_take",
    status_code=202,
    response_model=One[TeamImportRead],
    **declares(
        _MANAGE,
        rate="write",
        problems=(
            imports.TeamImportNotFound,
            imports.TeamImportNotReady,
            imports.TeamImportHasFaults,
        ),
    ),
)
async def take(
    request: Request, import_id: UUID, body: TeamImportTake, actor: CurrentActor, tx: Tx
) -> Response:
    """Take over what was looked through: all of it, or the rows that are right alone.

    One that was stopped goes on where it ended.
    """
    view = await imports.take(tx, actor, import_id, only_good=body.only_good)
    return _reply(request, view, status=202)


def template(kind: ImportKind, format_: ImportFormat) -> Response:
    """A template to be saved."""
    content = imports.template(kind, format_)
    saved_as = f'attachment; filename="{kind.value.replace("_", "-")}-template.{format_}"'
    media_type = _JSON if format_ is ImportFormat.JSON else CSV
    return Response(content, media_type=media_type, headers={"Content-Disposition": saved_as})
