"""Archived months of the record: which there are, and what happened in one of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core import audit_archives
from src.core.actor import Permission
from src.core.audit import Filter
from src.core.language import zone_of
from src.domain import accounts
from src.web.dependencies import Reads
from src.web.forms import Form
from src.web.pages import event_rows, events
from src.web.pages.frame import CurrentPage, Page, shows

router = APIRouter(include_in_schema=False)
After = Annotated[str, Query(pattern=r"^[0-9]{1,18}$")]


@router.get("/events/archives", **shows(Permission.EVENTS_READ))
async def list_archives(page: CurrentPage, reads: Reads) -> Response:
    """The months that left the database, the newest first."""
    found = await audit_archives.list_(reads, page.actor)
    return page.show("events/archives.html", archives=found)


@router.get("/events/archives/{archive_id}", **shows(Permission.EVENTS_READ))
async def show_archive(page: CurrentPage, archive_id: UUID, after: After = "0") -> Response:
    """What happened in a month, in commit order, filtered as the record is."""
    form = Form.of_query(page.request, **dict.fromkeys(events.FILTERS, ""))
    wanted = events.wanted_by(form, zone_of(page.actor.timezone))
    storage = page.request.app.state.storage
    found = await audit_archives.read(
        page.database, storage, page.actor, archive_id, wanted=wanted, after=int(after)
    )
    return await _shown(page, form, found, wanted, is_further=after != "0")


async def _shown(
    page: Page, form: Form, found: audit_archives.ArchivedPage, wanted: Filter, *, is_further: bool
) -> Response:
    async with page.reading() as reads:
        named = await accounts.names(reads, event_rows.people_of(found.items, wanted))
        choices = await events.filter_choices(page, reads, wanted, named)
    return page.show(
        "events/archive.html",
        form=form,
        archive=found.archive,
        rows=[event_rows.row_of(one, named) for one in found.items],
        after=found.after,
        is_further=is_further,
        **choices,
    )
