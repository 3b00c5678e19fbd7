"""What the operations of summaries and hand-overs are given."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain.operations import summaries
from src.domain.operations.tables import Summary
from tests.support.application import Lab
from tests.web.given import Given, made
from tests.web.test_jobs_api import write


def handed_over(lab: Lab) -> Given:
    """Everybody's last summary, and a hand-over for each thing done to one."""

    async def work(session: AsyncSession) -> str:
        # The application's own worker may have written it by now.
        await summaries.making.make_next(session, "all", now=clock.now())
        last = select(func.max(Summary.on_date)).where(Summary.scope == "all")
        return str((await session.scalars(last)).one())

    day = write(lab, work)
    kept = {"handover_id": made(lab, "/handovers", json={"watch": "The chiller hums"})}
    waiting = {"handover_id": made(lab, "/handovers", by="member", json={"watch": "No gas"})}
    of_all = {"team": "all"}
    return {
        "summaries_get": {"path": {**of_all, "on_date": day}},
        "summaries_list": {"query": of_all},
        "summaries_preview": {"path": of_all},
        "summaries_generate": {"body": {**of_all, "date": day}},
        "summary_settings_get": {"path": of_all},
        "summary_settings_update": {"path": of_all, "body": {"time": "08:30"}},
        "handovers_create": {"body": {"watch": "All quiet"}},
        "handovers_get": {"path": kept},
        "handovers_acknowledge": {"path": waiting, "body": {"remark": "Thanks"}},
    }
