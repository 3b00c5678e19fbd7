"""Closures: the list, and a new one together with what becomes of the bookings it hits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import gettext as _
from src.core.language import mark, zone_of
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts, bookings, resources
from src.templating import enter
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, Shape, TypedDate, TypedTime, see_other
from src.web.pages.displacing import choices_of, hits_of
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
enter(mark("Closures"), "/closures", Permission.CLOSURES_MANAGE, rank=50, icon="closure", key="l")

SHOWN = 4  # names a row tells
FIELDS = frozenset({"starts_at", "ends_at", "reason", "resource_ids"})
DONE = {
    "created": mark("It is closed then, and those concerned are told."),
    "cancelled": mark("The closure was taken back; its time can be booked again."),
}


class ClosureShape(Shape):
    """When, what and why."""

    starts_at_date: TypedDate
    starts_at_time: TypedTime
    ends_at_date: TypedDate
    ends_at_time: TypedTime
    reason: str = Field(max_length=500)
    is_everything: bool = False
    resource_ids: list[UUID] = Field(default_factory=list)


@router.get("/closures", **shows(Permission.RESOURCES_READ))
async def list_closures(
    page: CurrentPage,
    reads: Reads,
    paging: Paging,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Closures now and ahead, of all resources or of one."""
    form = Form.of_query(page.request, resource_id="")
    chosen = _chosen(form)
    found = await resources.closures.list_(
        reads, page.actor, resource_ids=chosen, from_=clock.now(), paging=paging
    )
    concerned = {id_ for one in found.items for id_ in one.resource_ids[:SHOWN]}
    return page.show(
        "closures/list.html",
        form=form,
        page=found,
        names=await resources.names(reads, page.actor, concerned),
        resource_choices=await _resources(page, reads, form),
        now=clock.now(),
        done=DONE.get(done),
    )


@router.get("/closures/new", **shows(Permission.CLOSURES_MANAGE))
async def new_closure(page: CurrentPage, resource_id: UUID | None = None) -> Response:
    """The form."""
    chosen = [str(resource_id)] if resource_id else []
    return await _show(page, Form.of({"resource_ids": chosen}))


@router.post("/closures/new", **takes(Permission.CLOSURES_MANAGE))
async def create_closure(page: CurrentPage) -> Response:
    """Close, or ask first what becomes of the bookings in the way."""
    form = await Form.read(page.request)
    shape = form.parse(ClosureShape)
    wish = await _wish(page, form, shape) if shape else None
    if wish is None:
        return await _show(page, form, status=422)
    done = await page.tried(form, _close(page, wish, form), FIELDS)
    if isinstance(done, Refused):
        return await _show(page, form, status=done.status)
    return see_other("/closures?done=created")


def _close(
    page: Page, wish: resources.closures.ClosureWish, form: Form
) -> Callable[[AsyncSession], Awaitable[object]]:
    choices = choices_of(form)
    return lambda session: bookings.displacement.close(
        session, page.actor, wish=wish, choices=choices
    )


async def _wish(
    page: Page, form: Form, shape: ClosureShape
) -> resources.closures.ClosureWish | None:
    zone = zone_of(await _zone(page))
    starts = form.local("starts_at", shape.starts_at_date, shape.starts_at_time, zone)
    ends = form.local("ends_at", shape.ends_at_date, shape.ends_at_time, zone)
    if not shape.is_everything and not shape.resource_ids:
        form.add("resource_ids", "missing", _("Choose at least one, or everything."))
    if starts is None or ends is None or form.is_faulty:
        return None
    chosen = None if shape.is_everything else tuple(shape.resource_ids)
    return resources.closures.ClosureWish(chosen, starts, ends, shape.reason)


async def _zone(page: Page) -> str:
    """A closure may concern resources of several zones: it is typed in the institute's."""
    async with page.reading() as reads:
        institute = await accounts.institute(reads)
    return institute.timezone if institute else page.actor.timezone


async def _resources(page: Page, reads: ReadSession, form: Form) -> list[tuple[str, str]]:
    """Those that are chosen, then the first by name; the page finds the others by their words."""
    chosen = await resources.names(reads, page.actor, _chosen(form))
    found = await resources.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    choices = chosen | {one.id: one.name for one in found.items if one.id not in chosen}
    return [(str(id_), name) for id_, name in choices.items()]


def _chosen(form: Form) -> set[UUID]:
    found: set[UUID] = set()
    for name in ("resource_ids", "resource_id"):
        for value in form.lists.get(name, ()):
            with suppress(ValueError):
                found.add(UUID(value))
    return found


async def _show(page: Page, form: Form, *, status: int = 200) -> Response:
    zone = await _zone(page)
    async with page.reading() as reads:
        choices = await _resources(page, reads, form)
    context = {"form": form, "resource_choices": choices, "zone": zone, "hits": hits_of(form)}
    return page.show("closures/form.html", status=status, **context)


@router.post("/closures/{closure_id}/cancel", **takes(Permission.CLOSURES_MANAGE))
async def cancel_closure(page: CurrentPage, session: Tx, closure_id: UUID) -> Response:
    """Open again what it closed."""
    await resources.closures.cancel(session, page.actor, closure_id)
    return see_other("/closures?done=cancelled")
