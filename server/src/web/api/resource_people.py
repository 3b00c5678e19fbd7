"""Who looks after a resource, and its photo."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.domain import files, resources
from src.models.common import One
from src.models.resource_people import (
    PhotoSet,
    ResourcePeople,
    ResourcePeopleSet,
    ResponsiblePersonRead,
)
from src.models.resources import ResourceRead
from src.web import replies
from src.web.api.resources import MANAGE, NOT_FOUND, READ, reply
from src.web.dependencies import CurrentActor, IfMatchRequired, Reads, Tx, declares

router = APIRouter(prefix="/api/v1/resources/{resource_id}", tags=["resources"])


def _people(request: Request, found: Sequence[resources.ResponsiblePerson]) -> Response:
    people = [ResponsiblePersonRead.model_validate(one) for one in found]
    return replies.one(request, ResourcePeople(people=people))


@router.get(
    "/people",
    operation_id="resources_get_people",
    response_model=One[ResourcePeople],
    **declares(READ, problems=(NOT_FOUND,)),
)
async def get_people(
    request: Request, resource_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """Whom to ask about the resource, with their addresses; the contact comes first."""
    return _people(request, await resources.responsible(reads, actor, resource_id))


@router.put(
    "/people",
    operation_id="resources_set_people",
    response_model=One[ResourcePeople],
    **declares(MANAGE, rate="write", problems=(NOT_FOUND, resources.NotInCatalogue)),
)
async def set_people(
    request: Request,
    resource_id: UUID,
    body: ResourcePeopleSet,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Replace deputies, trainers and safety. `If-Match` is the resource's."""
    people = [resources.Charge(one.role, one.user_id) for one in body.people]
    found = await resources.set_responsible(
        tx, actor, resource_id, people, expected_version=version
    )
    return _people(request, found)


@router.put(
    "/photo",
    operation_id="resources_set_photo",
    response_model=One[ResourceRead],
    **declares(MANAGE, rate="write", problems=(NOT_FOUND, files.FileUnknown, resources.NoPhoto)),
)
async def set_photo(
    request: Request,
    resource_id: UUID,
    body: PhotoSet,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Let one of the resource's files be its photo. `If-Match` is the resource's.

    Upload it first, as kind `photo`; a photo that is replaced is taken away.
    """
    view = await resources.set_photo(tx, actor, resource_id, body.file_id, expected_version=version)
    return reply(request, view)


@router.delete(
    "/photo",
    operation_id="resources_remove_photo",
    response_model=One[ResourceRead],
    **declares(MANAGE, rate="write", problems=(NOT_FOUND,)),
)
async def remove_photo(
    request: Request, resource_id: UUID, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Let the resource have no photo. `If-Match` is the resource's."""
    view = await resources.remove_photo(tx, actor, resource_id, expected_version=version)
    return reply(request, view)
