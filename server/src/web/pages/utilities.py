"""Utilities: what depends on them, and taking them down and back with all of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import mark, zone_of
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts, bookings, resources
from src.domain.resources.tables import Effect
from src.domain.resources.utilities import Dependant
from src.templating import enter
from src.web.dependencies import Reads, Tx
from src.web.forms import Form, Shape, TypedDate, TypedTime, see_other
from src.web.pages.displacing import choices_of, hits_of
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.history import history

router = APIRouter(include_in_schema=False)
READ, MANAGE = Permission.RESOURCES_READ, Permission.RESOURCES_MANAGE
enter(mark("Utilities"), "/utilities", MANAGE, rank=55, icon="warmth", is_everywhere=True)

DONE = {
    "created": mark("The utility was added. Say what depends on it."),
    "saved": mark("Saved."),
    "down": mark("It is down with what depends on it, and those concerned are told."),
    "back": mark("It is back, with everything that nothing else keeps down."),
    "removed": mark("The utility was removed."),
}


class UtilityShape(Shape):
    """What it is."""

    name: str = Field(max_length=120)
    description: str = Field("", max_length=10_000)


class ChangeShape(UtilityShape):
    """The version that was read, and what depends on it: wholly, or in part."""

    version: int
    full: list[UUID] = Field(default_factory=list)
    partial: list[UUID] = Field(default_factory=list)

    def dependants(self) -> list[Dependant]:
        """Who is said to depend on it in both ways does so wholly."""
        partly = [one for one in self.partial if one not in self.full]
        return [
            *(Dependant(one, Effect.DOWN) for one in self.full),
            *(Dependant(one, Effect.DEGRADED) for one in partly),
        ]


class DownShape(Shape):
    """Why, and until when as far as one knows."""

    reason: str = Field(max_length=350)
    until_date: TypedDate | None = None
    until_time: TypedTime | None = None


@router.get("/utilities", **shows(READ))
async def list_utilities(
    page: CurrentPage, reads: Reads, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """All of them; what is down comes first."""
    found = await resources.utilities.list_(reads, page.actor)
    return page.show("utilities/list.html", found=found, done=DONE.get(done))


@router.get("/utilities/new", **shows(MANAGE))
async def new_utility(page: CurrentPage) -> Response:
    """The form."""
    return page.show("utilities/form.html", form=Form(), one=None)


@router.post("/utilities/new", **takes(MANAGE))
async def create_utility(page: CurrentPage) -> Response:
    """Add it; what depends on it is said next."""
    form = await Form.read(page.request)
    shape = form.parse(UtilityShape)
    if shape is None:
        return page.show("utilities/form.html", status=422, form=form, one=None)
    made = await page.tried(form, lambda tx: resources.utilities.create(
        tx, page.actor, name=shape.name, description=shape.description
    ))  # fmt: skip
    if isinstance(made, Refused):
        return page.show("utilities/form.html", status=made.status, form=form, one=None)
    return see_other(f"/utilities/{made.id}/edit?done=created")


@router.get("/utilities/{utility_id}", **shows(READ))
async def show_utility(
    page: CurrentPage,
    reads: Reads,
    utility_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What depends on it, how it is, and what was done."""
    one = await resources.utilities.get(reads, page.actor, utility_id)
    may_manage = page.may(MANAGE)
    events = await history(reads, ("utility", utility_id)) if may_manage else None
    return page.show(
        "utilities/show.html", one=one, may_manage=may_manage, events=events, done=DONE.get(done)
    )


