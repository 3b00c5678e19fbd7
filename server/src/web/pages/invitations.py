"""Inviting people, and who has not come yet."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts
from src.domain.accounts import joining
from src.web.dependencies import Paging, Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages import permissions
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.people import role_choices

router = APIRouter(include_in_schema=False)
FIELDS = frozenset({"email", "name", "roles", "team_ids"})
DONE = {
    "invited": mark("The invitation is on its way."),
    "resent": mark("A new link is on its way; the one before counts no longer."),
    "withdrawn": mark("The invitation was withdrawn."),
}


class InvitationShape(Shape):
    """Whom to invite, and to what."""

    email: str = Field(max_length=320)
    name: str | None = Field(None, max_length=200)
    roles: list[str] = Field(default_factory=list, max_length=20)
    team_ids: list[UUID] = Field(default_factory=list, max_length=50)


@router.get("/people/invitations", **shows(Permission.USERS_MANAGE))
async def list_invitations(
    page: CurrentPage, paging: Paging, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Those that are open, and a form for one more."""
    form = Form.of({"roles": [accounts.RoleName.MEMBER.value]})
    return await _show(page, form, paging, done=done)


@router.post("/people/invitations", **takes(Permission.USERS_MANAGE))
async def invite(page: CurrentPage) -> Response:
    """Mail somebody a link."""
    form = await Form.read(page.request)
    shape = form.parse(InvitationShape)
    if shape is None:
        return await _show(page, form, Limits(), status=422)
    wish = shape.model_dump()
    done = await page.tried(
        form, lambda tx: joining.invitations.invite(tx, page.actor, **wish), FIELDS
    )
    if isinstance(done, Refused):
        return await _show(page, form, Limits(), status=done.status)
    return see_other("/people/invitations?done=invited")


@router.post("/people/invitations/{user_id}/resend", **takes(Permission.USERS_MANAGE))
async def resend(page: CurrentPage, user_id: UUID, session: Tx) -> Response:
    """A new link for seven days more."""
    await joining.invitations.resend(session, page.actor, user_id)
    return see_other("/people/invitations?done=resent")


@router.post("/people/invitations/{user_id}/withdraw", **takes(Permission.USERS_MANAGE))
async def withdraw(page: CurrentPage, user_id: UUID, session: Tx) -> Response:
    """Let the link count no longer."""
    await joining.invitations.withdraw(session, page.actor, user_id)
    return see_other("/people/invitations?done=withdrawn")


async def _show(
    page: Page, form: Form, paging: Limits, *, status: int = 200, done: str = ""
) -> Response:
    async with page.reading() as reads:
        found = await joining.invitations.open_ones(reads, page.actor, paging=paging)
        teams = await accounts.list_teams(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
        roles = await role_choices(reads)
    return page.show(
        "joining/invitations.html",
        status=status,
        form=form,
        page=found,
        roles=roles,
        teams=[(team.id, team.name) for team in teams.items],
        described=lambda role: permissions.described(role)[0],
        done=DONE.get(done),
    )
