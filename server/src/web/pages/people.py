"""People, for administrators: the list, and a new one."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.errors import DomainError
from src.core.language import gettext, mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts
from src.domain.accounts import RoleName, UserState
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages import permissions
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.pages.permissions import MEANINGS, ROLES
from src.web.pages.zones import zones
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
enter(mark("People"), "/people", Permission.USERS_MANAGE, rank=60, icon="people", key="p")


DONE = {
    "created": mark("The person was added."),
    "erased": mark("The person was erased; what they did stays under “former member”."),
}


class PersonShape(Shape):
    """Who it is and what they may do."""

    name: str = Field(max_length=200)
    email: str = Field(max_length=320)
    timezone: str = Field(max_length=64)
    role: RoleName
    password: str | None = Field(None, max_length=1024)


@router.get("/people", **shows(Permission.USERS_MANAGE))
async def list_people(
    page: CurrentPage,
    reads: Reads,
    paging: Paging,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """People by name, with address, roles and teams; a constant number of statements."""
    form = Form.of_query(page.request, q="", state="", team_id="", role="")
    found = await accounts.list_users(reads, page.actor, **_wanted(form), paging=paging)
    teams = await accounts.list_teams(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    return page.show(
        "people/list.html",
        page=found,
        form=form,
        teams=[(team.id, team.name) for team in teams.items],
        roles=await role_choices(reads),
        done=DONE.get(done),
        portraits=await page.portraits_of(reads, (one.id for one in found.items)),
        described=lambda role: permissions.described(role)[0],
    )


def _wanted(form: Form) -> dict[str, Any]:
    """A filter that cannot be read filters nothing."""
    wanted: dict[str, Any] = {"q": form.values["q"] or None, "role": form.values["role"] or None}
    with suppress(ValueError):
        wanted["states"] = [UserState(form.values["state"])] if form.values["state"] else []
    with suppress(ValueError):
        wanted["team_id"] = UUID(form.values["team_id"]) if form.values["team_id"] else None
    return wanted


async def role_choices(reads: AsyncSession) -> list[tuple[str, str]]:
    """Every role by what it is called, for a list to choose from."""
    found = await accounts.access.custom.all_of(reads)
    order: dict[str, int] = {name: place for place, name in enumerate(ROLES)}
    found.sort(key=lambda role: (order.get(role.name, len(order)), role.title))
    return [
        (role.name, gettext(ROLES[RoleName(role.name)]) if role.name in order else role.title)
        for role in found
    ]


@router.get("/people/new", **shows(Permission.USERS_MANAGE))
async def new_person(page: CurrentPage) -> Response:
    """The form."""
    return _show(page, Form.of({"timezone": page.actor.timezone, "role": RoleName.MEMBER.value}))


@router.post("/people/new", **takes(Permission.USERS_MANAGE))
async def create_person(page: CurrentPage) -> Response:
    """Add a person, active at once."""
    form = await Form.read(page.request)
    shape = form.parse(PersonShape)
    if shape is None:
        return _show(page, form, status=422)
    try:
        hashed = await _hashed(shape, form.values.get("password", ""))
        async with page.writing() as session:
            await accounts.create_user(
                session, page.actor, email=shape.email, name=shape.name,
                roles=(shape.role,), timezone=shape.timezone, password_hash=hashed,
            )  # fmt: skip
    except DomainError as refusal:
        form.refuse(refusal)
        return _show(page, form, status=status_of(refusal))
    return see_other("/people?done=created")


def _show(page: Page, form: Form, *, status: int = 200) -> Response:
    return page.show(
        "people/form.html",
        status=status,
        form=form,
        roles=[(role.value, name, MEANINGS[role]) for role, name in ROLES.items()],
        zones=zones(clock.now(), page.actor.timezone),
    )


async def _hashed(shape: PersonShape, password: str) -> str | None:
    """Hashed before any transaction; without one the person cannot log in by password yet."""
    if not shape.password:
        return None
    about = (shape.name, shape.email)
    return await accounts.new_hash(password, about=about, field="password")
