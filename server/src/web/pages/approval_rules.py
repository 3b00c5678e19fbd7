"""The rules of approval: a list, and a form in which steps are added and put in order."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import language
from src.core.actor import Permission
from src.core.language import mark
from src.domain import approvals
from src.domain.approvals import rule_book
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages import approval_steps
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
MANAGE = Permission.APPROVALS_MANAGE
PATH = "/approval-rules"
enter(mark("Approval rules"), PATH, MANAGE, rank=66, icon="scale", is_everywhere=True)
DONE = {
    "created": mark("The rule was kept. Choose it in the rules of a resource, a type or the site."),
    "changed": mark("The rule was changed. What waits already goes on as it was asked."),
    "deleted": mark("The rule was removed."),
}
Done = Annotated[str, Query(max_length=20)]


class RuleShape(Shape):
    """What a rule is called; its steps have as many fields as wanted."""

    name: str = Field(max_length=120)
    description: str = Field("", max_length=2000)
    is_active: bool = False
    version: int | None = None


@router.get(PATH, **shows(MANAGE))
async def list_rules(page: CurrentPage, reads: Reads, paging: Paging, done: Done = "") -> Response:
    """All rules in words."""
    found = await rule_book.list_(reads, page.actor, paging=paging)
    words = await approval_steps.in_words(reads, [one.steps for one in found.items])
    return page.show(
        "approvals/rules.html",
        page=found,
        words=dict(zip([one.id for one in found.items], words, strict=True)),
        done=language.gettext(DONE[done]) if done in DONE else None,
    )


@router.get(f"{PATH}/new", **shows(MANAGE))
async def new_rule(page: CurrentPage) -> Response:
    """The form with one step."""
    form = Form.of({"steps": "1", "is_active": "on", "step_0_approver_0": "responsible:"})
    return await _show(page, form, None)


@router.post(f"{PATH}/new", **takes(MANAGE))
async def create_rule(page: CurrentPage) -> Response:
    """Keep it, or show the form with one more step."""
    return await _taken(page, None)


@router.get(f"{PATH}/{{rule_id}}", **shows(MANAGE))
async def edit_rule(page: CurrentPage, reads: Reads, rule_id: UUID) -> Response:
    """The form as the rule is now."""
    rule = await rule_book.get(reads, page.actor, rule_id)
    values = approval_steps.values_of(rule.steps)
    known = {
        "name": rule.name,
        "description": rule.description,
        "version": rule.version,
        **({"is_active": "on"} if rule.is_active else {}),
    }
    return await _show(page, Form.of({**values, **known}), rule_id)


@router.post(f"{PATH}/{{rule_id}}", **takes(MANAGE))
async def change_rule(page: CurrentPage, rule_id: UUID) -> Response:
    """Change it, or show the form with its steps in another order."""
    return await _taken(page, rule_id)


@router.post(f"{PATH}/{{rule_id}}/delete", **takes(MANAGE))
async def delete_rule(page: CurrentPage, rule_id: UUID) -> Response:
    """Remove it, unless it is in use."""
    form = Form()
    made = await page.tried(form, lambda tx: rule_book.delete(tx, page.actor, rule_id))
    if isinstance(made, Refused):
        async with page.reading() as reads:
            rule = await rule_book.get(reads, page.actor, rule_id)
        again = Form.of({**approval_steps.values_of(rule.steps), "name": rule.name})
        again.refusals = form.refusals
        return await _show(page, again, rule_id, status=made.status)
    return see_other(f"{PATH}?done=deleted")


async def _taken(page: Page, rule_id: UUID | None) -> Response:
    form = await Form.read(page.request)
    if approval_steps.rearranged(form):
        return await _show(page, form, rule_id)
    shape, steps = form.parse(RuleShape), approval_steps.steps_of(form)
    if shape is None or form.is_faulty:
        return await _show(page, form, rule_id, status=422)
    values = {
        "name": shape.name,
        "description": shape.description,
        "steps": steps,
        "is_active": shape.is_active,
    }

    async def work(session: approval_steps.Session) -> object:
        if rule_id is None:
            return await rule_book.create(session, page.actor, **values)  # type: ignore[arg-type]
        return await rule_book.update(
            session, page.actor, rule_id, changes=values, expected_version=shape.version
        )

    done = await page.tried(form, work, frozenset({"name", "description"}))
    if isinstance(done, Refused):
        if isinstance(done.refusal, approvals.BadApprovalRule):
            approval_steps.place(form, done.refusal)
        return await _show(page, form, rule_id, status=done.status)
    return see_other(f"{PATH}?done={'created' if rule_id is None else 'changed'}")


async def _show(page: Page, form: Form, rule_id: UUID | None, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        choices = await approval_steps.choices(reads, page.actor)
        rule = await rule_book.get(reads, page.actor, rule_id) if rule_id else None
    return page.show(
        "approvals/rule_form.html",
        status=status,
        form=form,
        rule=rule,
        steps=approval_steps.laid_out(form),
        choices=choices,
        labels=approval_steps.labels(form),
        action=f"{PATH}/{rule_id or 'new'}",
    )
