"""Closures, and what becomes of the bookings they hit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.core.errors import FieldError, Invalid
from src.core.language import gettext as _
from src.domain import bookings, resources
from src.domain.bookings import displacement
from src.models.bookings import DisplacementProblem, Hit
from src.models.common import Many, One
from src.models.resources import Choice, ClosureCheck, ClosureCreate, ClosureRead
from src.web import replies
from src.web.dependencies import (
    CurrentActor,
    IfMatch,
    Paging,
    Reads,
    Tx,
    declares,
)
from src.web.idempotency import OnlyOnce
from src.web.queries import From, To

router = APIRouter(prefix="/api/v1/closures", tags=["closures"])
checks = APIRouter(prefix="/api/v1", tags=["closures"])
_READ = Permission.RESOURCES_READ
_MANAGE = Permission.CLOSURES_MANAGE
_HITS = (bookings.DisplacementNeeded, bookings.BookingOverlaps, bookings.BookingRefused)
_NOT_FOUND = resources.ClosureNotFound
Resources = Annotated[list[UUID], Query(alias="resource_id", max_length=100)]


def choices(given: Sequence[Choice]) -> dict[UUID, displacement.Choice]:
    """What becomes of each booking, as the service takes it. Raises `Invalid` for two of one."""
    seen: set[UUID] = set()
    faults = []
    for place, each in enumerate(given):
        if each.booking_id in seen:
            where = ("choices", place, "booking_id")
            faults.append(FieldError(where, "duplicate", _("This booking has a choice already.")))
        seen.add(each.booking_id)
    if faults:
        raise Invalid(_("Make one choice for each booking."), errors=tuple(faults))
    return {
        each.booking_id: displacement.Choice(
            each.action, each.starts_at, each.ends_at, each.unit, each.resource_id
        )
        for each in given
    }


def _reply(
    request: Request, view: resources.closures.ClosureView, *, status: int = 200
) -> Response:
    return replies.one(
        request,
        ClosureRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get("", operation_id="closures_list", response_model=Many[ClosureRead], **declares(_READ))
async def list_closures(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    resource_id: Resources = [],  # noqa: B006 - FastAPI copies it
    from_: From = None,
    to: To = None,
) -> Response:
    """Closures that were not cancelled, by start."""
    page = await resources.closures.list_(
        reads, actor, resource_ids=resource_id, from_=from_, to=to, paging=paging
    )
    return replies.many([ClosureRead.model_validate(view) for view in page.items], page)


@router.post(
    "",
    operation_id="closures_create",
    status_code=201,
    response_model=One[ClosureRead],
    responses={409: {"model": DisplacementProblem}},
    **declares(
        _MANAGE,
        rate="write",
        problems=(resources.BadClosure, resources.ResourceNotFound, *_HITS),
    ),
)
async def create_closure(
    request: Request, body: ClosureCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Close resources for a time, and settle every booking this hits.

    409 `displacement-needed` lists the bookings that still need a choice, with suggestions.
    """

    async def effect() -> Response:
        view = await displacement.close(tx, actor, wish=body.wish(), choices=choices(body.choices))
        return _reply(request, view, status=201)

    return await once(tx, effect)


@checks.post(
    "/closures:check",
    operation_id="closures_check",
    response_model=Many[Hit],
    **declares(_MANAGE, problems=(resources.BadClosure,)),
)
async def check_closure(body: ClosureCheck, actor: CurrentActor, reads: Reads) -> Response:
    """Which bookings would be hit, and where each could go. Nothing is stored."""
    found = await displacement.hits(
        reads,
        actor,
        resource_ids=body.resource_ids,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
    )
    return replies.whole([Hit.of(hit) for hit in found])


@router.get(
    "/{closure_id}",
    operation_id="closures_get",
    response_model=One[ClosureRead],
    **declares(_READ, cache="private", problems=(_NOT_FOUND,)),
)
async def get_closure(
    request: Request, closure_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One closure."""
    return _reply(request, await resources.closures.get(reads, actor, closure_id))


@router.post(
    "/{closure_id}/cancel",
    operation_id="closures_cancel",
    response_model=One[ClosureRead],
    **declares(_MANAGE, rate="write", problems=(_NOT_FOUND, resources.ClosureOver)),
)
async def cancel_closure(
    request: Request, closure_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """Open again what it closed, from now on."""
    view = await resources.closures.cancel(tx, actor, closure_id, expected_version=version)
    return _reply(request, view)
