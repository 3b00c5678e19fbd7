"""Roles: what each allows and refuses, and those of the institute's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import mark
from src.domain import accounts
from src.templating import enter
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages import permissions
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.history import history

router = APIRouter(include_in_schema=False)
READ, MANAGE = Permission.ACCESS_READ, Permission.ROLES_MANAGE
FIELDS = frozenset({"name", "title", "description", "grants", "denies"})
Name = Annotated[str, Path(max_length=40, pattern=r"^[a-z][a-z0-9-]*$")]
DONE = {
    "made": mark("The role was made. Give it to people or teams on their pages."),
    "saved": mark("The role was saved; it counts for all its holders."),
    "deleted": mark("The role was removed."),
}
enter(mark("Roles"), "/roles", READ, rank=62, icon="shield")


class RoleShape(Shape):
    """What it is called and what it says; permissions are ticked."""

    name: str = Field("", max_length=40)
    title: str = Field(max_length=100)
    description: str | None = Field(None, max_length=500)
    version: int = 0


@router.get("/roles", **shows(READ))
async def list_roles(
    page: CurrentPage, reads: Reads, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """All roles, the built-in ones first."""
    found = await accounts.access.custom.list_(reads, page.actor)
    return page.show(
        "roles/list.html",
        roles=found,
        described=permissions.described,
        done=DONE.get(done),
        may_make=page.may(MANAGE),
    )


@router.get("/roles/new", **shows(MANAGE))
async def new_role(page: CurrentPage) -> Response:
    """The form."""
    return _form(page, Form())


@router.post("/roles/new", **takes(MANAGE))
async def create_role(page: CurrentPage) -> Response:
    """Make it."""

    def work(session: AsyncSession, shape: RoleShape, said: dict[str, Any]) -> Awaitable[Any]:
        return accounts.access.custom.create(session, page.actor, name=shape.name, **said)

    return await _sent(page, None, work, lambda made: f"/roles/{made.name}?done=made")


@router.get("/roles/{name}", **shows(READ))
async def show_role(
    page: CurrentPage, reads: Reads, name: Name, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """What it says, and who holds it."""
    role = await accounts.access.custom.get(reads, page.actor, name)
    held = await accounts.access.assignments.list_(reads, page.actor, role=name)
    return page.show(
        "roles/show.html",
        role=role,
        called=permissions.described(role.name),
        words=permissions.WORDS,
        held=held,
        portraits=await page.portraits_of(reads, [one.user_id for one in held.items]),
        entries=[] if role.is_built_in else await history(reads, ("role", role.id)),
        may_change=page.may(MANAGE) and not role.is_built_in,
        done=DONE.get(done),
    )


@router.get("/roles/{name}/edit", **shows(MANAGE))
async def edit_role(page: CurrentPage, reads: Reads, name: Name) -> Response:
    """The form with what is so now."""
    role = await accounts.access.custom.get(reads, page.actor, name)
    values = {one: getattr(role, one) for one in (*FIELDS, "version")}
    return _form(
        page, Form.of({**values, "grants": [*role.grants], "denies": [*role.denies]}), name
    )


@router.post("/roles/{name}/edit", **takes(MANAGE))
async def change_role(page: CurrentPage, name: Name) -> Response:
    """Change it for all its holders."""

    def work(session: AsyncSession, shape: RoleShape, said: dict[str, Any]) -> Awaitable[Any]:
        return accounts.access.custom.update(
            session, page.actor, name, changes=said, expected_version=shape.version
        )

    return await _sent(page, name, work, lambda _made: f"/roles/{name}?done=saved")


@router.post("/roles/{name}/delete", **takes(MANAGE))
async def delete_role(page: CurrentPage, name: Name) -> Response:
    """Remove it; nobody may hold it any more."""
    async with page.writing() as session:
        await accounts.access.custom.delete(session, page.actor, name)
    return see_other("/roles?done=deleted")


async def _sent(
    page: Page,
    name: str | None,
    work: Callable[[AsyncSession, RoleShape, dict[str, Any]], Awaitable[Any]],
    onward: Callable[[Any], str],
) -> Response:
    form = await Form.read(page.request)
    shape = form.parse(RoleShape)
    if shape is None:
        return _form(page, form, name, status=422)
    said = {
        "title": shape.title,
        "description": shape.description or "",
        "grants": form.lists.get("grants", []),
        "denies": form.lists.get("denies", []),
    }
    done = await page.tried(form, lambda session: work(session, shape, said), FIELDS)
    if isinstance(done, Refused):
        return _form(page, form, name, status=done.status)
    return see_other(onward(done))


def _form(page: Page, form: Form, name: str | None = None, *, status: int = 200) -> Response:
    """Every permission in words; what one does not hold oneself cannot be ticked."""
    return page.show(
        "roles/form.html",
        status=status,
        form=form,
        name=name,
        permissions=[(one.value, words, page.may(one)) for one, words in permissions.WORDS.items()],
    )
