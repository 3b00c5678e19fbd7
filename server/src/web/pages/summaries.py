"""Summaries: the list, each morning's page with its plots, and when a team reads its own."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Permission, team_scope
from src.core.db import ReadSession
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.operations import policy, summaries
from src.domain.operations.summaries import SummaryView
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, TypedTime, see_other
from src.web.pages import operations
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
READ, MANAGE = Permission.OPERATIONS_READ, Permission.OPERATIONS_MANAGE
enter(mark("Summaries"), "/summaries", READ, rank=46, icon="summary", key="s")
operations.KINDS["summaries.generate"] = mark("Writing the summary anew")

Team = Literal["all"] | UUID
# Where the lines of a section lead to, when there are none.
SIGNS = {"attention": "alert", "since": "clock", "instruments": "resource"}
DONE = {"saved": mark("The time of the summary was set.")}
FIELDS = frozenset({"minute", "is_active"})


class SettingShape(Shape):
    """When a team reads its summary."""

    minute: TypedTime
    is_active: bool = False
    version: int = 0


@router.get("/summaries", **shows(READ))
async def list_summaries(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """Those there are, the newest first; of one team if one likes."""
    form = Form.of_query(page.request, team="")
    scopes = await summaries.scopes.readable(reads, page.actor)
    chosen = next((one for one in scopes if _key(one.team_id) == form.values["team"]), None)
    found = await summaries.reading.list_(reads, page.actor, scope=chosen, paging=paging)
    return page.show(
        "summaries/list.html", form=form, page=found, scopes=scopes, chosen=chosen,
        teams=[(_key(one.team_id), one.words) for one in scopes],
    )  # fmt: skip


@router.get("/summaries/at/{summary_id}", **shows(READ))
async def find_summary(page: CurrentPage, reads: Reads, summary_id: UUID) -> Response:
    """By its id: its address says whose and when."""
    view = await summaries.reading.of_id(reads, page.actor, summary_id)
    return see_other(f"/summaries/{_key(view.team_id)}/{view.on_date.isoformat()}")


@router.get("/summaries/{team}/preview", **shows(READ))
async def preview_summary(page: CurrentPage, reads: Reads, team: Team) -> Response:
    """What the next one would say if its hour were now."""
    view = await summaries.reading.preview(reads, page.actor, team_id=_id(team))
    return await _show(page, reads, view)


@router.get("/summaries/{team}/settings", **shows(READ))
async def show_settings(
    page: CurrentPage, team: Team, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """When a team reads its summary, and who may change that."""
    return await _show_settings(page, _id(team), Form(), done=DONE.get(done))


@router.post("/summaries/{team}/settings", **takes(MANAGE))
async def save_settings(page: CurrentPage, team: Team) -> Response:
    """Set it."""
    form = await Form.read(page.request)
    shape = form.parse(SettingShape)
    if shape is None:
        return await _show_settings(page, _id(team), form, status=422)
    changes = {"minute": _minute(shape.minute), "is_active": shape.is_active}
    made = await page.tried(
        form,
        lambda tx: summaries.settings.change(
            tx, page.actor, _id(team), changes=changes, expected_version=shape.version
        ),
        FIELDS,
    )
    if isinstance(made, Refused):
        return await _show_settings(page, _id(team), form, status=made.status)
    return see_other(f"/summaries/{team}/settings?done=saved")


@router.get("/summaries/{team}/{on_date}", **shows(READ))
async def show_summary(page: CurrentPage, reads: Reads, team: Team, on_date: date) -> Response:
    """One morning's, each of its lines a link."""
    view = await summaries.reading.get(reads, page.actor, team_id=_id(team), on_date=on_date)
    return await _show(page, reads, view)


@router.post("/summaries/{team}/{on_date}/generate", **takes(MANAGE))
async def generate(page: CurrentPage, team: Team, on_date: date) -> Response:
    """Have it written anew from the record."""
    async with page.writing() as tx:
        made = await summaries.making.generate(
            tx, page.actor, team_id=_id(team), on_date=on_date, now=clock.now()
        )
    return see_other(f"/operations/{made.id}")


async def _show(page: Page, reads: ReadSession, view: SummaryView) -> Response:
    people = {
        item.id for part in view.sections for item in part.items if item.kind == "person"
    }  # fmt: skip
    labels = [language.format_day(day) for day in view.trends.days]
    return page.show(
        "summaries/show.html", one=view, base=f"/summaries/{_key(view.team_id)}", signs=SIGNS,
        labels=labels, plots=_plots(view), portraits=await page.portraits_of(reads, people),
    )  # fmt: skip


def _plots(view: SummaryView) -> list[tuple[str, str, list[tuple[str, list[float]]], str]]:
    """Small plots with their tables: id, caption, series and unit."""
    captions = {
        "opened": _("Incidents reported a day"),
        "resolved": _("Incidents resolved a day"),
        "posted": _("Updates a day"),
        "used": _("Hours in use a day"),
    }
    return [
        (f"trend-{one.code}", captions[one.code], [(one.title, list(one.values))], one.unit)
        for one in view.trends.series
    ]


async def _show_settings(
    page: Page, team_id: UUID | None, form: Form, *, done: str | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        view = await summaries.settings.get(reads, page.actor, team_id)
    if not form.is_faulty:
        at = time(view.minute // 60, view.minute % 60)
        values = {"minute": f"{at:%H:%M}", "is_active": ["on"] if view.is_active else []}
        form = Form.of({**values, "version": view.version})
    may_zone = team_id is not None and page.may(Permission.TEAMS_MANAGE, team_scope(team_id))
    return page.show(
        "summaries/settings.html", status=status, form=form, one=view, done=done,
        base=f"/summaries/{_key(team_id)}", may_zone=may_zone,
        may_change=policy.may_manage(page.actor, team_id),
    )  # fmt: skip


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _id(team: Team) -> UUID | None:
    return None if isinstance(team, str) else team


def _key(team_id: UUID | None) -> str:
    return "all" if team_id is None else str(team_id)
