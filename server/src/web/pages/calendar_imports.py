"""A calendar file as bookings: choose it, see what would come of each event, then book."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.errors import DomainError
from src.core.language import gettext as _
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import resources
from src.domain.bookings import feeds
from src.domain.bookings.feeds import bringing
from src.web.forms import Form
from src.web.pages import uploads
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
BOOK = Permission.BOOKINGS_CREATE
TEXT, RESOURCE, KEY, CHOICE = "calendar", "resource_id", "key", "on-"


@router.get("/bookings/import", **shows(BOOK))
async def choose_calendar(page: CurrentPage) -> Response:
    """Which file, and which resource it is for."""
    return await _ask(page, Form.of_query(page.request, **{RESOURCE: ""}))


@router.post("/bookings/import", **takes(BOOK))
async def preview_calendar(page: CurrentPage) -> Response:
    """What would come of each event; nothing is written."""
    form = await Form.read(page.request)
    if TEXT not in form.values:
        async with page.request.form() as sent:
            part = uploads.part_of(sent, form)
            content = await part.read(bringing.LARGEST + 1) if part else b""
        if form.is_faulty:
            return await _ask(page, form, status=422)
    else:
        content = form.values[TEXT].encode()
    return await _preview(page, form, content)


@router.post("/bookings/import/take", **takes(BOOK))
async def take_calendar(page: CurrentPage) -> Response:
    """Book those that were ticked, all or none."""
    form = await Form.read(page.request)
    content = form.values.get(TEXT, "").encode()
    if not form.lists.get(KEY):
        form.add(KEY, "missing", _("Tick at least one event."))
        return await _preview(page, form, content, status=422)
    try:
        return page.show("bookings/imported.html", done=await _taken(page, form, content))
    except feeds.CalendarUnreadable as refusal:
        return await _unreadable(page, form, refusal)
    except DomainError as refusal:
        form.refuse(refusal, frozenset())
        return await _preview(page, form, content, status=status_of(refusal))


async def _taken(page: Page, form: Form, content: bytes) -> bringing.Done:
    events = await asyncio.to_thread(bringing.read, content)
    chosen = frozenset(form.lists[KEY])
    on, choices = _resource(form), _choices(form)
    async with page.writing() as tx:
        return await bringing.take(
            tx, page.actor, events, resource_id=on, choices=choices, only=chosen
        )


def _resource(form: Form) -> UUID | None:
    return _uuid(form.values.get(RESOURCE, ""))


def _choices(form: Form) -> dict[str, UUID]:
    """The resources that were chosen for single events."""
    return {
        name.removeprefix(CHOICE): found
        for name, value in form.values.items()
        if name.startswith(CHOICE) and (found := _uuid(value))
    }


def _uuid(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None


async def _preview(page: Page, form: Form, content: bytes, *, status: int = 200) -> Response:
    try:
        events = await asyncio.to_thread(bringing.read, content)
        async with page.reading() as reads:
            plan = await bringing.preview(
                reads, page.actor, events, resource_id=_resource(form), choices=_choices(form)
            )
            choices = await _resources(page, reads)
    except feeds.CalendarUnreadable as refusal:
        return await _unreadable(page, form, refusal)
    return page.show(
        "bookings/import_preview.html",
        status=status,
        form=form,
        plan=plan,
        chosen=form.lists.get(KEY) if KEY in form.lists else None,
        text=content.decode("utf-8-sig"),
        resource_choices=choices,
        choice=CHOICE,
    )


async def _unreadable(page: Page, form: Form, refusal: feeds.CalendarUnreadable) -> Response:
    form.add(uploads.FIELD, refusal.errors[0].code, refusal.errors[0].detail)
    return await _ask(page, form, status=422)


async def _ask(page: Page, form: Form, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        choices = await _resources(page, reads)
    return page.show(
        "bookings/import.html",
        status=status,
        form=form,
        resource_choices=choices,
        most=_("At most %(times)s times and 300 kB.", times=bringing.MOST),
    )


async def _resources(page: Page, reads: ReadSession) -> list[tuple[str, str]]:
    found = await resources.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    return [(str(one.id), one.name) for one in found.items]
