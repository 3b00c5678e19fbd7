"""Personal sets of resources, for the calendar."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import resources
from src.domain.resources import sets
from src.models.common import Many, One
from src.models.resource_sets import ResourceSetCreate, ResourceSetRead, ResourceSetUpdate
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatchRequired, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/resource-sets", tags=["resources"])
_READ = Permission.RESOURCES_READ
_NOT_FOUND = resources.ResourceSetNotFound
_INPUT = (resources.NotInCatalogue, resources.NameTaken)


def _reply(request: Request, view: resources.ResourceSetView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        ResourceSetRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get(
    "", operation_id="resource_sets_list", response_model=Many[ResourceSetRead], **declares(_READ)
)
async def list_sets(actor: CurrentActor, reads: Reads) -> Response:
    """One's own sets by name."""
    found = await sets.list_(reads, actor)
    return replies.whole([ResourceSetRead.model_validate(view) for view in found])


@router.post(
    "",
    operation_id="resource_sets_create",
    status_code=201,
    response_model=One[ResourceSetRead],
    **declares(_READ, rate="write", problems=(*_INPUT, resources.TooManyResourceSets)),
)
async def create_set(
    request: Request, body: ResourceSetCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Keep a set of resources for oneself."""

    async def effect() -> Response:
        return _reply(request, await sets.create(tx, actor, **dict(body)), status=201)

    return await once(tx, effect)


@router.get(
    "/{set_id}",
    operation_id="resource_sets_get",
    response_model=One[ResourceSetRead],
    **declares(_READ, cache="private", problems=(_NOT_FOUND,)),
)
async def get_set(request: Request, set_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """One of one's own sets."""
    return _reply(request, await sets.get(reads, actor, set_id))


@router.patch(
    "/{set_id}",
    operation_id="resource_sets_update",
    response_model=One[ResourceSetRead],
    **declares(_READ, rate="write", problems=(_NOT_FOUND, *_INPUT)),
)
async def update_set(
    request: Request,
    set_id: UUID,
    body: ResourceSetUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Rename a set, or replace its resources."""
    changes = body.model_dump(exclude_unset=True)
    return _reply(
        request, await sets.update(tx, actor, set_id, changes=changes, expected_version=version)
    )


@router.delete(
    "/{set_id}",
    operation_id="resource_sets_delete",
    status_code=204,
    **declares(_READ, rate="write", problems=(_NOT_FOUND,)),
)
async def delete_set(
    set_id: UUID, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Forget a set."""
    await sets.delete(tx, actor, set_id, expected_version=version)
    return replies.nothing()
