"""The review of an incident: written, signed off, opened again."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain.operations import incidents
from src.domain.operations.incidents import room
from src.models.common import One
from src.models.incident_room import (
    IncidentReviewRead,
    IncidentReviewReopen,
    IncidentReviewWrite,
)
from src.web import faults, replies
from src.web.dependencies import CurrentActor, IfMatchRequired, Reads, Tx, declares

router = APIRouter(prefix="/api/v1/incidents/{incident_id}/review", tags=["incidents"])
READ = Permission.OPERATIONS_READ
_NONE, _SIGNED, _BAD = incidents.IncidentNotFound, room.ReviewIsSigned, room.BadReview


def _reply(request: Request, view: room.ReviewView) -> Response:
    shown = IncidentReviewRead.model_validate(view)
    return replies.one(request, shown, version=view.version, changed_at=view.updated_at)


@router.get(
    "",
    operation_id="incident_reviews_get",
    response_model=One[IncidentReviewRead],
    **declares(READ, cache="private", problems=(_NONE, room.ReviewNotBegun)),
)
async def get_review(
    request: Request, incident_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """The review as it stands; 404 until somebody has begun it."""
    return _reply(request, await room.review.get(reads, actor, incident_id))


@router.put(
    "",
    operation_id="incident_reviews_write",
    response_model=One[IncidentReviewRead],
    **declares(READ, rate="write", problems=(_NONE, _SIGNED, _BAD)),
)
async def write_review(
    request: Request,
    incident_id: UUID,
    body: IncidentReviewWrite,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Save it as a draft (`If-Match: *` for the first time). For whoever takes part."""
    view = await room.review.write(
        tx, actor, incident_id, **body.model_dump(), expected_version=version
    )
    return _reply(request, view)


@router.post(
    "/sign",
    operation_id="incident_reviews_sign",
    response_model=One[IncidentReviewRead],
    **declares(
        READ,
        rate="write",
        problems=(
            _NONE,
            room.OwnReview,
            room.ReviewNotBegun,
            _SIGNED,
            _BAD,
            faults.PreconditionRequired,
        ),
    ),
)
async def sign_review(
    request: Request,
    incident_id: UUID,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Sign it off as it was read: for whoever runs the incident and did not write in it."""
    return _reply(request, await room.review.sign(tx, actor, incident_id, expected_version=version))


@router.post(
    "/reopen",
    operation_id="incident_reviews_reopen",
    response_model=One[IncidentReviewRead],
    **declares(
        READ,
        rate="write",
        problems=(
            _NONE,
            incidents.IncidentIsClosed,
            room.ReviewNotBegun,
            room.ReviewNotSigned,
            _BAD,
            faults.PreconditionRequired,
        ),
    ),
)
async def reopen_review(
    request: Request,
    incident_id: UUID,
    body: IncidentReviewReopen,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Take the signature back, with a reason."""
    view = await room.review.reopen(
        tx, actor, incident_id, reason=body.reason, expected_version=version
    )
    return _reply(request, view)
