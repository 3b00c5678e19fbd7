"""Summaries: each morning's, as their reader may see them, and when they are written."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.domain.operations import summaries
from src.models.common import Many, One
from src.models.jobs import OperationRead
from src.models.summaries import (
    SummaryGenerate,
    SummaryListed,
    SummaryRead,
    SummarySettingRead,
    SummarySettingUpdate,
)
from src.web import replies
from src.web.api.operations import shown
from src.web.dependencies import CurrentActor, IfMatch, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1", tags=["summaries"])
_READ, _MANAGE = Permission.OPERATIONS_READ, Permission.OPERATIONS_MANAGE
_NONE = summaries.SummaryNotFound
Team = Annotated[Literal["all"] | UUID, Path(description="A team's id, or `all` for everybody's.")]
Wanted = Annotated[
    Literal["all"] | UUID | None,
    Query(alias="team", description="Of a team by its id, or `all`: everybody's alone."),
]
From = Annotated[date | None, Query(alias="from", description="The first local date.")]
To = Annotated[date | None, Query(alias="to", description="The last local date.")]
OnDate = Annotated[date, Path(description="A local date of the team.")]


@router.get(
    "/summaries",
    operation_id="summaries_list",
    response_model=Many[SummaryListed],
    **declares(_READ, problems=(_NONE,)),
)
async def list_summaries(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    team: Wanted = None,
    from_: From = None,
    to: To = None,
) -> Response:
    """Those you may read, the newest first; what they say is in each of them."""
    scope = None
    if team is not None:
        scope = await summaries.scopes.found(reads, actor, _id(team))
    page = await summaries.reading.list_(
        reads, actor, scope=scope, from_=from_, to=to, paging=paging
    )
    return replies.many([SummaryListed.of(one) for one in page.items], page)


@router.get(
    "/summaries/{team}/preview",
    operation_id="summaries_preview",
    response_model=One[SummaryRead],
    **declares(_READ, problems=(_NONE,)),
)
async def preview_summary(
    request: Request, team: Team, actor: CurrentActor, reads: Reads
) -> Response:
    """What the next summary would say if its hour were now. Nothing is stored."""
    view = await summaries.reading.preview(reads, actor, team_id=_id(team))
    return replies.one(request, SummaryRead.of(view))


@router.get(
    "/summaries/{team}/{on_date}",
    operation_id="summaries_get",
    response_model=One[SummaryRead],
    **declares(_READ, cache="private", problems=(_NONE,)),
)
async def get_summary(
    request: Request, team: Team, on_date: OnDate, actor: CurrentActor, reads: Reads
) -> Response:
    """One summary in your language, of what you may see."""
    view = await summaries.reading.get(reads, actor, team_id=_id(team), on_date=on_date)
    return replies.one(
        request, SummaryRead.of(view), version=view.version, changed_at=view.updated_at
    )


@router.post(
    "/summaries:generate",
    operation_id="summaries_generate",
    status_code=202,
    response_model=One[OperationRead],
    **declares(
        _MANAGE,
        rate="write",
        problems=(_NONE, summaries.SummaryNotDue, summaries.SummaryArchived),
    ),
)
async def generate_summary(
    request: Request, body: SummaryGenerate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Write one anew from the record, of the same window: an operation whose link is its page."""

    async def effect() -> Response:
        made = await summaries.making.generate(
            tx, actor, team_id=_id(body.team), on_date=body.date, now=clock.now()
        )
        return shown(request, made, status=202)

    return await once(tx, effect)


@router.get(
    "/summary-settings",
    operation_id="summary_settings_list",
    response_model=Many[SummarySettingRead],
    **declares(_READ),
)
async def list_settings(actor: CurrentActor, reads: Reads) -> Response:
    """When the summaries you may read are written, everybody's first."""
    found = await summaries.settings.list_(reads, actor)
    return replies.whole([SummarySettingRead.of(one) for one in found])


@router.get(
    "/summary-settings/{team}",
    operation_id="summary_settings_get",
    response_model=One[SummarySettingRead],
    **declares(_READ, problems=(_NONE,)),
)
async def get_settings(request: Request, team: Team, actor: CurrentActor, reads: Reads) -> Response:
    """When a team's summary is written."""
    view = await summaries.settings.get(reads, actor, _id(team))
    return replies.one(request, SummarySettingRead.of(view), version=view.version)


@router.patch(
    "/summary-settings/{team}",
    operation_id="summary_settings_update",
    response_model=One[SummarySettingRead],
    **declares(_MANAGE, rate="write", problems=(_NONE, summaries.BadSummarySettings)),
)
async def change_settings(
    request: Request,
    team: Team,
    body: SummarySettingUpdate,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Set the time of day on the team's clock, and whether there are summaries."""
    view = await summaries.settings.change(
        tx, actor, _id(team), changes=body.changes(), expected_version=version
    )
    return replies.one(request, SummarySettingRead.of(view), version=view.version)


def _id(team: Literal["all"] | UUID) -> UUID | None:
    return None if isinstance(team, str) else team
