"""People, for administrators: the list, and a new one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.errors import DomainError
from src.core.language import mark
from src.domain import accounts
from src.domain.accounts import RoleName, UserState
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.pages.permissions import MEANINGS, ROLES
from src.web.pages.zones import zones
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
enter(mark("People"), "/people", Permission.USERS_MANAGE, rank=60, icon="people", key="p")


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
    """People by name, with address, roles and teams."""
    form = Form.of_query(page.request, q="", state="")
    chosen = form.values["state"]
    states = [UserState(chosen)] if chosen in set(UserState) else []
    found = await accounts.list_users(
        reads, page.actor, q=form.values["q"] or None, states=states, paging=paging
    )
    said = mark("The person was added.") if done == "created" else None
    return page.show("people/list.html", page=found, form=form, roles=ROLES, done=said)


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
