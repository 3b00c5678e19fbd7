"""What holds for a resource and where it comes from; opening hours of types and of the site."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.domain import resources
from src.models.common import One
from src.models.policies import EffectiveRead, OpeningHours, Origin, PolicyField, Weekly
from src.web import replies
from src.web.api.resources import MANAGE, NOT_FOUND, READ
from src.web.dependencies import CurrentActor, IfMatchRequired, Reads, Tx, declares

router = APIRouter(prefix="/api/v1", tags=["catalogue"])
_NO_TYPE = resources.ResourceTypeNotFound


@router.get(
    "/resources/{resource_id}/policy/effective",
    operation_id="resources_get_effective_policy",
    response_model=One[EffectiveRead],
    **declares(READ, problems=(NOT_FOUND,)),
)
async def get_effective(
    request: Request, resource_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """Every rule as it holds in the end, and which level says so: resource, type or site."""
    found = await resources.effective(reads, actor, resource_id)
    read = EffectiveRead(
        fields=[
            PolicyField(name=one.field, value=one.value, origin=_origin(found, one.level))
            for one in found.said
        ],
        opening_hours=_hours(found.hours),
        opening_hours_origin=_origin(found, found.hours_level),
    )
    return replies.one(request, read)


def _origin(found: resources.Effective, level: resources.Level | None) -> Origin | None:
    if level is None:
        return None
    return Origin(level=level.kind, id=level.id, name=found.names.get(level.key))


@router.get(
    "/resource-types/{type_id}/opening-hours",
    operation_id="resource_types_get_opening_hours",
    response_model=One[OpeningHours],
    **declares(READ, problems=(_NO_TYPE,)),
)
async def get_type_hours(
    request: Request, type_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """The week of resources of the type that have none of their own, by their own clocks."""
    return await _show(request, actor, reads, resources.Level("type", type_id))


@router.put(
    "/resource-types/{type_id}/opening-hours",
    operation_id="resource_types_set_opening_hours",
    response_model=One[OpeningHours],
    **declares(MANAGE, rate="write", problems=(_NO_TYPE, resources.NotInCatalogue)),
)
async def set_type_hours(
    request: Request,
    type_id: UUID,
    body: OpeningHours,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Replace the week of a type. `If-Match` is that of its policy."""
    level = resources.Level("type", type_id)
    await resources.set_hours(tx, actor, level, body.week(), expected_version=version)
    return await _show(request, actor, tx, level)


@router.get(
    "/policies/site/opening-hours",
    operation_id="policies_get_site_opening_hours",
    response_model=One[OpeningHours],
    **declares(READ),
)
async def get_site_hours(request: Request, actor: CurrentActor, reads: Reads) -> Response:
    """The week of everything that has none of its own and none of its type."""
    return await _show(request, actor, reads, resources.SITE)


@router.put(
    "/policies/site/opening-hours",
    operation_id="policies_set_site_opening_hours",
    response_model=One[OpeningHours],
    **declares(MANAGE, rate="write", problems=(resources.NotInCatalogue,)),
)
async def set_site_hours(
    request: Request, body: OpeningHours, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Replace the week of the site. `If-Match` is that of the site's policy."""
    await resources.set_hours(tx, actor, resources.SITE, body.week(), expected_version=version)
    return await _show(request, actor, tx, resources.SITE)


async def _show(
    request: Request, actor: CurrentActor, session: Tx, level: resources.Level
) -> Response:
    week = _hours(await resources.hours_of(session, actor, level))
    policy = await resources.get_policy(session, actor, level)
    return replies.one(request, week, version=policy.version, changed_at=policy.updated_at)


def _hours(week: Sequence[resources.hours.Weekly]) -> OpeningHours:
    return OpeningHours(intervals=[Weekly.model_validate(each) for each in week])
