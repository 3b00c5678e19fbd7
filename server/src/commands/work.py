"""`jobs` and `schedules`: what the worker has to do, and what runs by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from src.commands import console
from src.core import jobs as ledger
from src.core import schedule
from src.core.actor import SYSTEM
from src.core.db import Database, reading, transaction
from src.core.jobs import JobView
from src.core.outbox import State
from src.core.paging import Page, Paging
from src.core.schedule import ScheduleView
from src.core.settings import Settings
from src.domain import accounts

jobs = typer.Typer(help="The jobs of the worker.", no_args_is_help=True)

States = Annotated[list[State] | None, typer.Option("--state", help="Only those; repeatable.")]
Limit = Annotated[int, typer.Option(min=1, max=200)]
JobIds = Annotated[list[int], typer.Argument(help="Their numbers.")]


@jobs.command("list")
def list_jobs(*, state: States = None, limit: Limit = 50) -> None:
    """The newest jobs."""

    async def work(_settings: Settings, database: Database) -> Page[JobView]:
        async with reading(database) as reads:
            return await ledger.list_(reads, SYSTEM, states=state or (), paging=Paging(limit))

    console.table(
        ("Job", "State", "Topic", "Attempts", "Runs after", "Error"),
        (
            (each.id, each.state, each.topic, f"{each.attempts}/{each.max_attempts}",
             _shown(each.run_after), (each.error or "").partition("\n")[0])
            for each in console.with_database(work).items
        ),
    )  # fmt: skip


@jobs.command()
def requeue(job_ids: JobIds) -> None:
    """Queue failed or dead jobs again."""

    async def work(_settings: Settings, database: Database) -> None:
        async with transaction(database) as session:
            for job_id in job_ids:
                await ledger.requeue(session, SYSTEM, job_id)

    console.with_database(work)
    typer.echo(f"{len(job_ids)} queued again; a worker will find them")


@jobs.command()
def dismiss(job_ids: JobIds) -> None:
    """Say that failed or dead jobs need nothing more."""

    async def work(_settings: Settings, database: Database) -> None:
        async with transaction(database) as session:
            for job_id in job_ids:
                await ledger.dismiss(session, SYSTEM, job_id)

    console.with_database(work)
    typer.echo(f"{len(job_ids)} dismissed")


def schedules() -> None:
    """What runs by itself, when next, and how it went last."""

    async def work(_settings: Settings, database: Database) -> Sequence[ScheduleView]:
        async with reading(database) as reads:
            institute = await accounts.institute(reads)
            zone = institute.timezone if institute else "UTC"
            return await schedule.list_(reads, SYSTEM, zone=zone)

    console.table(
        ("Schedule", "State", "Times", "Next", "Last success", "Queue"),
        (
            (each.name, each.state, each.times.crontab or f"every {each.times.interval} s",
             _shown(each.next_at), _shown(each.last_success_at), each.queue)
            for each in console.with_database(work)
        ),
    )  # fmt: skip


def _shown(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at is not None else "-"
