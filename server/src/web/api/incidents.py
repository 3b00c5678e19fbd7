"""Incidents: what went wrong, and how it goes on."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain.operations import Severity, discussion, incidents
from src.domain.operations.incidents import Filter
from src.domain.operations.tables import IncidentState
from src.models.common import Many, Moment, One
from src.models.incidents import (
    IncidentCreate,
    IncidentListed,
    IncidentRead,
    IncidentTransition,
    IncidentUpdate,
    NearMissCreate,
    NearMissRead,
)
from src.web import replies
from src.web.dependencies import (
    CurrentActor,
    IfMatch,
    IfMatchRequired,
    Paging,
    Reads,
    Tx,
    declares,
)
from src.web.idempotency import OnlyOnce
from src.web.queries import Words

_PATH = "/api/v1/incidents"
router = APIRouter(prefix=_PATH, tags=["incidents"])
misses = APIRouter(prefix="/api/v1/near-misses", tags=["incidents"])
_READ, _POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
_NONE, _CLOSED = incidents.IncidentNotFound, incidents.IncidentIsClosed
_BAD = (incidents.BadIncident, discussion.BadTag, discussion.BadLink)
States = Annotated[list[IncidentState], Query(alias="state", max_length=len(IncidentState))]
Severities = Annotated[list[Severity], Query(alias="severity", max_length=len(Severity))]
Types = Annotated[list[UUID], Query(alias="type_id", max_length=100)]
Teams = Annotated[list[UUID], Query(alias="team_id", max_length=100)]
Resources = Annotated[list[UUID], Query(alias="resource_id", max_length=100)]
Tag = Annotated[str | None, Query(max_length=41, pattern=r"^[^\x00]*$")]
Mine = Annotated[
    bool, Query(description="You reported it, have or had a role in it, or own a task of it.")
]
From = Annotated[Moment | None, Query(alias="from", description="Happened from then on.")]
To = Annotated[Moment | None, Query(description="Happened before then.")]


def _filter(
    *,
    state: States = [],  # noqa: B006 - FastAPI copies it
    severity: Severities = [],  # noqa: B006
    type_id: Types = [],  # noqa: B006
    team_id: Teams = [],  # noqa: B006
    resource_id: Resources = [],  # noqa: B006
    tag: Tag = None,
    q: Words = None,
    is_mine: Mine = False,
    is_near_miss: bool | None = None,
    from_: From = None,
    to: To = None,
) -> Filter:
    return Filter(
        state, severity, type_id, team_id, resource_id, tag, q, is_mine, is_near_miss, from_, to
    )


Wanted = Annotated[Filter, Depends(_filter)]


def _reply(request: Request, view: incidents.IncidentView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        IncidentRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{_PATH}/{view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="incidents_list",
    response_model=Many[IncidentListed],
    **declares(_READ),
)
async def list_incidents(
    actor: CurrentActor, reads: Reads, paging: Paging, wanted: Wanted
) -> Response:
    """What you may know of: what goes on first, of it the most severe, then the newest."""
    page = await incidents.reading.list_(reads, actor, wanted=wanted, paging=paging)
    return replies.many([IncidentListed.of(view) for view in page.items], page)


@router.post(
    "",
    operation_id="incidents_create",
    status_code=201,
    response_model=One[IncidentRead],
    **declares(_POST, rate="write", problems=_BAD),
)
async def report_incident(
    request: Request, body: IncidentCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Say what went wrong. What it takes down goes down at once; bookings stay."""

    async def effect() -> Response:
        view = await incidents.reporting.report(tx, actor, report=body.report())
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{incident_id}",
    operation_id="incidents_get",
    response_model=One[IncidentRead],
    **declares(_READ, cache="private", problems=(_NONE,)),
)
async def get_incident(
    request: Request, incident_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One incident, with what it is linked and related to."""
    return _reply(request, await incidents.reading.get(reads, actor, incident_id))


@router.patch(
    "/{incident_id}",
    operation_id="incidents_update",
    response_model=One[IncidentRead],
    **declares(_READ, rate="write", problems=(_NONE, _CLOSED, *_BAD)),
)
async def change_incident(
    request: Request,
    incident_id: UUID,
    body: IncidentUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change what is said of it. For whoever runs the incident."""
    view = await incidents.changing.change(
        tx, actor, incident_id, changes=body.changes(), expected_version=version
    )
    return _reply(request, view)


@router.post(
    "/{incident_id}/acknowledge",
    operation_id="incidents_acknowledge",
    response_model=One[IncidentRead],
    **declares(_READ, rate="write", problems=(_NONE, _CLOSED)),
)
async def acknowledge_incident(
    request: Request, incident_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """Say that somebody has taken notice; again changes nothing. For whoever runs the incident."""
    view = await incidents.moving.acknowledge(tx, actor, incident_id, expected_version=version)
    return _reply(request, view)


@router.post(
    "/{incident_id}/transition",
    operation_id="incidents_transition",
    response_model=One[IncidentRead],
    **declares(
        _READ,
        rate="write",
        problems=(
            _NONE,
            incidents.NotFromThisState,
            incidents.IncidentLacks,
            incidents.BadIncident,
        ),
    ),
)
async def move_incident(
    request: Request,
    incident_id: UUID,
    body: IncidentTransition,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Let it go to another state: open, in progress, resolved, closed; or back with a reason."""
    view = await incidents.moving.transition(
        tx,
        actor,
        incident_id,
        to=body.to,
        notes=body.notes,
        reason=body.reason,
        expected_version=version,
    )
    return _reply(request, view)


@misses.post(
    "",
    operation_id="near_misses_create",
    status_code=201,
    response_model=One[NearMissRead],
    **declares(_POST, rate="write", problems=(incidents.BadIncident,)),
)
async def report_near_miss(
    request: Request, body: NearMissCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Say what nearly went wrong. Of an anonymous one nothing is kept that leads to you.

    Therefore an anonymous one knows no `Idempotency-Key`: sent twice, there are two.
    """
    if body.is_anonymous:
        request.state.is_unnamed = True

    async def effect() -> Response:
        receipt, _id = await incidents.near_misses.report(tx, actor, miss=body.miss())
        location = f"{_PATH}/{receipt.incident_id}" if receipt.incident_id else None
        shown = NearMissRead.model_validate(receipt)
        return replies.one(request, shown, status=201, location=location)

    return await effect() if body.is_anonymous else await once(tx, effect)
