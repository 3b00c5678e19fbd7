"""Jobs and periodic work."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import jobs, schedule
from src.core.actor import Permission
from src.core.jobs import JobNotFound, JobNotSettled, JobView
from src.core.outbox import State
from src.core.schedule import BadTimes, ScheduleNotFound
from src.domain import accounts
from src.models.common import Many, One
from src.models.jobs import JobRead, ScheduleRead, ScheduleUpdate
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatch, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
schedules = APIRouter(prefix="/api/v1/schedules", tags=["jobs"])

_READ, _MANAGE = Permission.JOBS_READ, Permission.JOBS_MANAGE
_SETTLED = (JobNotFound, JobNotSettled)

JobId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Name = Annotated[str, Path(max_length=80, pattern=r"^[a-z0-9.-]+$", examples=["bookings.remind"])]
States = Annotated[list[State], Query(alias="state", max_length=len(State))]
Topics = Annotated[list[Annotated[str, Query(max_length=80, pattern=r"^[a-z0-9._-]+$")]],
                   Query(alias="topic", max_length=50)]  # fmt: skip


def _job(request: Request, view: JobView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        JobRead.model_validate(view),
        version=view.attempts,
        changed_at=view.finished_at or view.started_at or view.created_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 202 else None,
    )


@router.get("", operation_id="jobs_list", response_model=Many[JobRead], **declares(_READ))
async def list_jobs(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    state: States = [],  # noqa: B006 - FastAPI copies it
    topic: Topics = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Jobs, the newest first; those done are deleted after two weeks."""
    page = await jobs.list_(reads, actor, states=state, topics=topic, paging=paging)
    return replies.many([JobRead.model_validate(view) for view in page.items], page)


@router.get(
    "/{job_id}",
    operation_id="jobs_get",
    response_model=One[JobRead],
    **declares(_READ, cache="private", problems=(JobNotFound,)),
)
async def get_job(request: Request, job_id: JobId, actor: CurrentActor, reads: Reads) -> Response:
    """One job with its payload, error and result."""
    return _job(request, await jobs.get(reads, actor, job_id))


@router.post(
    "/{job_id}/requeue",
    operation_id="jobs_requeue",
    response_model=One[JobRead],
    **declares(_MANAGE, rate="write", problems=_SETTLED),
)
async def requeue_job(request: Request, job_id: JobId, actor: CurrentActor, tx: Tx) -> Response:
    """Queue a failed or dead job again, with fresh attempts."""
    return _job(request, await jobs.requeue(tx, actor, job_id))


@router.post(
    "/{job_id}/dismiss",
    operation_id="jobs_dismiss",
    response_model=One[JobRead],
    **declares(_MANAGE, rate="write", problems=_SETTLED),
)
async def dismiss_job(request: Request, job_id: JobId, actor: CurrentActor, tx: Tx) -> Response:
    """Say that a failed or dead job needs nothing more."""
    return _job(request, await jobs.dismiss(tx, actor, job_id))


async def _zone(session: AsyncSession) -> str:
    institute = await accounts.institute(session)
    return institute.timezone if institute is not None else "UTC"


async def _schedule(
    request: Request, session: AsyncSession, actor: CurrentActor, name: str
) -> Response:
    view = await schedule.get(session, actor, name, zone=await _zone(session))
    return replies.one(
        request, ScheduleRead.of(view), version=view.version, changed_at=view.updated_at
    )


@schedules.get(
    "", operation_id="schedules_list", response_model=Many[ScheduleRead], **declares(_READ)
)
async def list_schedules(actor: CurrentActor, reads: Reads) -> Response:
    """All periodic work with its times, its next run, and how the last ones went."""
    views = await schedule.list_(reads, actor, zone=await _zone(reads))
    return replies.whole([ScheduleRead.of(view) for view in views])


@schedules.get(
    "/{name}",
    operation_id="schedules_get",
    response_model=One[ScheduleRead],
    **declares(_READ, cache="private", problems=(ScheduleNotFound,)),
)
async def get_schedule(request: Request, name: Name, actor: CurrentActor, reads: Reads) -> Response:
    """One piece of periodic work."""
    return await _schedule(request, reads, actor, name)


@schedules.patch(
    "/{name}",
    operation_id="schedules_update",
    response_model=One[ScheduleRead],
    **declares(_MANAGE, rate="write", problems=(ScheduleNotFound, BadTimes)),
)
async def update_schedule(
    request: Request,
    name: Name,
    body: ScheduleUpdate,
    actor: CurrentActor,
    if_match: IfMatch,
    tx: Tx,
) -> Response:
    """Put other times over the declared ones, or take them away again with null."""
    if body.model_fields_set:
        await schedule.override(
            tx,
            actor,
            name,
            crontab=body.crontab,
            interval=body.interval,
            expected_version=if_match,
        )
    return await _schedule(request, tx, actor, name)


@schedules.post(
    "/{name}/pause",
    operation_id="schedules_pause",
    response_model=One[ScheduleRead],
    **declares(_MANAGE, rate="write", problems=(ScheduleNotFound,)),
)
async def pause_schedule(request: Request, name: Name, actor: CurrentActor, tx: Tx) -> Response:
    """Let it rest until it is resumed; a run that has begun goes on."""
    await schedule.pause(tx, actor, name)
    return await _schedule(request, tx, actor, name)


@schedules.post(
    "/{name}/resume",
    operation_id="schedules_resume",
    response_model=One[ScheduleRead],
    **declares(_MANAGE, rate="write", problems=(ScheduleNotFound,)),
)
async def resume_schedule(request: Request, name: Name, actor: CurrentActor, tx: Tx) -> Response:
    """Go on with the next slot; those of the pause are not made up for."""
    await schedule.resume(tx, actor, name)
    return await _schedule(request, tx, actor, name)


@schedules.post(
    "/{name}/run",
    operation_id="schedules_run",
    status_code=202,
    response_model=One[JobRead],
    **declares(_MANAGE, rate="write", problems=(ScheduleNotFound,)),
)
async def run_schedule(
    request: Request, name: Name, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Run it now, out of turn; the job's address is in Location."""

    async def effect() -> Response:
        job_id = await schedule.run_now(tx, actor, name)
        return _job(request, await jobs.get(tx, actor, job_id), status=202)

    return await once(tx, effect)
