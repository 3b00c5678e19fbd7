"""Utilities, taken down and back with what depends on them; outages; bookings of what is down."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.domain import bookings, resources
from src.domain.bookings import displacement
from src.models.bookings import DisplacementProblem, Hit
from src.models.common import Many, One
from src.models.utilities import (
    Decided,
    Decisions,
    DependantsSet,
    OutageRead,
    UtilityCreate,
    UtilityDown,
    UtilityRead,
    UtilityUp,
    UtilityUpdate,
)
from src.web import replies
from src.web.api.closures import choices
from src.web.dependencies import CurrentActor, IfMatch, IfMatchRequired, Reads, Tx, declares
from src.web.idempotency import OnlyOnce
from src.web.queries import From, To

router = APIRouter(prefix="/api/v1/utilities", tags=["utilities"])
parts = APIRouter(prefix="/api/v1/resources/{resource_id}", tags=["utilities"])
_READ = Permission.RESOURCES_READ
_MANAGE = Permission.RESOURCES_MANAGE
_NONE = resources.UtilityNotFound
_STATE = resources.UtilityStateConflict
_INPUT = (resources.NotInCatalogue, resources.NameTaken)
_HITS = (bookings.DisplacementNeeded, bookings.BookingOverlaps, bookings.BookingRefused)
_LATELY = timedelta(days=90)


def _reply(
    request: Request, view: resources.utilities.UtilityView, *, status: int = 200
) -> Response:
    return replies.one(
        request,
        UtilityRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get("", operation_id="utilities_list", response_model=Many[UtilityRead], **declares(_READ))
async def list_utilities(actor: CurrentActor, reads: Reads) -> Response:
    """All utilities with what depends on them; those that are down come first."""
    found = await resources.utilities.list_(reads, actor)
    return replies.whole([UtilityRead.model_validate(view) for view in found])


@router.post(
    "",
    operation_id="utilities_create",
    status_code=201,
    response_model=One[UtilityRead],
    **declares(_MANAGE, rate="write", problems=_INPUT),
)
async def create_utility(
    request: Request, body: UtilityCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Add a utility. Needs `resources:manage` everywhere."""

    async def effect() -> Response:
        view = await resources.utilities.create(tx, actor, **dict(body))
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{utility_id}",
    operation_id="utilities_get",
    response_model=One[UtilityRead],
    **declares(_READ, cache="private", problems=(_NONE,)),
)
async def get_utility(
    request: Request, utility_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One utility."""
    return _reply(request, await resources.utilities.get(reads, actor, utility_id))


@router.patch(
    "/{utility_id}",
    operation_id="utilities_update",
    response_model=One[UtilityRead],
    **declares(_MANAGE, rate="write", problems=(_NONE, *_INPUT)),
)
async def update_utility(
    request: Request,
    utility_id: UUID,
    body: UtilityUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change its name or its description."""
    changes = body.model_dump(exclude_unset=True)
    view = await resources.utilities.update(
        tx, actor, utility_id, changes=changes, expected_version=version
    )
    return _reply(request, view)


@router.delete(
    "/{utility_id}",
    operation_id="utilities_delete",
    status_code=204,
    **declares(_MANAGE, rate="write", problems=(_NONE, _STATE)),
)
async def delete_utility(
    utility_id: UUID, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Remove a utility that is up."""
    await resources.utilities.remove(tx, actor, utility_id, expected_version=version)
    return replies.nothing()


@router.put(
    "/{utility_id}/dependants",
    operation_id="utilities_set_dependants",
    response_model=One[UtilityRead],
    **declares(_MANAGE, rate="write", problems=(_NONE, _STATE, resources.NotInCatalogue)),
)
async def set_dependants(
    request: Request,
    utility_id: UUID,
    body: DependantsSet,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Say what depends on it, and how. While it is down that stays as it is."""
    wanted = [resources.utilities.Dependant(one.resource_id, one.effect) for one in body.dependants]
    view = await resources.utilities.set_dependants(
        tx, actor, utility_id, wanted, expected_version=version
    )
    return _reply(request, view)


@router.post(
    "/{utility_id}/take-down",
    operation_id="utilities_take_down",
    response_model=One[UtilityRead],
    responses={409: {"model": DisplacementProblem}},
    **declares(_MANAGE, rate="write", problems=(_NONE, _STATE, resources.NotInCatalogue, *_HITS)),
)
async def take_down(
    request: Request,
    utility_id: UUID,
    body: UtilityDown,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Take it down with all that depends on it, and settle every booking this hits.

    409 `displacement-needed` lists the bookings that still need a choice, with suggestions.
    """
    view = await displacement.take_down_utility(
        tx,
        actor,
        utility_id,
        reason=body.reason,
        choices=choices(body.choices),
        until=body.until,
        expected_version=version,
    )
    return _reply(request, view)


@router.post(
    "/{utility_id}/bring-back",
    operation_id="utilities_bring_back",
    response_model=One[UtilityRead],
    **declares(_MANAGE, rate="write", problems=(_NONE, _STATE)),
)
async def bring_back(
    request: Request,
    utility_id: UUID,
    body: UtilityUp,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Bring it back with every dependant that nothing else keeps down."""
    view = await resources.utilities.bring_back(
        tx, actor, utility_id, note=body.note, expected_version=version
    )
    return _reply(request, view)


@parts.get(
    "/outages",
    operation_id="resources_list_outages",
    response_model=Many[OutageRead],
    **declares(_READ, problems=(resources.ResourceNotFound,)),
)
async def list_outages(
    resource_id: UUID, actor: CurrentActor, reads: Reads, from_: From = None, to: To = None
) -> Response:
    """Why and when it was down or degraded, by start; the last ninety days unless `from` says more."""
    await resources.require_visible(reads, actor, resource_id)
    now = clock.now()
    found = await resources.outages.during(
        reads, [resource_id], from_ or now - _LATELY, to or now + timedelta(seconds=1)
    )
    return replies.whole([OutageRead.of(view) for view in found])


@parts.get(
    "/displacement",
    operation_id="resources_list_displaced",
    response_model=Many[Hit],
    **declares(Permission.BOOKINGS_DISPLACE, problems=(resources.ResourceNotFound,)),
)
async def list_displaced(resource_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """The bookings that cannot be had while it is down, and where each could go."""
    await resources.require_visible(reads, actor, resource_id)
    found = await displacement.hits(reads, actor, resource_ids=[resource_id], starts_at=clock.now())
    return replies.whole([Hit.of(hit) for hit in found])


@parts.post(
    "/displacement",
    operation_id="resources_displace",
    response_model=One[Decided],
    **declares(
        Permission.BOOKINGS_DISPLACE,
        rate="write",
        problems=(resources.ResourceNotFound, bookings.NotDown, *_HITS[1:]),
    ),
)
async def displace(
    request: Request, resource_id: UUID, body: Decisions, actor: CurrentActor, tx: Tx
) -> Response:
    """Decide about bookings of what is down already; those without a choice stay as they are."""
    await resources.require_visible(tx, actor, resource_id)
    decided = await displacement.decide(tx, actor, resource_id, choices(body.choices))
    return replies.one(request, Decided(decided=decided))
