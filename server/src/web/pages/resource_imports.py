"""Resources by a table: upload, what it would do, then do it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from src.core.actor import Permission
from src.core.errors import DomainError
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.accounts.imports import TableUnreadable
from src.domain.accounts.imports.reading import decoded
from src.domain.resources import importing
from src.domain.resources.importing import Outcome, RowResult
from src.web.api.resource_imports import table
from src.web.declarations import declares
from src.web.dependencies import Reads
from src.web.forms import Form
from src.web.pages import uploads
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
MANAGE = Permission.RESOURCES_MANAGE
TEXT = "table"
MEANINGS = (
    ("name", mark("Which it is; the only column that is always needed.")),
    ("type", mark("The name of its type; needed for new ones.")),
    (
        "location",
        mark("The place with | between its parts, as in North|Room 12; needed for new ones."),
    ),
    ("description", mark("What it can do, and what one should know before.")),
    ("time_zone", mark("Such as Europe/Berlin; empty for the institute's.")),
    ("tags", mark("Parted by |.")),
    ("units", mark("How many people can use it at once; counts for new ones.")),
    ("contact", mark("The address of whom to ask first.")),
    ("custom.…", mark("A field its type asks for, by its name.")),
)


@router.get("/resources/imports", **shows(MANAGE))
async def choose_table(page: CurrentPage) -> Response:
    """What a table looks like, and where to put it."""
    return _ask(page, Form())


@router.get("/resources/imports/template", **shows(MANAGE))
async def get_template(page: CurrentPage) -> Response:
    """The line of column names with an example."""
    page.actor.require(MANAGE)
    return table(importing.template(), "resources-template")


@router.get(
    "/resources/export", **declares(Permission.RESOURCES_READ, rate="export", cache="no-store")
)
async def export_resources(page: CurrentPage, reads: Reads) -> Response:
    """All of them, in the same columns."""
    return table(await importing.exported(reads, page.actor))


@router.post("/resources/imports", **takes(MANAGE))
async def preview_table(page: CurrentPage) -> Response:
    """What it would do; nothing of it stays."""
    form = await Form.read(page.request)
    async with page.request.form() as sent:
        part = uploads.part_of(sent, form)
        content = await part.read(importing.LARGEST + 1) if part else b""
    if form.is_faulty:
        return _ask(page, form, status=422)
    return await _preview(page, form, content)


@router.post("/resources/imports/take", **takes(MANAGE))
async def take_table(page: CurrentPage) -> Response:
    """Do it: all rows, or those that are right where that was chosen."""
    form = await Form.read(page.request)
    content = form.values.get(TEXT, "").encode()
    only_good = form.values.get("only_good") == "on"
    try:
        rows = importing.read(content)
        async with page.writing() as tx:
            done = await importing.take_over(tx, page.actor, rows, only_good=only_good)
    except TableUnreadable as refusal:
        form.add(uploads.FIELD, refusal.errors[0].code, refusal.detail)
        return _ask(page, form, status=422)
    except DomainError as refusal:
        form.refuse(refusal, frozenset())
        return await _preview(page, form, content, status=status_of(refusal))
    return page.show("resources/imported.html", counts=_counts(done))


async def _preview(page: Page, form: Form, content: bytes, *, status: int = 200) -> Response:
    try:
        rows = importing.read(content)
    except TableUnreadable as refusal:
        form.add(uploads.FIELD, refusal.errors[0].code, refusal.detail)
        return _ask(page, form, status=422)
    async with page.writing() as tx:
        results = await importing.preview(tx, page.actor, rows)
    counts = _counts(results)
    form.refusals = [] if counts[Outcome.REFUSED.value] else form.refusals
    return page.show(
        "resources/import_preview.html",
        status=max(status, 422) if counts[Outcome.REFUSED.value] else status,
        form=form,
        rows=sorted(results, key=lambda row: row.outcome is not Outcome.REFUSED),
        counts=counts,
        text=decoded(content),
    )


def _counts(results: list[RowResult]) -> dict[str, int]:
    outcomes = [result.outcome for result in results]
    return {one.value: outcomes.count(one) for one in Outcome}


def _ask(page: Page, form: Form, *, status: int = 200) -> Response:
    return page.show(
        "resources/imports.html",
        status=status,
        form=form,
        meanings=MEANINGS,
        most=_("At most %(rows)s resources and 1 MB.", rows=importing.MOST_ROWS),
    )
