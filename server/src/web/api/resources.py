"""Resources: what can be booked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.paging import BadSort
from src.domain import resources
from src.domain.resources.tables import ResourceState
from src.models.common import Line, Many, Moment, One
from src.models.policies import EffectivePolicy
from src.models.resources import (
    ResourceCreate,
    ResourceRead,
    ResourceUpdate,
)
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatchRequired, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce
from src.web.queries import Picked, Sort, Words, fields_of, include_of

router = APIRouter(prefix="/api/v1/resources", tags=["resources"])
READ = Permission.RESOURCES_READ
MANAGE = Permission.RESOURCES_MANAGE
NOT_FOUND = resources.ResourceNotFound
INPUT = (resources.NotInCatalogue, resources.NameTaken)

Types = Annotated[list[UUID], Query(alias="type_id", max_length=100)]
Places = Annotated[
    list[UUID], Query(alias="location_id", max_length=100, description="With all that lies below.")
]
States = Annotated[
    list[ResourceState],
    Query(alias="state", max_length=4, description="Without it, all but the retired."),
]
Tags = Annotated[list[Line], Query(alias="tag", max_length=20, description="All of them.")]
FreeAt = Annotated[Moment | None, Query(description="Open, and with a free unit at that time.")]
FreeNow = Annotated[bool, Query(description="Those that are free at this moment.")]
Fields = Annotated[Picked, Depends(fields_of(ResourceRead))]
Include = Annotated[Picked, Depends(include_of("policy"))]


def reply(request: Request, view: resources.ResourceView, *, status: int = 200) -> Response:
    """One resource."""
    return replies.one(
        request,
        ResourceRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


def now_alone() -> resources.hours.Window:
    """Policies do not depend on closures, so none need be read."""
    return resources.hours.Window(clock.now(), clock.now())


async def _read(
    reads: ReadSession, views: Sequence[resources.ResourceView], include: Picked
) -> list[ResourceRead]:
    found = [ResourceRead.model_validate(view) for view in views]
    if "policy" in include and found:
        known = await resources.terms.load(reads, [view.id for view in views], around=now_alone())
        for item in found:
            item.policy = EffectivePolicy.model_validate(known[item.id].policy)
    return found


@router.get(
    "",
    operation_id="resources_list",
    response_model=Many[ResourceRead],
    **declares(READ, problems=(BadSort,)),
)
async def list_resources(
    *,
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    fields: Fields,
    include: Include,
    q: Words = None,
    type_id: Types = [],  # noqa: B006 - FastAPI copies it
    location_id: Places = [],  # noqa: B006
    state: States = [],  # noqa: B006
    tag: Tags = [],  # noqa: B006
    free_at: FreeAt = None,
    free_now: FreeNow = False,
    sort: Sort = None,
) -> Response:
    """Resources by name, with when each is free next."""
    page = await resources.list_(
        reads,
        actor,
        sort=sort,
        paging=paging,
        q=q,
        type_ids=type_id,
        location_ids=location_id,
        states=state,
        tags=tag,
        free_at=free_at,
        is_free_now=free_now,
    )
    return replies.many(await _read(reads, page.items, include), page, fields=fields)


@router.post(
    "",
    operation_id="resources_create",
    status_code=201,
    response_model=One[ResourceRead],
    **declares(MANAGE, rate="write", problems=INPUT),
)
async def create_resource(
    request: Request, body: ResourceCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Add a resource with its units."""

    async def effect() -> Response:
        view = await resources.create(tx, actor, wish=body.wish())
        return reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{resource_id}",
    operation_id="resources_get",
    response_model=One[ResourceRead],
    **declares(READ, cache="private", problems=(NOT_FOUND,)),
)
async def get_resource(
    request: Request,
    resource_id: UUID,
    actor: CurrentActor,
    reads: Reads,
    fields: Fields,
    include: Include,
) -> Response:
    """One resource."""
    view = await resources.get(reads, actor, resource_id)
    (item,) = await _read(reads, [view], include)
    return replies.one(
        request, item, version=view.version, changed_at=view.updated_at, fields=fields
    )


@router.patch(
    "/{resource_id}",
    operation_id="resources_update",
    response_model=One[ResourceRead],
    **declares(MANAGE, rate="write", problems=(NOT_FOUND, *INPUT)),
)
async def update_resource(
    request: Request,
    resource_id: UUID,
    body: ResourceUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change a resource; its state, units, hours and policy have addresses of their own."""
    changes = body.model_dump(exclude_unset=True)
    view = await resources.update(tx, actor, resource_id, changes=changes, expected_version=version)
    return reply(request, view)
