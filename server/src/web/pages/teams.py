"""Teams: the list, a team's page, and what those who keep it change."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission, team_scope
from src.core.db import ReadSession
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts
from src.domain.accounts import TeamView
from src.templating import enter
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages import permissions
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.history import history
from src.web.pages.zones import zones

router = APIRouter(include_in_schema=False)
MANAGE = Permission.TEAMS_MANAGE
enter(mark("Teams"), "/teams", MANAGE, rank=61, icon="list")

DONE = {
    "created": mark("The team was added."),
    "saved": mark("The team was changed."),
    "deleted": mark("The team was removed."),
    "joined": mark("They belong to the team now."),
    "left": mark("They are out of the team."),
    "lead": mark("Who leads the team was changed."),
}


class TeamShape(Shape):
    """A team's own facts; the version is that which was read."""

    name: str = Field(max_length=200)
    timezone: str = Field(max_length=64)
    version: int = 0


class MemberShape(Shape):
    """Who is meant, and whether they lead."""

    user_id: UUID
    is_lead: bool = False


@router.get("/teams", **shows(Permission.USERS_READ))
async def list_teams(
    page: CurrentPage,
    reads: Reads,
    paging: Paging,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Teams by name."""
    form = Form.of_query(page.request, q="")
    found = await accounts.list_teams(reads, page.actor, q=form.values["q"] or None, paging=paging)
    return page.show("teams/list.html", page=found, form=form, done=DONE.get(done))


@router.get("/teams/new", **shows(MANAGE))
async def new_team(page: CurrentPage) -> Response:
    """The form."""
    return _form(page, None, Form.of({"timezone": page.actor.timezone}))


@router.post("/teams/new", **takes(MANAGE))
async def create_team(page: CurrentPage) -> Response:
    """Add it."""
    form = await Form.read(page.request)
    shape = form.parse(TeamShape)
    if shape is None:
        return _form(page, None, form, status=422)
    made = await page.tried(
        form,
        lambda tx: accounts.create_team(tx, page.actor, name=shape.name, timezone=shape.timezone),
    )
    if isinstance(made, Refused):
        return _form(page, None, form, status=made.status)
    return see_other(f"/teams/{made.id}?done=created")


@router.get("/teams/{team_id}", **shows(Permission.USERS_READ))
async def show_team(
    page: CurrentPage,
    reads: Reads,
    team_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Who belongs to it; for those who keep it, its roles and history too."""
    return await _show(page, reads, team_id, Form(), done=done)


@router.get("/teams/{team_id}/edit", **shows(MANAGE))
async def edit_team(page: CurrentPage, reads: Reads, team_id: UUID) -> Response:
    """The form with what is so now."""
    page.actor.require(MANAGE, team_scope(team_id))
    team = await accounts.get_team(reads, page.actor, team_id)
    values = {"name": team.name, "timezone": team.timezone, "version": team.version}
    return _form(page, team, Form.of(values))


@router.post("/teams/{team_id}/edit", **takes(MANAGE))
async def change_team(page: CurrentPage, team_id: UUID) -> Response:
    """Name and time zone."""
    form = await Form.read(page.request)
    shape = form.parse(TeamShape)
    status = 422
    if shape is not None:
        done = await _changed(page, team_id, form, shape)
        if not isinstance(done, Refused):
            return see_other(f"/teams/{team_id}?done=saved")
        status = done.status
    async with page.reading() as reads:
        team = await accounts.get_team(reads, page.actor, team_id)
    return _form(page, team, form, status=status)


async def _changed(page: Page, team_id: UUID, form: Form, shape: TeamShape) -> TeamView | Refused:
    changes = {"name": shape.name, "timezone": shape.timezone}
    return await page.tried(
        form,
        lambda tx: accounts.update_team(
            tx, page.actor, team_id, changes=changes, expected_version=shape.version
        ),
    )


@router.post("/teams/{team_id}/delete", **takes(MANAGE))
async def delete_team(page: CurrentPage, team_id: UUID) -> Response:
    """Remove it, where nothing names it."""
    form = await Form.read(page.request)
    gone = await page.tried(form, lambda tx: accounts.delete_team(tx, page.actor, team_id))
    if isinstance(gone, Refused):
        async with page.reading() as reads:
            return await _show(page, reads, team_id, form, status=gone.status)
    return see_other("/teams?done=deleted")


@router.post("/teams/{team_id}/members", **takes(Permission.USERS_READ))
async def set_member(page: CurrentPage, team_id: UUID) -> Response:
    """Add somebody, or say whether they lead."""
    form = await Form.read(page.request)
    shape = form.parse(MemberShape)
    status = 422
    if shape is not None:
        done = await page.tried(
            form,
            lambda tx: accounts.add_member(
                tx, page.actor, team_id, shape.user_id, is_lead=shape.is_lead
            ),
        )
        if not isinstance(done, Refused):
            return see_other(f"/teams/{team_id}?done={form.values.get('said') or 'joined'}")
        status = done.status
    async with page.reading() as reads:
        return await _show(page, reads, team_id, form, status=status)


@router.post("/teams/{team_id}/members/{user_id}/remove", **takes(Permission.USERS_READ))
async def remove_member(page: CurrentPage, session: Tx, team_id: UUID, user_id: UUID) -> Response:
    """Take somebody out, or oneself."""
    await accounts.remove_member(session, page.actor, team_id, user_id)
    return see_other(f"/teams/{team_id}?done=left")


async def _show(
    page: Page,
    reads: ReadSession,
    team_id: UUID,
    form: Form,
    *,
    done: str = "",
    status: int = 200,
) -> Response:
    team = await accounts.get_team(reads, page.actor, team_id)
    members = await accounts.members(reads, page.actor, team_id)
    keeps = page.may(MANAGE, team_scope(team_id))
    may_add = await accounts.may_change_members(reads, page.actor, team_id)
    people = []
    if may_add:
        found = await accounts.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
        inside = {one.user_id for one in members}
        people = [(one.id, one.name) for one in found.items if one.id not in inside]
    roles = []
    if page.may(Permission.ACCESS_READ):
        held = await accounts.access.assignments.list_(reads, page.actor, team_id=team_id)
        roles = held.items
    return page.show(
        "teams/show.html",
        status=status,
        team=team,
        members=members,
        portraits=await page.portraits_of(reads, (one.user_id for one in members)),
        people=people,
        roles=roles,
        entries=await history(reads, ("team", team_id)) if keeps else None,
        form=form,
        keeps=keeps,
        may_add=may_add,
        described=permissions.described,
        done=DONE.get(done),
    )


def _form(page: Page, team: TeamView | None, form: Form, *, status: int = 200) -> Response:
    zone = team.timezone if team else page.actor.timezone
    return page.show(
        "teams/form.html", status=status, team=team, form=form, zones=zones(clock.now(), zone)
    )
