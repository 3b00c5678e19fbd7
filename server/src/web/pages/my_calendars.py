"""Your calendars elsewhere: addresses for the program you keep your own calendar in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts, resources
from src.domain.bookings import feeds
from src.domain.bookings.feeds import FeedKind, FeedWish, NewFeed
from src.templating import enter_me
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages.factors import qr
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
enter_me(mark("Calendars"), "/me/calendars", rank=45)

DONE = {
    "revoked": mark("The address was revoked: nothing can read it any more."),
    "renamed": mark("The new name is kept."),
}
KINDS = {
    "person": mark("Your own bookings, and those you are invited to"),
    "team": mark("The bookings of a team"),
    "resource": mark("Everything on a resource"),
}
FIELDS = frozenset({"name", "kind", "team_id", "resource_id"})


class FeedShape(Shape):
    """An address as it is asked for."""

    kind: Literal["person", "team", "resource"] = "person"
    team_id: UUID | None = None
    resource_id: UUID | None = None
    name: str = Field("", max_length=120)

    def wish(self) -> FeedWish:
        """As the service takes it."""
        subject = {"team": self.team_id, "resource": self.resource_id}.get(self.kind)
        return FeedWish(FeedKind(self.kind), subject, self.name)


class NameShape(Shape):
    """Another name."""

    name: str = Field("", max_length=120)


@router.get("/me/calendars", **shows(SIGNED_IN))
async def show_calendars(
    page: CurrentPage,
    done: Annotated[str, Query(max_length=20)] = "",
    resource_id: Annotated[str, Query(max_length=40)] = "",
    team_id: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The addresses there are, and the form for another; a link may say what it is to show."""
    kind = "resource" if resource_id else "team" if team_id else "person"
    form = Form.of({"kind": kind, "resource_id": resource_id, "team_id": team_id})
    return await _show(page, form, done=done)


@router.post("/me/calendars", **takes(SIGNED_IN))
async def make_calendar(page: CurrentPage) -> Response:
    """Make an address, and show it by this answer alone."""
    form = await Form.read(page.request)
    shape = form.parse(FeedShape)
    if shape is None:
        return await _show(page, form, status=422)
    made = await page.tried(form, _making(page, shape.wish()), FIELDS)
    if isinstance(made, Refused):
        _at_its_field(form, shape.kind)
        return await _show(page, form, status=made.status)
    return _handed_over(page, made)


@router.post("/me/calendars/{feed_id}/name", **takes(SIGNED_IN))
async def name_calendar(page: CurrentPage, feed_id: UUID) -> Response:
    """Call it otherwise."""
    form = await Form.read(page.request)
    shape = form.parse(NameShape)
    if shape is None:
        return await _show(page, form, status=422)
    async with page.writing() as tx:
        await feeds.rename(tx, page.actor, feed_id, name=shape.name)
    return see_other("/me/calendars?done=renamed")


@router.post("/me/calendars/{feed_id}/renew", **takes(SIGNED_IN))
async def renew_calendar(page: CurrentPage, feed_id: UUID) -> Response:
    """Another address in its place, shown by this answer alone."""
    async with page.writing() as tx:
        made = await feeds.renew(tx, page.actor, feed_id)
    return _handed_over(page, made)


@router.post("/me/calendars/{feed_id}/revoke", **takes(SIGNED_IN))
async def revoke_calendar(page: CurrentPage, session: Tx, feed_id: UUID) -> Response:
    """End it at once."""
    await feeds.revoke(session, page.actor, feed_id)
    return see_other("/me/calendars?done=revoked")


def _making(page: Page, wish: FeedWish) -> Callable[[AsyncSession], Awaitable[NewFeed]]:
    return lambda session: feeds.create(session, page.actor, wish=wish)


def _at_its_field(form: Form, kind: str) -> None:
    """What is wrong with the subject is said where it was chosen."""
    name = "team_id" if kind == "team" else "resource_id"
    for fault in form.faults.pop("subject_id", ()):
        form.add(name, fault.code, fault.text)


async def _show(page: Page, form: Form, *, done: str = "", status: int = 200) -> Response:
    async with page.reading() as reads:
        found = await feeds.list_(reads, page.actor)
        teams = await accounts.team_names(reads, page.actor.team_ids)
        choices: list[tuple[UUID, str]] = []
        if page.actor.may_anywhere(Permission.RESOURCES_READ):
            listed = await resources.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
            named = await resources.names(reads, page.actor, _chosen(form))
            choices = list((named | {one.id: one.name for one in listed.items}).items())
    return page.show(
        "me/calendars.html",
        status=status,
        feeds=found,
        form=form,
        kinds=[(value, _(words)) for value, words in KINDS.items()],
        teams=sorted(((str(id_), name) for id_, name in teams.items()), key=lambda one: one[1]),
        resource_choices=choices,
        done=DONE.get(done),
    )


def _chosen(form: Form) -> set[UUID]:
    """The resource a link named, which the list may not reach."""
    with suppress(ValueError):
        return {UUID(form.values.get("resource_id", ""))}
    return set()


def _handed_over(page: Page, made: NewFeed) -> Response:
    address = feeds.address(page.settings.base_url, made.token)
    return page.show(
        "me/calendar_made.html",
        status=201,
        feed=made.view,
        address=address,
        webcal="webcal://" + address.partition("://")[2],
        qr=qr(address),
    )
