"""Projects and cost centres: a list, and a form for another."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts
from src.domain.bookings.quotas import projects
from src.web.dependencies import Paging, Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
MANAGE = Permission.QUOTAS_MANAGE
DONE = {
    "made": mark("The project can be chosen from now on."),
    "saved": mark("The project was changed."),
}
FIELDS = frozenset({"code", "name", "team_id"})


Word = Literal["end", "again"]


class ProjectShape(Shape):
    """A project as it is made."""

    code: str = Field(max_length=60)
    name: str = Field(max_length=300)
    team_id: UUID | None = None


@router.get("/projects", **shows(MANAGE))
async def list_projects(
    page: CurrentPage, paging: Paging, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """All of them, and the form for another."""
    return await _show(page, Form(), paging, done=done)


@router.post("/projects", **takes(MANAGE))
async def make_project(page: CurrentPage) -> Response:
    """Make it."""
    form = await Form.read(page.request)
    shape, status = form.parse(ProjectShape), 422
    if shape is not None:
        made = await page.tried(
            form, lambda tx: projects.create(tx, page.actor, **shape.model_dump()), FIELDS
        )
        if not isinstance(made, Refused):
            return see_other("/projects?done=made")
        status = made.status
    return await _show(page, form, Limits(), status=status)


@router.post("/projects/{project_id}/{word}", **takes(MANAGE))
async def turn_project(page: CurrentPage, session: Tx, project_id: UUID, word: Word) -> Response:
    """End it (`end`), or offer it again (`again`)."""
    await projects.change(session, page.actor, project_id, changes={"is_active": word == "again"})
    return see_other("/projects?done=saved")


async def _show(
    page: Page, form: Form, paging: Limits, *, status: int = 200, done: str = ""
) -> Response:
    async with page.reading() as reads:
        found = await projects.list_(reads, page.actor, paging=paging)
        teams = await accounts.list_teams(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    return page.show(
        "quotas/projects.html",
        status=status,
        form=form,
        page=found,
        team_choices=[(str(one.id), one.name) for one in teams.items],
        done=DONE.get(done),
    )
