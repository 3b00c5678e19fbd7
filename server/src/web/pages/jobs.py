"""Jobs, for administrators: what failed first, periodic work, queue again, let be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import jobs, schedule
from src.core.actor import Permission
from src.core.language import mark
from src.core.outbox import State
from src.domain import accounts
from src.templating import enter
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
enter(mark("Jobs"), "/jobs", Permission.JOBS_READ, rank=70, icon="job", key="j")

DONE = {
    "requeue": mark("The job is queued again."),
    "dismiss": mark("The job was dismissed."),
    "pause": mark("It rests until it is resumed."),
    "resume": mark("It goes on with its next time."),
    "run": mark("A run is queued."),
    "times": mark("The times are changed; the next run is at the first of the new ones."),
}
ATTENTION = (State.DEAD, State.FAILED)
JobId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Name = Annotated[str, Path(max_length=80)]


class TimesShape(Shape):
    """One of the two, or neither for the declared times."""

    crontab: str | None = Field(None, max_length=100)
    interval: int | None = Field(None, le=366 * 86400)
    version: int


@router.get("/jobs", **shows(Permission.JOBS_READ))
async def list_jobs(
    page: CurrentPage,
    reads: Reads,
    paging: Paging,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Those that failed or died, unless another state is asked for; and the schedules."""
    form = Form.of_query(page.request, state="")
    chosen = form.values["state"]
    states = [State(chosen)] if chosen in set(State) else [] if chosen == "all" else ATTENTION
    return page.show(
        "jobs/list.html",
        form=form,
        page=await jobs.list_(reads, page.actor, states=states, paging=paging),
        schedules=await schedule.list_(reads, page.actor, zone=await _zone(reads)),
        done=DONE.get(done),
    )


async def _zone(reads: AsyncSession) -> str:
    """Periodic work runs by the institute's clock."""
    institute = await accounts.institute(reads)
    return institute.timezone if institute else "UTC"


@router.get("/jobs/{job_id}", **shows(Permission.JOBS_READ))
async def show_job(page: CurrentPage, reads: Reads, job_id: JobId) -> Response:
    """One job, its secrets masked."""
    return page.show("jobs/show.html", job=await jobs.get(reads, page.actor, job_id))


@router.post("/jobs/{job_id}/requeue", **takes(Permission.JOBS_MANAGE))
async def requeue(page: CurrentPage, session: Tx, job_id: JobId) -> Response:
    """Queue it again."""
    await jobs.requeue(session, page.actor, job_id)
    return see_other("/jobs?done=requeue")


@router.post("/jobs/{job_id}/dismiss", **takes(Permission.JOBS_MANAGE))
async def dismiss(page: CurrentPage, session: Tx, job_id: JobId) -> Response:
    """It needs nothing more."""
    await jobs.dismiss(session, page.actor, job_id)
    return see_other("/jobs?done=dismiss")


@router.post("/schedules/{name}/pause", **takes(Permission.JOBS_MANAGE))
async def pause(page: CurrentPage, session: Tx, name: Name) -> Response:
    """Let it rest."""
    await schedule.pause(session, page.actor, name)
    return see_other("/jobs?done=pause")


@router.post("/schedules/{name}/resume", **takes(Permission.JOBS_MANAGE))
async def resume(page: CurrentPage, session: Tx, name: Name) -> Response:
    """Go on."""
    await schedule.resume(session, page.actor, name)
    return see_other("/jobs?done=resume")


@router.post("/schedules/{name}/run", **takes(Permission.JOBS_MANAGE))
async def run_now(page: CurrentPage, session: Tx, name: Name) -> Response:
    """One run out of turn."""
    await schedule.run_now(session, page.actor, name)
    return see_other("/jobs?done=run")


@router.get("/schedules/{name}", **shows(Permission.JOBS_MANAGE))
async def times_form(page: CurrentPage, name: Name) -> Response:
    """The form for other times."""
    return await _show_times(page, name)


@router.post("/schedules/{name}", **takes(Permission.JOBS_MANAGE))
async def change_times(page: CurrentPage, name: Name) -> Response:
    """Put other times over the declared ones; empty takes them away again."""
    form = await Form.read(page.request)
    shape = form.parse(TimesShape)
    if shape is None:
        return await _show_times(page, name, form, status=422)
    done = await page.tried(form, _override(page, name, shape))
    if isinstance(done, Refused):
        return await _show_times(page, name, form, status=done.status)
    return see_other("/jobs?done=times")


def _override(
    page: Page, name: str, shape: TimesShape
) -> Callable[[AsyncSession], Awaitable[None]]:
    return lambda session: schedule.override(
        session,
        page.actor,
        name,
        crontab=shape.crontab,
        interval=shape.interval,
        expected_version=shape.version,
    )


async def _show_times(
    page: Page, name: str, form: Form | None = None, *, status: int = 200
) -> Response:
    async with page.reading() as reads:
        zone = await _zone(reads)
        one = await schedule.get(reads, page.actor, name, zone=zone)
    if form is None:
        now = one.times if one.is_overridden else schedule.Times()
        values = {"crontab": now.crontab, "interval": now.interval, "version": one.version}
        form = Form.of(values)
    return page.show("jobs/times.html", status=status, form=form, schedule=one, zone=zone)
