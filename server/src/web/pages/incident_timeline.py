"""The timeline of an incident: read, filtered, written, pinned, given out and printed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import Paging as Limits
from src.domain.operations.incidents import room
from src.domain.operations.tables import EntryKind
from src.web import downloads
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, Shape, TypedDate, TypedTime, see_other
from src.web.pages import incident_frame
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.incident_frame import PATH, READ

router = APIRouter(include_in_schema=False)
FIELDS = frozenset({"text", "at"})
PER_PAGE = 50
SHOWN = (
    ("", mark("Everything"), ()),
    ("people", mark("What people wrote"), (EntryKind.NOTE, EntryKind.UPDATE)),
    ("updates", mark("Updates"), (EntryKind.UPDATE,)),
    ("pinned", mark("Pinned"), ()),
    ("tasks", mark("Tasks"), (EntryKind.TASK,)),
    ("roles", mark("Roles"), (EntryKind.ROLE,)),
    ("states", mark("States and changes"), (EntryKind.STATE, EntryKind.CHANGE, EntryKind.REVIEW)),
)
Said = Annotated[str, Query(max_length=20)]


class NoteShape(Shape):
    """What happened, and when, where it was earlier."""

    text: str = Field(max_length=room.entries.LONGEST)
    at_date: TypedDate | None = None
    at_time: TypedTime | None = None


@router.get(f"{PATH}/timeline", **shows(READ))
async def show_timeline(
    page: CurrentPage, incident_id: UUID, paging: Paging, done: Said = ""
) -> Response:
    """All of it, the latest first."""
    return await _show(page, incident_id, Form(), cursor=paging.cursor, done=done)


@router.post(f"{PATH}/timeline", **takes(READ))
async def write_note(page: CurrentPage, incident_id: UUID) -> Response:
    """Write down what happened."""
    form = await Form.read(page.request)
    shape = form.parse(NoteShape)
    at = incident_frame.moment(form, "at", shape.at_date, shape.at_time) if shape else None
    if shape is None or form.is_faulty:
        return await _show(page, incident_id, form, status=422)
    made = await page.tried(
        form,
        lambda tx: room.entries.note(tx, page.actor, incident_id, text=shape.text, at=at),
        FIELDS,
    )
    if isinstance(made, Refused):
        return await _show(page, incident_id, form, status=made.status)
    back = "/timeline" if form.values.get("next") == "timeline" else ""
    return see_other(f"/incidents/{incident_id}{back}?done=noted#entry-{made.id}")


@router.post(f"{PATH}/timeline/{{entry_id}}/pin", **takes(READ))
async def pin(page: CurrentPage, session: Tx, incident_id: UUID, entry_id: UUID) -> Response:
    """Let it stand on top, or no longer."""
    form = await Form.read(page.request)
    is_pinned = form.values.get("is_pinned") == "true"
    await room.entries.pin(session, page.actor, incident_id, entry_id, is_pinned=is_pinned)
    back = "/timeline" if form.values.get("next") == "timeline" else ""
    done = "pinned" if is_pinned else "unpinned"
    return see_other(f"/incidents/{incident_id}{back}?done={done}#timeline")


@router.get(f"{PATH}/timeline.md", **shows(READ))
async def as_markdown(page: CurrentPage, reads: Reads, incident_id: UUID) -> Response:
    """To be read anywhere, in the reader's language and zone."""
    framed = await incident_frame.framed(reads, page, incident_id)
    found = await room.entries.whole(reads, page.actor, incident_id)
    heading = f"{framed.reference}: {framed.incident.title}"
    text = room.exporting.as_markdown(heading, found)
    return _file(text, f"{framed.reference}-timeline.md", "text/markdown; charset=utf-8")


@router.get(f"{PATH}/timeline.csv", **shows(READ))
async def as_csv(page: CurrentPage, reads: Reads, incident_id: UUID) -> Response:
    """To be counted in a spreadsheet."""
    framed = await incident_frame.framed(reads, page, incident_id)
    found = await room.entries.whole(reads, page.actor, incident_id)
    text = room.exporting.as_csv(found)
    return _file(text, f"{framed.reference}-timeline.csv", "text/csv; charset=utf-8")


@router.get(f"{PATH}/timeline/print", **shows(READ))
async def printed(page: CurrentPage, reads: Reads, incident_id: UUID) -> Response:
    """On paper, or as the PDF that a browser makes of it: the first first, with the review."""
    framed = await incident_frame.framed(reads, page, incident_id)
    return page.show(
        "incidents/room/print.html",
        framed=framed,
        found=await room.entries.whole(reads, page.actor, incident_id),
        roles=await room.roles.of(reads, incident_id),
        tasks=await room.tasks.list_(reads, page.actor, incident_id),
        review=await room.review.find(reads, page.actor, incident_id),
        names=dict(incident_frame.ROLES),
        kinds=room.wording.KINDS,
        phases=dict(incident_frame.PHASES),
    )


def _file(text: str, name: str, content_type: str) -> Response:
    content = text.encode()

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return downloads.attachment(pieces(), name=name, content_type=content_type, size=len(content))


async def _show(
    page: Page,
    incident_id: UUID,
    form: Form,
    *,
    cursor: str | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    chosen = Form.of_query(page.request, show="")
    show = chosen.values["show"]
    kinds = next((kinds for name, _label, kinds in SHOWN if name == show), ())
    wanted = room.entries.Filter(kinds=kinds, is_pinned=show == "pinned")
    async with page.reading() as reads:
        framed = await incident_frame.framed(reads, page, incident_id)
        found = await room.entries.list_(
            reads, page.actor, incident_id, wanted=wanted,
            paging=Limits(limit=PER_PAGE, cursor=cursor),
        )  # fmt: skip
        portraits = await page.portraits_of(reads, incident_frame.authors(found.items))
    return page.show(
        "incidents/room/timeline.html", status=status, framed=framed, page=found, form=form,
        chosen=chosen, shown=[(name, _(label)) for name, label, _kinds in SHOWN],
        portraits=portraits, done=incident_frame.said(done),
    )  # fmt: skip
