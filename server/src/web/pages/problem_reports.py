"""Problems: reported at the instrument, listed with the worst first, judged and resolved."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.datastructures import UploadFile
from starlette.responses import Response

from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.errors import DomainError
from src.core.language import mark
from src.domain import bookings, files, maintenance, resources
from src.domain.maintenance import ProblemState, Report, Severity
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages import uploads, words
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.history import history

router = APIRouter(include_in_schema=False)
READ, REPORT = Permission.RESOURCES_READ, Permission.PROBLEMS_REPORT
MANAGE = Permission.PROBLEMS_MANAGE
enter(mark("Problems"), "/problem-reports", READ, rank=25, icon="alert")

FIELDS = frozenset({"severity", "text", "is_blocking", "booking_id", "file"})
SEVERITIES = (
    (Severity.LOW, mark("Low"), mark("A blemish; it works.")),
    (Severity.MEDIUM, mark("Medium"), mark("It works, with a nuisance.")),
    (Severity.HIGH, mark("High"), mark("Results suffer, or a part does not work.")),
    (Severity.CRITICAL, mark("Critical"), mark("It does not work, or somebody could be hurt.")),
)
DONE = {
    "reported": mark("Thank you. Those who look after it are told."),
    "down": mark("Thank you. It is down now, and those concerned are told."),
    "no-photo": mark("The report is in, and those concerned are told; the photo was not taken."),
    "judged": mark("The problem was judged anew."),
    "resolved": mark("Resolved; whoever reported it is told."),
}


class ReportShape(Shape):
    """What is wrong."""

    severity: Severity
    text: str = Field(max_length=maintenance.problems.LONGEST_TEXT)
    is_blocking: bool = False
    booking_id: UUID | None = None


class JudgeShape(Shape):
    """How bad it is by now."""

    severity: Severity
    is_blocking: bool = False
    version: int


class ResolveShape(Shape):
    """What was done."""

    note: str = Field(max_length=maintenance.problems.LONGEST_NOTE)
    version: int


@router.get("/problem-reports", **shows(READ))
async def list_problems(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """Those that are open, the worst first; of one resource if one likes, resolved ones too."""
    form = Form.of_query(page.request, resource_id="", state="open")
    chosen = [one for one in [_id(form.values["resource_id"])] if one]
    states = list(ProblemState) if form.values["state"] == "all" else [ProblemState.OPEN]
    found = await maintenance.problems.list_(
        reads, page.actor, resource_ids=chosen, states=states, paging=paging
    )
    named = await resources.names(reads, page.actor, chosen)
    portraits = await page.portraits_of(reads, (one.reported_by.id for one in found.items))
    return page.show("problems/list.html", form=form, page=found, named=named, portraits=portraits)


@router.get("/resources/{resource_id}/problem", **shows(REPORT))
async def report_form(
    page: CurrentPage, resource_id: UUID, booking_id: UUID | None = None
) -> Response:
    """The form, made for a phone in a glove."""
    form = Form.of({"booking_id": booking_id or "", "severity": Severity.MEDIUM})
    return await _show_form(page, form, resource_id)


@router.post("/resources/{resource_id}/problem", **takes(REPORT))
async def report_problem(page: CurrentPage, resource_id: UUID) -> Response:
    """Take the report; its photo follows, and a photo that is refused takes no report back."""
    form = await Form.read(page.request)
    shape = form.parse(ReportShape)
    if shape is None:
        return await _show_form(page, form, resource_id, status=422)
    wish = Report(resource_id, shape.severity, shape.text, shape.is_blocking, shape.booking_id)
    made = await page.tried(
        form, lambda tx: maintenance.problems.report(tx, page.actor, report=wish), FIELDS
    )
    if isinstance(made, Refused):
        return await _show_form(page, form, resource_id, status=made.status)
    done = "down" if made.is_blocking else "reported"
    if not await _photo_is_taken(page, made.id):
        done = "no-photo"
    return see_other(f"/problem-reports/{made.id}?done={done}")


@router.get("/problem-reports/{problem_id}", **shows(READ))
async def show_problem(
    page: CurrentPage, problem_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """One report, and what those who look after it do with it."""
    return await _show(page, problem_id, Form(), done=DONE.get(done))


@router.post("/problem-reports/{problem_id}/judge", **takes(MANAGE))
async def judge(page: CurrentPage, problem_id: UUID) -> Response:
    """Say how bad it is by now, and whether it can be used."""
    form = await Form.read(page.request)
    shape = form.parse(JudgeShape)
    if shape is None:
        return await _show(page, problem_id, form, status=422)
    changes = {"severity": shape.severity, "is_blocking": shape.is_blocking}
    made = await page.tried(form, lambda tx: maintenance.problems.change(
        tx, page.actor, problem_id, changes=changes, expected_version=shape.version
    ))  # fmt: skip
    if isinstance(made, Refused):
        return await _show(page, problem_id, form, status=made.status)
    return see_other(f"/problem-reports/{problem_id}?done=judged")


@router.post("/problem-reports/{problem_id}/resolve", **takes(MANAGE))
async def resolve(page: CurrentPage, problem_id: UUID) -> Response:
    """Say that it is over, and how."""
    form = await Form.read(page.request)
    shape = form.parse(ResolveShape)
    if shape is None:
        return await _show(page, problem_id, form, status=422)
    made = await page.tried(form, lambda tx: maintenance.problems.resolve(
        tx, page.actor, problem_id, note=shape.note, expected_version=shape.version
    ))  # fmt: skip
    if isinstance(made, Refused):
        return await _show(page, problem_id, form, status=made.status)
    return see_other(f"/problem-reports/{problem_id}?done=resolved")


async def open_of(reads: ReadSession, page: Page, resource_id: UUID) -> list[Any]:
    """The open problems of a resource, for its own pages."""
    found = await maintenance.problems.list_(reads, page.actor, resource_ids=[resource_id])
    return found.items


async def _photo_is_taken(page: Page, problem_id: UUID) -> bool:
    """Whether the photo is stored, or there was none."""
    async with page.request.form() as sent:
        part = sent.get(uploads.FIELD)
        if not isinstance(part, UploadFile) or not part.filename:
            return True
        kind = files.kinds.PICTURE.name
        wish = files.Wish(("problem", problem_id), part.filename, kind, part.size)
        state = page.request.app.state
        try:
            await files.upload(
                state.database, state.storage, page.actor,
                wish=wish, content=uploads.pieces(part), largest=state.settings.max_upload,
            )  # fmt: skip
        except DomainError:
            return False
    return True


async def _show_form(page: Page, form: Form, resource_id: UUID, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
        known = await open_of(reads, page, resource_id)
        booking = await _booking(page, reads, form)
    most = min(files.kinds.PICTURE.max_size, page.settings.max_upload)
    return page.show(
        "problems/form.html", status=status, form=form, resource=one, known=known,
        booking=booking, severities=SEVERITIES, most=words.size(most),
        accepted=", ".join(sorted(files.kinds.PICTURE.content_types)),
    )  # fmt: skip


async def _booking(page: Page, reads: ReadSession, form: Form) -> bookings.BookingView | None:
    booking_id = _id(form.values.get("booking_id", ""))
    if booking_id is None:
        return None
    try:
        return await bookings.get(reads, page.actor, booking_id)
    except bookings.BookingNotFound:
        return None


async def _show(
    page: Page, problem_id: UUID, form: Form, *, done: str | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        one = await maintenance.problems.get(reads, page.actor, problem_id)
        resource = await resources.get(reads, page.actor, one.resource.id)
        may_manage = maintenance.policy.may_manage(page.actor, one.resource.id)
        photos = []
        if page.actor.may_anywhere(Permission.FILES_READ):
            photos = await files.list_for(reads, page.actor, subject=("problem", problem_id))
        events = await history(reads, ("problem", problem_id)) if may_manage else None
        portraits = await page.portraits_of(reads, [one.reported_by.id])
    if "severity" not in form.values:  # nothing was sent, or the other of the two forms
        form.values["severity"] = one.severity
        form.lists["is_blocking"] = ["on"] if one.is_blocking else []
    return page.show(
        "problems/show.html", status=status, form=form, one=one, resource=resource,
        photos=photos, events=events, may_manage=may_manage, severities=SEVERITIES,
        done=done, portraits=portraits,
        may_report_incident=page.actor.may_anywhere(Permission.OPERATIONS_POST),
    )  # fmt: skip


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
