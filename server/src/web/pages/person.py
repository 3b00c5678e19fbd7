"""A person: their page, and what those who manage people change on it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import mark
from src.domain import accounts, training
from src.domain.accounts import UserState, UserView
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages import permissions
from src.web.pages.factors import sure
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.history import history
from src.web.pages.zones import zones

router = APIRouter(include_in_schema=False)
MANAGE = Permission.USERS_MANAGE
FIELDS = frozenset({"name", "email", "locale", "timezone"})

DONE = {
    "saved": mark("The details were saved."),
    "suspended": mark("They are out: log-ins, tokens and keys have ended."),
    "reactivated": mark("They can log in again."),
    "granted": mark("The role was given."),
    "taken": mark("The role was taken away."),
    "factors": mark("Their second factors were removed; they were told by mail."),
}


class DetailsShape(Shape):
    """What may be changed of somebody else."""

    name: str = Field(max_length=200)
    email: str = Field(max_length=320)
    locale: str | None = Field(None, max_length=16)
    timezone: str = Field(max_length=64)
    version: int


class ReasonShape(Shape):
    """Why."""

    reason: str | None = Field(None, max_length=500)


class StateShape(ReasonShape):
    """Why, and the version that was read."""

    version: int


@router.get("/people/{user_id}", **shows(Permission.USERS_READ))
async def show_person(
    page: CurrentPage,
    reads: Reads,
    user_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """All there is for those who manage people; a card with name, teams and picture for others."""
    one = await accounts.get_user(reads, page.actor, user_id)
    shown: dict[str, Any] = {
        "one": one,
        "portraits": await page.portraits_of(reads, [user_id]),
        "held": await _held(page, reads, user_id),
    }
    if not page.may(MANAGE):
        return page.show("people/card.html", **shown)
    shown |= await _for_managers(page, reads, user_id)
    return page.show("people/show.html", **shown, done=DONE.get(done))


@router.get("/people/{user_id}/edit", **shows(MANAGE))
async def edit_person(page: CurrentPage, reads: Reads, user_id: UUID) -> Response:
    """The form with what is so now."""
    one = await accounts.get_user(reads, page.actor, user_id)
    names = (*sorted(FIELDS), "version")
    return _form(page, one, Form.of({name: getattr(one, name) for name in names}))


@router.post("/people/{user_id}/edit", **takes(MANAGE))
async def change_person(page: CurrentPage, user_id: UUID) -> Response:
    """Name, address, language and time zone."""
    form = await Form.read(page.request)
    shape = form.parse(DetailsShape)
    status = 422
    if shape is not None:
        done = await _changed(page, user_id, form, shape)
        if not isinstance(done, Refused):
            return see_other(f"/people/{user_id}?done=saved")
        status = done.status
    async with page.reading() as reads:
        one = await accounts.get_user(reads, page.actor, user_id)
    return _form(page, one, form, status=status)


async def _changed(
    page: Page, user_id: UUID, form: Form, shape: DetailsShape
) -> UserView | Refused:
    changes = {name: getattr(shape, name) for name in FIELDS}
    return await page.tried(
        form,
        lambda tx: accounts.update_user(
            tx, page.actor, user_id, changes=changes, expected_version=shape.version
        ),
        FIELDS,
    )


@router.get("/people/{user_id}/suspend", **shows(MANAGE))
async def ask_suspend(page: CurrentPage, reads: Reads, user_id: UUID) -> Response:
    """What will happen, and why it should."""
    one = await accounts.get_user(reads, page.actor, user_id)
    standing = await accounts.profiles.standing(reads, page.actor, user_id)
    form = Form.of({"version": one.version})
    return page.show("people/suspend.html", one=one, form=form, standing=standing)


@router.post("/people/{user_id}/suspend", **takes(MANAGE))
async def suspend_person(page: CurrentPage, user_id: UUID) -> Response:
    """Keep them out from now on."""
    return await _state(page, user_id, UserState.SUSPENDED, "suspended")


@router.post("/people/{user_id}/reactivate", **takes(MANAGE))
async def reactivate_person(page: CurrentPage, user_id: UUID) -> Response:
    """Let them in again."""
    return await _state(page, user_id, UserState.ACTIVE, "reactivated")


@router.get("/people/{user_id}/erase", **shows(MANAGE))
async def ask_erase(page: CurrentPage, reads: Reads, user_id: UUID) -> Response:
    """What will happen, and why it should."""
    one = await accounts.get_user(reads, page.actor, user_id)
    return page.show("people/erase.html", one=one, form=Form())


@router.post("/people/{user_id}/erase", **sure(takes(MANAGE)))
async def erase_person(page: CurrentPage, user_id: UUID) -> Response:
    """Erase what is personal of them, for good."""
    form = await Form.read(page.request)
    shape = form.parse(ReasonShape)
    status = 422
    if shape is not None:
        done = await page.tried(
            form,
            lambda tx: accounts.leaving.erasure.erase(tx, page.actor, user_id, reason=shape.reason),
        )
        if not isinstance(done, Refused):
            return see_other("/people?done=erased")
        status = done.status
    async with page.reading() as reads:
        one = await accounts.get_user(reads, page.actor, user_id)
    return page.show("people/erase.html", one=one, form=form, status=status)


async def _state(page: Page, user_id: UUID, state: UserState, said: str) -> Response:
    form = await Form.read(page.request)
    shape = form.parse(StateShape)
    status = 422
    if shape is not None:
        done = await page.tried(
            form,
            lambda tx: accounts.update_user(
                tx,
                page.actor,
                user_id,
                changes={"state": state},
                expected_version=shape.version,
                reason=shape.reason,
            ),
        )
        if not isinstance(done, Refused):
            return see_other(f"/people/{user_id}?done={said}")
        status = done.status
    async with page.reading() as reads:
        one = await accounts.get_user(reads, page.actor, user_id)
        standing = await accounts.profiles.standing(reads, page.actor, user_id)
    return page.show("people/suspend.html", one=one, form=form, standing=standing, status=status)


async def _for_managers(page: Page, reads: ReadSession, user_id: UUID) -> dict[str, Any]:
    return {
        "standing": await accounts.profiles.standing(reads, page.actor, user_id),
        "roles": await _roles(page, reads, user_id),
        "entries": await history(reads, ("user", user_id)),
        "is_self": user_id == page.actor.user_id,
        "described": permissions.described,
    }


async def _held(page: Page, reads: ReadSession, user_id: UUID) -> list[training.GrantView] | None:
    """What they are qualified for, for those who decide about that."""
    if not training.grants.may_manage(page.actor):
        return None
    return await training.grants.of_person(reads, page.actor, user_id)


async def _roles(
    page: Page, reads: ReadSession, user_id: UUID
) -> list[accounts.access.assignments.AssignmentView]:
    if not page.may(Permission.ACCESS_READ):
        return []
    found = await accounts.access.assignments.list_(reads, page.actor, user_id=user_id)
    return found.items


def _form(page: Page, one: UserView, form: Form, *, status: int = 200) -> Response:
    return page.show(
        "people/edit.html",
        status=status,
        one=one,
        form=form,
        spoken=[(code, language.own_name(code)) for code in language.available()],
        zones=zones(clock.now(), one.timezone),
    )
