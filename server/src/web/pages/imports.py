"""People by a table: upload, what it would do, then do it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.errors import DomainError
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import accounts
from src.domain.accounts import imports
from src.domain.accounts.imports import Outcome, Plan, TableUnreadable
from src.web.api.imports import table
from src.web.forms import Form
from src.web.pages import uploads
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
MANAGE = Permission.USERS_MANAGE
TEXT = "table"
# Those that change nothing are counted, not listed.
MOST_LISTED = 300

MEANINGS = (
    ("email", mark("Who it is; the only column that is needed.")),
    ("name", mark("Needed for new people.")),
    ("language", mark("Such as en or de; empty for what their browser asks for.")),
    ("time_zone", mark("Such as Europe/Berlin; empty for the institute's.")),
    ("roles", mark("Given everywhere, parted by |; new people are members without it.")),
    ("teams", mark("Names of teams there are, parted by |.")),
    ("leads", mark("Teams they lead, parted by |.")),
)
WORDS = {
    "name": mark("Name"),
    "language": mark("Language"),
    "time_zone": mark("Time zone"),
    "roles": mark("Roles"),
    "teams": mark("Teams"),
    "leads": mark("Leads"),
}


@router.get("/people/imports", **shows(MANAGE))
async def choose_table(page: CurrentPage) -> Response:
    """What a table looks like, and where to put it."""
    return _ask(page, Form())


@router.get("/people/imports/template", **shows(MANAGE))
async def get_template(page: CurrentPage) -> Response:
    """The line of column names with an example."""
    page.actor.require(MANAGE)
    headers = {"Content-Disposition": 'attachment; filename="people-template.csv"'}
    return Response(imports.template(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/people/export", **takes(MANAGE, rate="export"))
async def export_people(page: CurrentPage) -> Response:
    """Everybody, in the same columns; that it was taken along is recorded."""
    async with page.writing() as session:
        imports.export.record(session, page.actor)
    return table(imports.chunks(page.database), f"people-{clock.now():%Y-%m-%d}.csv")


@router.post("/people/imports", **takes(MANAGE))
async def preview_table(page: CurrentPage) -> Response:
    """What it would do; nothing is written."""
    form = await Form.read(page.request)
    async with page.request.form() as sent:
        part = uploads.part_of(sent, form)
        content = await _content(part) if part else b""
    if form.is_faulty:
        return _ask(page, form, status=422)
    return await _preview(page, form, content)


@router.post("/people/imports/take", **takes(MANAGE))
async def take_table(page: CurrentPage) -> Response:
    """Do it: all rows, or those that are right where that was chosen."""
    form = await Form.read(page.request)
    content = form.values.get(TEXT, "").encode()
    try:
        done = await _taken(page, form, content)
    except TableUnreadable as refusal:
        form.add(uploads.FIELD, refusal.errors[0].code, refusal.detail)
        return _ask(page, form, status=422)
    except DomainError as refusal:
        form.refuse(refusal, frozenset())
        return await _preview(page, form, content, status=status_of(refusal))
    return page.show("people/imported.html", result=done)


async def _taken(page: Page, form: Form, content: bytes) -> imports.Done:
    rows = imports.read(content)
    async with page.writing() as session:
        return await imports.take_over(
            session,
            page.actor,
            rows,
            only_good=form.values.get("only_good") == "on",
            invite=form.values.get("invite") == "on",
        )


async def _content(part: UploadFile) -> bytes:
    """One byte more than may be tells that it is too large."""
    return await part.read(imports.LARGEST + 1)


async def _preview(page: Page, form: Form, content: bytes, *, status: int = 200) -> Response:
    try:
        rows = imports.read(content)
    except TableUnreadable as refusal:
        form.add(uploads.FIELD, refusal.errors[0].code, refusal.detail)
        return _ask(page, form, status=422)
    async with page.reading() as reads:
        plan = await imports.preview(reads, page.actor, rows)
    form.refusals = form.refusals if not plan.faults else []
    return page.show(
        "people/preview.html",
        status=status if not plan.faults else max(status, 422),
        form=form,
        plan=plan,
        counts={one.value: plan.count(one) for one in Outcome},
        listed=_listed(plan),
        most=MOST_LISTED,
        words=WORDS,
        text=_text(content),
        may_invite=not accounts.post.current().is_closed,
    )


def _listed(plan: Plan) -> list[imports.RowPlan]:
    """What is wrong first, then what changes something, in the order of the file."""
    rows = [row for row in plan.rows if row.outcome is not Outcome.UNCHANGED]
    return sorted(rows, key=lambda row: row.outcome is not Outcome.REFUSED)[:MOST_LISTED]


def _text(content: bytes) -> str:
    """The same table for the form that takes it over."""
    return imports.reading.decoded(content)


def _ask(page: Page, form: Form, *, status: int = 200) -> Response:
    return page.show(
        "people/imports.html",
        status=status,
        form=form,
        meanings=MEANINGS,
        most=_("At most %(rows)s people and 1 MB.", rows=imports.MOST_ROWS),
    )
