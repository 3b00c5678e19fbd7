"""What belongs to a resource: units, opening hours, policy, state, history."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from src.core.errors import PreconditionFailed
from src.core.language import gettext as _
from src.domain import bookings, resources
from src.domain.bookings import displacement
from src.domain.resources.tables import ResourceState
from src.models.bookings import DisplacementProblem
from src.models.common import Many, One
from src.models.policies import (
    EffectivePolicy,
    OpeningHours,
    PolicyRead,
    PolicyUpdate,
    ResourcePolicy,
    Weekly,
)
from src.models.resources import (
    ResourceRead,
    StateChange,
    UnitRead,
    UnitsAdd,
    UnitUpdate,
)
from src.web import replies
from src.web.api.closures import choices
from src.web.api.resources import MANAGE, NOT_FOUND, READ, now_alone, reply
from src.web.dependencies import CurrentActor, IfMatch, IfMatchRequired, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/resources/{resource_id}", tags=["resources"])
Number = Annotated[int, Path(ge=1, le=10_000)]


@router.get(
    "/units",
    operation_id="resources_list_units",
    response_model=Many[UnitRead],
    **declares(READ, problems=(NOT_FOUND,)),
)
async def list_units(resource_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """All units by number, those out of service too."""
    found = await resources.list_units(reads, actor, resource_id)
    return replies.whole([UnitRead(number=unit.number, is_active=unit.is_active) for unit in found])


@router.post(
    "/units",
    operation_id="resources_add_units",
    status_code=201,
    response_model=One[ResourceRead],
    **declares(MANAGE, rate="write", problems=(NOT_FOUND, resources.NotInCatalogue)),
)
async def add_units(
    request: Request,
    resource_id: UUID,
    body: UnitsAdd,
    actor: CurrentActor,
    version: IfMatch,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Add units with the next numbers."""

    async def effect() -> Response:
        view = await resources.add_units(
            tx, actor, resource_id, count=body.count, expected_version=version
        )
        return reply(request, view, status=201)

    return await once(tx, effect)


@router.patch(
    "/units/{number}",
    operation_id="resources_update_unit",
    response_model=One[ResourceRead],
    **declares(
        MANAGE,
        rate="write",
        problems=(NOT_FOUND, resources.UnitNotFound, resources.UnitInUse, resources.LastUnit),
    ),
)
async def update_unit(
    request: Request,
    resource_id: UUID,
    number: Number,
    body: UnitUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Take a unit out of service, or put it back. `If-Match` is the resource's."""
    change = resources.activate_unit if body.is_active else resources.deactivate_unit
    return reply(request, await change(tx, actor, resource_id, number, expected_version=version))


@router.get(
    "/opening-hours",
    operation_id="resources_get_opening_hours",
    response_model=One[OpeningHours],
    **declares(READ, problems=(NOT_FOUND,)),
)
async def get_opening_hours(
    request: Request, resource_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """The week in the resource's time zone."""
    return _hours(request, await resources.opening_hours(reads, actor, resource_id))


@router.put(
    "/opening-hours",
    operation_id="resources_set_opening_hours",
    response_model=One[OpeningHours],
    **declares(MANAGE, rate="write", problems=(NOT_FOUND, resources.NotInCatalogue)),
)
async def set_opening_hours(
    request: Request,
    resource_id: UUID,
    body: OpeningHours,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Replace the week; bookings that are there stay. `If-Match` is the resource's."""
    stored = await resources.set_opening_hours(
        tx, actor, resource_id, body.week(), expected_version=version
    )
    return _hours(request, stored)


def _hours(request: Request, week: tuple[resources.hours.Weekly, ...]) -> Response:
    intervals = [Weekly.model_validate(each) for each in week]
    return replies.one(request, OpeningHours(intervals=intervals))


@router.get(
    "/policy",
    operation_id="resources_get_policy",
    response_model=One[ResourcePolicy],
    **declares(READ, cache="private", problems=(NOT_FOUND,)),
)
async def get_policy(
    request: Request, resource_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """What the resource itself says, and what holds with its type and the site."""
    level = resources.Level("resource", resource_id)
    return await _policy(request, reads, await resources.get_policy(reads, actor, level))


@router.patch(
    "/policy",
    operation_id="resources_update_policy",
    response_model=One[ResourcePolicy],
    **declares(MANAGE, rate="write", problems=(NOT_FOUND, resources.NotInCatalogue)),
)
async def update_policy(
    request: Request,
    resource_id: UUID,
    body: PolicyUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change the resource's own rules; `null` leaves one to its type."""
    level = resources.Level("resource", resource_id)
    values = body.values()
    view = await resources.set_policy(tx, actor, level, values=values, expected_version=version)
    return await _policy(request, tx, view)


async def _policy(request: Request, session: Tx, view: resources.PolicyView) -> Response:
    if view.level.id is None:
        raise NOT_FOUND(_("Choose one from the list of resources."))
    known = await resources.terms.load(session, [view.level.id], around=now_alone())
    effective = EffectivePolicy.model_validate(known[view.level.id].policy)
    read = ResourcePolicy(**dict(PolicyRead.of(view)), effective=effective)
    return replies.one(request, read, version=view.version, changed_at=view.updated_at)


@router.post(
    "/state",
    operation_id="resources_set_state",
    response_model=One[ResourceRead],
    responses={409: {"model": DisplacementProblem}},
    **declares(
        MANAGE,
        rate="write",
        problems=(
            NOT_FOUND,
            resources.NotInCatalogue,
            resources.KeptDown,
            bookings.DisplacementNeeded,
        ),
    ),
)
async def set_state(
    request: Request,
    resource_id: UUID,
    body: StateChange,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Put the resource into a state.

    Down and retired displace: each booking that is hit needs a choice (409 lists those without).
    """
    _require_version(await resources.get(tx, actor, resource_id), version)
    state = ResourceState(body.state)
    if state in (ResourceState.DOWN, ResourceState.RETIRED):
        await displacement.take_down(
            tx,
            actor,
            resource_id,
            state=state,
            reason=body.reason or "",
            choices=choices(body.choices),
            until=body.until,
        )
    else:
        await displacement.bring_back(tx, actor, resource_id, state=state, reason=body.reason)
    return reply(request, await resources.get(tx, actor, resource_id))


def _require_version(view: resources.ResourceView, expected: int | None) -> None:
    if expected is not None and view.version != expected:
        raise PreconditionFailed(_("Read it again, then repeat the change."))
