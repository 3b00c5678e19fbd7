"""What is done to a decision on its page: answered, weighed, decided, superseded, amended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain.operations import decisions
from src.domain.operations.decisions import DecisionView, Filters, OptionWish, Verdict
from src.domain.operations.tables import DecisionState, Stance
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, TypedDate, see_other
from src.web.pages.decisions import LONGEST, show
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
READ, POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
AMENDED = frozenset({*LONGEST, "review_on", "reason"})
LEADS_TO = {
    DecisionState.ACCEPTED: "accept",
    DecisionState.REJECTED: "reject",
    DecisionState.WITHDRAWN: "withdraw",
    DecisionState.SUPERSEDED: "supersede",
    DecisionState.DEPRECATED: "deprecate",
}


class StanceShape(Shape):
    """What one thinks."""

    stance: Stance
    comment: str = Field("", max_length=decisions.participants.LONGEST_COMMENT)


class AskedShape(Shape):
    """Who is asked."""

    user_ids: list[UUID] = Field(default_factory=list)
    version: int | None = None


class OptionShape(Shape):
    """An option, and what is done with it."""

    title: str = Field(max_length=decisions.service.LONGEST_OPTION["title"])
    description: str = Field("", max_length=decisions.service.LONGEST_OPTION["description"])
    is_chosen: bool = False
    position: int | None = Field(None, ge=1, le=decisions.service.MOST_OPTIONS)
    version: int | None = None


class VerdictShape(Shape):
    """Why, and what was decided or takes its place."""

    reason: str = Field("", max_length=decisions.states.LONGEST_REASON)
    outcome: str = Field("", max_length=LONGEST["outcome"])
    superseded_by: UUID | None = None
    version: int | None = None


class AmendmentShape(Shape):
    """What it says from now on, and why."""

    title: str = Field(max_length=LONGEST["title"])
    context: str = Field("", max_length=LONGEST["context"])
    outcome: str = Field("", max_length=LONGEST["outcome"])
    review_on: TypedDate | None = None
    reason: str = Field(max_length=decisions.states.LONGEST_REASON)
    version: int | None = None

    def changes(self) -> dict[str, Any]:
        """What the service takes: what is emptied is cleared."""
        return self.model_dump(include={*LONGEST, "review_on"})


@router.post("/decisions/{decision_id}/stance", **takes(READ))
async def answer(page: CurrentPage, decision_id: UUID) -> Response:
    """Say what one thinks."""
    form = await Form.read(page.request)
    shape = form.parse(StanceShape)
    if shape is None:
        return await show(page, decision_id, form, status=422)
    made = await page.tried(form, lambda tx: decisions.participants.answer(
        tx, page.actor, decision_id, stance=shape.stance, comment=shape.comment
    ))  # fmt: skip
    if isinstance(made, Refused):
        return await show(page, decision_id, form, status=made.status)
    return see_other(f"/decisions/{decision_id}?done=answered")


@router.post("/decisions/{decision_id}/participants", **takes(POST))
async def ask(page: CurrentPage, decision_id: UUID) -> Response:
    """Say who is asked."""
    form = await Form.read(page.request)
    shape = form.parse(AskedShape)
    if shape is None:
        return await show(page, decision_id, form, status=422)
    fields = frozenset({"user_ids"})
    made = await page.tried(form, lambda tx: decisions.participants.put(
        tx, page.actor, decision_id, people=shape.user_ids, expected_version=shape.version
    ), fields)  # fmt: skip
    if isinstance(made, Refused):
        return await show(page, decision_id, form, status=made.status)
    return see_other(f"/decisions/{decision_id}?done=asked")


@router.post("/decisions/{decision_id}/options", **takes(POST))
async def add_option(page: CurrentPage, decision_id: UUID) -> Response:
    """Add something to consider."""
    form = await Form.read(page.request)
    shape = form.parse(OptionShape)
    if shape is None:
        return await show(page, decision_id, form, status=422)
    wish = OptionWish(shape.title, shape.description)
    made = await page.tried(form, lambda tx: decisions.options.add(
        tx, page.actor, decision_id, wish=wish, expected_version=shape.version
    ))  # fmt: skip
    if isinstance(made, Refused):
        return await show(page, decision_id, form, status=made.status)
    return see_other(f"/decisions/{decision_id}?done=options#options")


@router.get("/decisions/{decision_id}/options/{option_id}", **shows(POST))
async def edit_option(
    page: CurrentPage, reads: Reads, decision_id: UUID, option_id: UUID
) -> Response:
    """The form of one option."""
    one = await decisions.get(reads, page.actor, decision_id)
    option = _option(one, option_id)
    values = {"title": option.title, "description": option.description,
              "position": option.position, "version": one.version}  # fmt: skip
    form = Form.of(values)
    form.lists["is_chosen"] = ["on"] if option.is_chosen else []
    return page.show("decisions/option.html", one=one, option=option, form=form)


@router.post("/decisions/{decision_id}/options/{option_id}", **takes(POST))
async def change_option(page: CurrentPage, decision_id: UUID, option_id: UUID) -> Response:
    """Change it, choose it, move it."""
    form = await Form.read(page.request)
    shape, status = form.parse(OptionShape), 422
    if shape is not None:
        changes = shape.model_dump(exclude={"version"}, exclude_none=True)
        made = await page.tried(form, lambda tx: decisions.options.change(
            tx, page.actor, decision_id, option_id, changes=changes, expected_version=form.version
        ))  # fmt: skip
        if not isinstance(made, Refused):
            return see_other(f"/decisions/{decision_id}?done=options#options")
        status = made.status
    return await _show_option(page, decision_id, option_id, form, status)


@router.post("/decisions/{decision_id}/options/{option_id}/remove", **takes(POST))
async def remove_option(page: CurrentPage, decision_id: UUID, option_id: UUID) -> Response:
    """Take it out."""
    form = await Form.read(page.request)
    made = await page.tried(form, lambda tx: decisions.options.remove(
        tx, page.actor, decision_id, option_id, expected_version=form.version
    ))  # fmt: skip
    if isinstance(made, Refused):
        return await show(page, decision_id, form, status=made.status)
    return see_other(f"/decisions/{decision_id}?done=options#options")


@router.get("/decisions/{decision_id}/become/{to}", **shows(POST))
async def ask_verdict(page: CurrentPage, decision_id: UUID, to: DecisionState) -> Response:
    """What will happen, and what must be said with it."""
    async with page.reading() as reads:
        one = await decisions.get(reads, page.actor, decision_id)
    values = {"outcome": one.outcome, "version": one.version}
    return await _verdict(page, one, to, Form.of(values))


@router.post("/decisions/{decision_id}/become/{to}", **takes(POST))
async def decide(page: CurrentPage, decision_id: UUID, to: DecisionState) -> Response:
    """Take it there."""
    form = await Form.read(page.request)
    shape, status = form.parse(VerdictShape), 422
    if shape is not None:
        outcome = shape.outcome if to is DecisionState.ACCEPTED else None
        verdict = Verdict(to, shape.reason, outcome, shape.superseded_by)
        fields = frozenset({"reason", "outcome", "superseded_by"})
        made = await page.tried(form, lambda tx: decisions.transition(
            tx, page.actor, decision_id, verdict=verdict, expected_version=shape.version
        ), fields)  # fmt: skip
        if not isinstance(made, Refused):
            return see_other(f"/decisions/{decision_id}?done={to}")
        status = made.status
    async with page.reading() as reads:
        one = await decisions.get(reads, page.actor, decision_id)
    return await _verdict(page, one, to, form, status=status)


@router.get("/decisions/{decision_id}/amend", **shows(POST))
async def ask_amendment(page: CurrentPage, reads: Reads, decision_id: UUID) -> Response:
    """The form with what it says now."""
    one = await decisions.get(reads, page.actor, decision_id)
    names = (*LONGEST, "review_on", "version")
    form = Form.of({name: getattr(one, name) for name in names})
    return page.show("decisions/amend.html", one=one, form=form, why_not=_why_not(one, "amend"))


@router.post("/decisions/{decision_id}/amend", **takes(POST))
async def amend(page: CurrentPage, decision_id: UUID) -> Response:
    """Let it say something else, with the reason."""
    form = await Form.read(page.request)
    shape, status = form.parse(AmendmentShape), 422
    if shape is not None:
        made = await page.tried(form, lambda tx: decisions.amending.amend(
            tx, page.actor, decision_id, changes=shape.changes(), reason=shape.reason,
            expected_version=shape.version,
        ), AMENDED)  # fmt: skip
        if not isinstance(made, Refused):
            return see_other(f"/decisions/{decision_id}?done=amended#amendments")
        status = made.status
    return await _show_amendment(page, decision_id, form, status)


async def _show_amendment(page: Page, decision_id: UUID, form: Form, status: int) -> Response:
    async with page.reading() as reads:
        one = await decisions.get(reads, page.actor, decision_id)
    return page.show(
        "decisions/amend.html", status=status, one=one, form=form, why_not=_why_not(one, "amend")
    )


async def _show_option(
    page: Page, decision_id: UUID, option_id: UUID, form: Form, status: int
) -> Response:
    async with page.reading() as reads:
        one = await decisions.get(reads, page.actor, decision_id)
    option = _option(one, option_id)
    return page.show("decisions/option.html", status=status, one=one, option=option, form=form)


async def _verdict(
    page: Page, one: DecisionView, to: DecisionState, form: Form, *, status: int = 200
) -> Response:
    others = []
    if to is DecisionState.SUPERSEDED:
        async with page.reading() as reads:
            wanted = Filters(states=(DecisionState.ACCEPTED,))
            limits = Limits(limit=MAX_LIMIT)
            found = await decisions.list_(reads, page.actor, filters=wanted, paging=limits)
        others = [(each.id, f"{each.name} {each.title}") for each in found.items
                  if each.id != one.id]  # fmt: skip
    why_not = _why_not(one, LEADS_TO[to]) if to in LEADS_TO else _("It was proposed already.")
    return page.show(
        "decisions/become.html", status=status, one=one, to=to.value, form=form, others=others,
        why_not=why_not,
    )  # fmt: skip


def _why_not(one: DecisionView, action: str) -> str:
    return next(way.why_not for way in one.ways if way.action == action)


def _option(one: DecisionView, option_id: UUID) -> Any:  # noqa: ANN401 - as the view has it
    for option in one.options:
        if option.id == option_id:
            return option
    raise decisions.OptionNotFound(_("Choose one of the options of this decision."))
