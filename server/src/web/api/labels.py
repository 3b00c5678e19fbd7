"""The QR code of a resource's label."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.domain import resources
from src.web import labels
from src.web.dependencies import CurrentActor, Reads, declares

router = APIRouter(prefix="/api/v1/resources/{resource_id}", tags=["resources"])
_NONE = resources.ResourceNotFound
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_CONTENT = {media: {"schema": {"type": "string", "format": "binary"}} for media in _TYPES.values()}
Format = Annotated[Literal["svg", "png"], Query(alias="format")]


@router.get(
    "/label",
    operation_id="resources_label",
    response_class=Response,
    responses={200: {"content": _CONTENT}},
    **declares(Permission.RESOURCES_READ, cache="private", problems=(_NONE,)),
)
async def label(
    request: Request,
    resource_id: UUID,
    actor: CurrentActor,
    reads: Reads,
    kind: Format = "svg",
) -> Response:
    """Its QR code, to be printed: whoever scans it comes to the page at the instrument."""
    one = await resources.get(reads, actor, resource_id)
    if one.code is None:
        raise _NONE(_("This resource has no code."))
    text = labels.address(request.app.state.settings.base_url, one.code)
    drawn = labels.svg(text) if kind == "svg" else labels.png(text)
    name = f'inline; filename="label-{one.code}.{kind}"'
    return Response(drawn, media_type=_TYPES[kind], headers={"Content-Disposition": name})
