"""Types of resources, the tree of locations, and the policies of site and types."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import resources
from src.models.common import Many, One
from src.models.policies import PolicyRead, PolicyUpdate
from src.models.resources import (
    LocationCreate,
    LocationRead,
    LocationUpdate,
    ResourceTypeCreate,
    ResourceTypeRead,
    ResourceTypeUpdate,
)
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatchRequired, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce
from src.web.queries import Words

types = APIRouter(prefix="/api/v1/resource-types", tags=["catalogue"])
locations = APIRouter(prefix="/api/v1/locations", tags=["catalogue"])
policies = APIRouter(prefix="/api/v1/policies", tags=["catalogue"])
_READ = Permission.RESOURCES_READ
_MANAGE = Permission.RESOURCES_MANAGE
_NO_TYPE = resources.ResourceTypeNotFound
_NO_PLACE = resources.LocationNotFound
_INPUT = (resources.NotInCatalogue, resources.NameTaken)


def _type(request: Request, view: resources.TypeView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        ResourceTypeRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{types.prefix}/{view.id}" if status == 201 else None,
    )


@types.get(
    "", operation_id="resource_types_list", response_model=Many[ResourceTypeRead], **declares(_READ)
)
async def list_types(
    actor: CurrentActor, reads: Reads, paging: Paging, q: Words = None
) -> Response:
    """Types by name, each with the number of its resources."""
    page = await resources.list_types(reads, actor, q=q, paging=paging)
    return replies.many([ResourceTypeRead.model_validate(view) for view in page.items], page)


@types.post(
    "",
    operation_id="resource_types_create",
    status_code=201,
    response_model=One[ResourceTypeRead],
    **declares(_MANAGE, rate="write", problems=_INPUT),
)
async def create_type(
    request: Request, body: ResourceTypeCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Add a type."""

    async def effect() -> Response:
        return _type(request, await resources.create_type(tx, actor, **dict(body)), status=201)

    return await once(tx, effect)


@types.get(
    "/{type_id}",
    operation_id="resource_types_get",
    response_model=One[ResourceTypeRead],
    **declares(_READ, cache="private", problems=(_NO_TYPE,)),
)
async def get_type(request: Request, type_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """One type."""
    return _type(request, await resources.get_type(reads, actor, type_id))


@types.patch(
    "/{type_id}",
    operation_id="resource_types_update",
    response_model=One[ResourceTypeRead],
    **declares(_MANAGE, rate="write", problems=(_NO_TYPE, *_INPUT)),
)
async def update_type(
    request: Request,
    type_id: UUID,
    body: ResourceTypeUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change a type."""
    changes = body.model_dump(exclude_unset=True)
    view = await resources.update_type(
        tx, actor, type_id, changes=changes, expected_version=version
    )
    return _type(request, view)


@types.delete(
    "/{type_id}",
    operation_id="resource_types_delete",
    status_code=204,
    **declares(_MANAGE, rate="write", problems=(_NO_TYPE, resources.StillInUse)),
)
async def delete_type(
    type_id: UUID, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Remove a type that no resource has."""
    await resources.delete_type(tx, actor, type_id, expected_version=version)
    return replies.nothing()


def _location(request: Request, view: resources.LocationView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        LocationRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{locations.prefix}/{view.id}" if status == 201 else None,
    )


@locations.get(
    "", operation_id="locations_list", response_model=Many[LocationRead], **declares(_READ)
)
async def list_locations(actor: CurrentActor, reads: Reads) -> Response:
    """The whole tree, each place before what lies below it."""
    found = await resources.list_locations(reads, actor)
    return replies.whole([LocationRead.model_validate(view) for view in found])


@locations.post(
    "",
    operation_id="locations_create",
    status_code=201,
    response_model=One[LocationRead],
    **declares(_MANAGE, rate="write", problems=_INPUT),
)
async def create_location(
    request: Request, body: LocationCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Add a place at the root or below another."""

    async def effect() -> Response:
        view = await resources.create_location(tx, actor, **dict(body))
        return _location(request, view, status=201)

    return await once(tx, effect)


@locations.get(
    "/{location_id}",
    operation_id="locations_get",
    response_model=One[LocationRead],
    **declares(_READ, cache="private", problems=(_NO_PLACE,)),
)
async def get_location(
    request: Request, location_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One place."""
    return _location(request, await resources.get_location(reads, actor, location_id))


@locations.patch(
    "/{location_id}",
    operation_id="locations_update",
    response_model=One[LocationRead],
    **declares(_MANAGE, rate="write", problems=(_NO_PLACE, *_INPUT, resources.LocationCycle)),
)
async def update_location(
    request: Request,
    location_id: UUID,
    body: LocationUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Rename a place, or move it with all that lies below."""
    changes = body.model_dump(exclude_unset=True)
    view = await resources.update_location(
        tx, actor, location_id, changes=changes, expected_version=version
    )
    return _location(request, view)


@locations.delete(
    "/{location_id}",
    operation_id="locations_delete",
    status_code=204,
    **declares(_MANAGE, rate="write", problems=(_NO_PLACE, resources.StillInUse)),
)
async def delete_location(
    location_id: UUID, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Remove a place where nothing is."""
    await resources.delete_location(tx, actor, location_id, expected_version=version)
    return replies.nothing()


def _policy(request: Request, view: resources.PolicyView) -> Response:
    read = PolicyRead.of(view)
    return replies.one(request, read, version=view.version, changed_at=view.updated_at)


@policies.get(
    "/site",
    operation_id="policies_get_site",
    response_model=One[PolicyRead],
    **declares(_READ, cache="private"),
)
async def get_site_policy(request: Request, actor: CurrentActor, reads: Reads) -> Response:
    """What holds for all resources, unless their type or they themselves say otherwise."""
    return _policy(request, await resources.get_policy(reads, actor, resources.SITE))


@policies.patch(
    "/site",
    operation_id="policies_update_site",
    response_model=One[PolicyRead],
    **declares(_MANAGE, rate="write", problems=(resources.NotInCatalogue,)),
)
async def update_site_policy(
    request: Request, body: PolicyUpdate, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Change the site's rules; `null` leaves one unsaid."""
    values = body.values()
    view = await resources.set_policy(
        tx, actor, resources.SITE, values=values, expected_version=version
    )
    return _policy(request, view)


@types.get(
    "/{type_id}/policy",
    operation_id="resource_types_get_policy",
    response_model=One[PolicyRead],
    **declares(_READ, cache="private", problems=(_NO_TYPE,)),
)
async def get_type_policy(
    request: Request, type_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """What holds for all resources of the type."""
    level = resources.Level("type", type_id)
    return _policy(request, await resources.get_policy(reads, actor, level))


@types.patch(
    "/{type_id}/policy",
    operation_id="resource_types_update_policy",
    response_model=One[PolicyRead],
    **declares(_MANAGE, rate="write", problems=(_NO_TYPE, resources.NotInCatalogue)),
)
async def update_type_policy(
    request: Request,
    type_id: UUID,
    body: PolicyUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change the rules of a type; `null` leaves one to the site."""
    values = body.values()
    level = resources.Level("type", type_id)
    view = await resources.set_policy(tx, actor, level, values=values, expected_version=version)
    return _policy(request, view)