@router.get("/utilities/{utility_id}/edit", **shows(MANAGE))
async def edit_form(
    page: CurrentPage, utility_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Name, words, and what depends on it."""
    async with page.reading() as reads:
        one = await resources.utilities.get(reads, page.actor, utility_id)
    form = Form.of({
        "name": one.name, "description": one.description, "version": one.version,
        "full": [each.resource_id for each in one.dependants if each.effect is Effect.DOWN],
        "partial": [each.resource_id for each in one.dependants if each.effect is not Effect.DOWN],
    })  # fmt: skip
    return await _show_edit(page, form, utility_id, done=DONE.get(done))


@router.post("/utilities/{utility_id}/edit", **takes(MANAGE))
async def edit(page: CurrentPage, utility_id: UUID) -> Response:
    """All of it in one transaction."""
    form = await Form.read(page.request)
    shape = form.parse(ChangeShape)
    if shape is None:
        return await _show_edit(page, form, utility_id, status=422)
    made = await page.tried(form, _changing(page, utility_id, shape))
    if isinstance(made, Refused):
        return await _show_edit(page, form, utility_id, status=made.status)
    return see_other(f"/utilities/{utility_id}?done=saved")


def _changing(
    page: Page, utility_id: UUID, shape: ChangeShape
) -> Callable[[AsyncSession], Awaitable[object]]:
    async def work(session: AsyncSession) -> None:
        before = await resources.utilities.get(session, page.actor, utility_id)
        said = {"name": shape.name, "description": shape.description}
        await resources.utilities.update(
            session, page.actor, utility_id, changes=said, expected_version=shape.version
        )
        known = {each.resource_id: each.effect for each in before.dependants}
        wanted = shape.dependants()
        if known != {each.resource_id: each.effect for each in wanted}:
            await resources.utilities.set_dependants(session, page.actor, utility_id, wanted)

    return work


@router.get("/utilities/{utility_id}/down", **shows(MANAGE))
async def down_form(page: CurrentPage, utility_id: UUID) -> Response:
    """Why, and until when."""
    return await _show_down(page, Form(), utility_id)


@router.post("/utilities/{utility_id}/down", **takes(MANAGE))
async def take_down(page: CurrentPage, utility_id: UUID) -> Response:
    """Do it, or ask first what becomes of the bookings of all that goes down."""
    form = await Form.read(page.request)
    shape = form.parse(DownShape)
    until = None
    if shape is not None and shape.until_date:
        zone = zone_of(await _zone(page))
        until = form.local("until", shape.until_date, shape.until_time or time(), zone)
    if shape is None or form.is_faulty:
        return await _show_down(page, form, utility_id, status=422)
    choices = choices_of(form)
    done = await page.tried(form, lambda tx: bookings.displacement.take_down_utility(
        tx, page.actor, utility_id, reason=shape.reason, choices=choices, until=until
    ))  # fmt: skip
    if isinstance(done, Refused):
        return await _show_down(page, form, utility_id, status=done.status)
    return see_other(f"/utilities/{utility_id}?done=down")


@router.post("/utilities/{utility_id}/back", **takes(MANAGE))
async def bring_back(page: CurrentPage, session: Tx, utility_id: UUID) -> Response:
    """Let it work again, and what depends on it."""
    await resources.utilities.bring_back(session, page.actor, utility_id)
    return see_other(f"/utilities/{utility_id}?done=back")


@router.post("/utilities/{utility_id}/remove", **takes(MANAGE))
async def remove(page: CurrentPage, session: Tx, utility_id: UUID) -> Response:
    """Have it no more."""
    await resources.utilities.remove(session, page.actor, utility_id)
    return see_other("/utilities?done=removed")


async def _show_edit(
    page: Page, form: Form, utility_id: UUID, *, done: str | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        one = await resources.utilities.get(reads, page.actor, utility_id)
        found = await resources.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    named = {each.resource_id: each.name for each in one.dependants}
    choices = named | {each.id: each.name for each in found.items if each.id not in named}
    return page.show(
        "utilities/edit.html", status=status, form=form, one=one, done=done,
        resource_choices=[(str(id_), name) for id_, name in choices.items()],
    )  # fmt: skip


async def _show_down(page: Page, form: Form, utility_id: UUID, *, status: int = 200) -> Response:
    zone = await _zone(page)
    async with page.reading() as reads:
        one = await resources.utilities.get(reads, page.actor, utility_id)
    context = {"form": form, "one": one, "hits": hits_of(form), "zone": zone}
    return page.show("utilities/down.html", status=status, **context)


async def _zone(page: Page) -> str:
    """What depends on it may lie in several zones: times are typed in the institute's."""
    async with page.reading() as reads:
        institute = await accounts.institute(reads)
    return institute.timezone if institute else page.actor.timezone
