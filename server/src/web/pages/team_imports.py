"""A team moves in: send a file, see what would come of it, take it over; watched while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Permission, team_scope
from src.core.language import gettext as _
from src.core.language import mark
from src.core.operations import OPEN
from src.core.paging import Paging
from src.domain.operations import imports
from src.domain.operations.imports import SHEETS, ImportView
from src.domain.operations.tables import ImportFormat, ImportKind
from src.templating import enter
from src.web.api.resource_imports import table
from src.web.api.team_imports import template
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages import uploads
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.updates import teams_of

router = APIRouter(include_in_schema=False)
MANAGE = Permission.OPERATIONS_MANAGE
enter(mark("Move in"), "/imports/team", MANAGE, rank=48, icon="upload")
LISTED, RECENT = 200, 20
REFRESH = 2  # seconds, where there are no scripts
KINDS = (
    (ImportKind.STATUS_UPDATES, mark("Status updates"), "update", "/updates"),
    (ImportKind.INCIDENTS, mark("Incidents"), "incident", "/incidents"),
    (ImportKind.BLOCKERS, mark("Blockers"), "blocker", "/blockers"),
    (ImportKind.DECISIONS, mark("Decisions"), "decision", "/decisions"),
)
EVERYBODY = "everybody"


class UploadShape(Shape):
    """What is sent, and whose it becomes."""

    kind: ImportKind
    team_id: str = EVERYBODY


@router.get("/imports/team", **shows(MANAGE))
async def choose_file(
    page: CurrentPage, kind: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """What a file looks like, where to put it, and what was sent before."""
    known = [one.value for one in ImportKind]
    return await _ask(page, Form.of({"kind": kind if kind in known else known[0]}))


@router.get("/imports/team/templates/{kind}", **shows(MANAGE))
async def get_template(kind: ImportKind, format: ImportFormat = ImportFormat.CSV) -> Response:
    """A file with one row, to begin with."""
    return template(kind, format)


@router.post("/imports/team", **takes(MANAGE))
async def send_file(page: CurrentPage) -> Response:
    """Keep it and have it looked through."""
    form = await Form.read(page.request)
    name, content = await _received(page, form)
    shape = form.parse(UploadShape)
    if shape is None or form.is_faulty:
        return await _ask(page, form, status=422)
    made = await page.tried(form, _keeping(page, shape, name, content), frozenset())
    if isinstance(made, Refused):
        return await _ask(page, form, status=made.status)
    return see_other(f"/imports/team/{made.id}")


@router.get("/imports/team/{import_id}", **shows(MANAGE))
async def show_import(page: CurrentPage, reads: Reads, import_id: UUID) -> Response:
    """How far it is, then what would come of it, then what came."""
    return _show(page, Form(), await imports.get(reads, page.actor, import_id))


@router.get("/imports/team/{import_id}/faults", **shows(MANAGE))
async def download_faults(page: CurrentPage, reads: Reads, import_id: UUID) -> Response:
    """What is wrong, as a table."""
    return table(await imports.faults_as_csv(reads, page.actor, import_id), "import-faults")


@router.post("/imports/team/{import_id}/take", **takes(MANAGE))
async def take_over(page: CurrentPage, import_id: UUID) -> Response:
    """Take over all of it, or the good rows alone."""
    form = await Form.read(page.request)
    only_good = form.values.get("only_good") == "on"
    made = await page.tried(
        form, lambda tx: imports.take(tx, page.actor, import_id, only_good=only_good), frozenset()
    )
    if isinstance(made, Refused):
        async with page.reading() as reads:
            view = await imports.get(reads, page.actor, import_id)
        return _show(page, form, view, status=made.status)
    return see_other(f"/imports/team/{import_id}")


async def _received(page: Page, form: Form) -> tuple[str, bytes]:
    """The file's name and its bytes; one more than may be tells that it is too large."""
    async with page.request.form() as sent:
        part = uploads.part_of(sent, form)
        if part is None:
            return "", b""
        return part.filename or "", await part.read(imports.LARGEST + 1)


def _keeping(
    page: Page, shape: UploadShape, name: str, content: bytes
) -> Callable[[AsyncSession], Awaitable[ImportView]]:
    format_ = ImportFormat.JSON if name.lower().endswith(".json") else ImportFormat.CSV
    team_id = None if shape.team_id == EVERYBODY else _id(shape.team_id)
    return lambda tx: imports.upload(
        tx, page.actor, kind=shape.kind, format_=format_, content=content, name=name,
        team_id=team_id,
    )  # fmt: skip


def _show(page: Page, form: Form, view: ImportView, *, status: int = 200) -> Response:
    _kind, words, icon, path = next(one for one in KINDS if one[0] is view.kind)
    return page.show(
        "imports/show.html",
        status=status,
        form=form,
        view=view,
        words=words,
        icon_name=icon,
        path=path,
        is_open=view.state in OPEN,
        listed=view.faults[:LISTED],
        refresh=REFRESH,
    )


async def _ask(page: Page, form: Form, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        teams = await teams_of(reads, page)
        sent = await imports.list_(reads, page.actor, paging=Paging(limit=RECENT))
    own = [(id_, name) for id_, name in teams if page.may(MANAGE, team_scope(UUID(id_)))]
    everybody = [(EVERYBODY, _("Everybody"))] if page.may(MANAGE) else []
    return page.show(
        "imports/team.html",
        status=status,
        form=form,
        kinds=KINDS,
        sheets=SHEETS,
        teams=[*everybody, *own],
        sent=sent.items,
        words={kind: (words, icon) for kind, words, icon, _path in KINDS},
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
