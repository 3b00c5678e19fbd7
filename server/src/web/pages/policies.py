"""Rules of booking at resource, type and site: told in words while one types."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from src.core import sheets
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import gettext as _
from src.core.paging import MAX_LIMIT, Paging
from src.domain import approvals, resources, training
from src.domain.resources.policy import POLICY_FIELDS, SHEETS, EffectivePolicy
from src.web import sheet_editor
from src.web import sheets as web_sheets
from src.web.forms import Form, Shape, see_other
from src.web.pages import policy_levels, words
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.policy_levels import LevelPage, OneLevel, at_each

router = APIRouter(include_in_schema=False)
MANAGE = Permission.RESOURCES_MANAGE
Which = Literal["questions", "checklist_before", "checklist_after"]


class PolicyShape(Shape):
    """Minutes; empty is left to the levels above."""

    slot_minutes: int | None = Field(None, ge=1, le=1440)
    min_minutes: int | None = Field(None, ge=0, le=525_600)
    max_minutes: int | None = Field(None, ge=0, le=525_600)
    earliest_minutes: int | None = Field(None, ge=0, le=5_256_000)
    latest_minutes: int | None = Field(None, ge=0, le=525_600)
    buffer_before_minutes: int | None = Field(None, ge=0, le=10_080)
    buffer_after_minutes: int | None = Field(None, ge=0, le=10_080)
    cancel_notice_minutes: int | None = Field(None, ge=0, le=525_600)
    check_in_grace_minutes: int | None = Field(None, ge=0, le=10_080)
    request_hold_minutes: int | None = Field(None, ge=0, le=525_600)
    offer_minutes: int | None = Field(None, ge=0, le=10_080)
    max_upcoming: int | None = Field(None, ge=0, le=10_000)
    max_per_day: int | None = Field(None, ge=0, le=10_000)
    max_minutes_per_day: int | None = Field(None, ge=0, le=1500)
    max_minutes_per_week: int | None = Field(None, ge=0, le=10_140)
    is_check_in_required: bool | None = None
    is_approval_required: bool | None = None
    is_parallel_refused: bool | None = None
    are_rivals_allowed: bool | None = None
    approval_rule_id: UUID | None = None


class QualificationsShape(Shape):
    """Whether this level says which are needed, and which."""

    says_qualifications: bool = False
    required_qualifications: list[UUID] = Field([], max_length=100)


@at_each(router, "GET", "policy", shows(MANAGE))
async def policy_form(page: CurrentPage, level: OneLevel) -> Response:
    """What the level says itself; empty is left to those above it."""
    async with page.reading() as reads:
        view = await resources.get_policy(reads, page.actor, level)
    said = {name: _said(getattr(view, name)) for name in PolicyShape.model_fields}
    wanted = view.required_qualifications
    form = Form.of({
        **said,
        "version": view.version,
        "says_qualifications": "" if wanted is None else "true",
        "required_qualifications": wanted or [],
    })  # fmt: skip
    for rule in resources.rules.own():
        settings = (view.own_rules or {}).get(rule.code)
        form.lists[f"own.{rule.code}"] = ["on"] if settings is not None else []
        web_sheets.fill(form, rule.settings, settings, prefix=f"own.{rule.code}.")
    return await _show(page, form, level)


def _said(value: object) -> object:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


@at_each(router, "POST", "policy", takes(MANAGE))
async def set_policy(page: CurrentPage, level: OneLevel) -> Response:
    """Say it."""
    form = await Form.read(page.request)
    values = _values(form)
    if values is None:
        return await _show(page, form, level, status=422)
    done = await page.tried(form, lambda session: resources.set_policy(
        session, page.actor, level, values=values,
        expected_version=form.version,
    ))  # fmt: skip
    if isinstance(done, Refused):
        return await _show(page, form, level, status=done.status)
    return await _back(page, level, "policy")


def _values(form: Form) -> dict[str, Any] | None:
    """What the form says; None when something of it cannot be."""
    shape, needed = form.parse(PolicyShape), form.parse(QualificationsShape)
    own = _own(form)
    if shape is None or needed is None or form.is_faulty:
        return None
    wanted = [str(each) for each in needed.required_qualifications]
    said = {**shape.model_dump(), **own}
    return said | {"required_qualifications": wanted if needed.says_qualifications else None}


def _own(form: Form) -> dict[str, Any]:
    """The settings of the institute's own rules; nothing where there are none."""
    rules = [rule for rule in resources.rules.own() if rule.settings is not None]
    said = {}
    for rule in rules:
        if "on" in form.lists.get(f"own.{rule.code}", ()):
            prefix = f"own.{rule.code}."
            said[rule.code] = web_sheets.read(form, rule.settings, prefix=prefix)
            web_sheets.check(form, rule.settings, said[rule.code], prefix=prefix)
    return {"own_rules": said or None} if rules else {}


@at_each(router, "POST", "policy/preview", takes(MANAGE, rate="read"))
async def preview_policy(page: CurrentPage, level: OneLevel) -> Response:
    """What the form would mean, in words, while one types."""
    form = await Form.read(page.request)
    return await _show(page, form, level, template="words")


async def _show(
    page: Page, form: Form, level: resources.Level, *, status: int = 200, template: str = "form"
) -> Response:
    async with page.reading() as reads:
        shown = await policy_levels.load(reads, page.actor, level)
        left = [await _stored(reads, page, each) for each in shown.above]
        hours = await _hours(reads, page, shown)
        context = {
            "own": await resources.get_policy(reads, page.actor, level),
            "qualifications": await _qualifications(reads, page),
            "approval_rules": [
                (str(id_), name) for id_, name in (await approvals.rule_book.names(reads)).items()
            ],
        }
    # What cannot be read yet counts as not said; saving tells what is wrong with it.
    typed = Form(lists=form.lists).parse(PolicyShape)
    effective = EffectivePolicy.of(typed.model_dump() if typed else {}, *left)
    return page.show(
        f"policies/{template}.html",
        status=status,
        form=form,
        shown=shown,
        inherited=EffectivePolicy.of(*left),
        rules=words.rules(effective, hours, shown.units) if typed else None,
        own_rules=[
            (rule, sheets.fields(rule.settings))
            for rule in resources.rules.own()
            if rule.settings is not None
        ],
        sheet_names=SHEETS,
        count=lambda schema: len(sheets.fields(schema)),
        **context,
    )


async def _stored(reads: ReadSession, page: Page, level: resources.Level) -> dict[str, Any]:
    view = await resources.get_policy(reads, page.actor, level)
    return {name: getattr(view, name) for name in POLICY_FIELDS}


async def _hours(
    reads: ReadSession, page: Page, shown: LevelPage
) -> tuple[resources.hours.Weekly, ...]:
    """Those that count here: of the nearest level that says any."""
    for level in (shown.level, *shown.above):
        if found := await resources.hours_of(reads, page.actor, level):
            return found
    return ()


async def _qualifications(reads: ReadSession, page: Page) -> list[tuple[str, str]]:
    limits = Paging(limit=MAX_LIMIT)
    found = await training.qualifications.list_(reads, page.actor, paging=limits)
    return [(str(one.id), one.name) for one in found.items]


async def _back(page: Page, level: resources.Level, done: str) -> Response:
    async with page.reading() as reads:
        shown = await policy_levels.load(reads, page.actor, level)
    return see_other(f"{shown.back}?done={done}")


@at_each(router, "GET", "questions/{which}", shows(MANAGE))
async def questions_form(page: CurrentPage, level: OneLevel, which: Which) -> Response:
    """What is asked at booking, before use, or after it."""
    async with page.reading() as reads:
        view = await resources.get_policy(reads, page.actor, level)
    form = sheet_editor.fill(getattr(view, which))
    form.values["version"] = str(view.version)
    return await _show_questions(page, form, level, which)


@at_each(router, "POST", "questions/{which}", takes(MANAGE))
async def set_questions(page: CurrentPage, level: OneLevel, which: Which) -> Response:
    """Ask it."""
    form = await Form.read(page.request)
    if "more" in form.values:
        return await _show_questions(page, form, level, which, more=6)
    async with page.reading() as reads:
        before = getattr(await resources.get_policy(reads, page.actor, level), which)
    schema = sheet_editor.read(form, before)
    if form.is_faulty:
        return await _show_questions(page, form, level, which, status=422)
    done = await page.tried(form, lambda session: resources.set_policy(
        session, page.actor, level, values={which: schema},
        expected_version=form.version,
    ))  # fmt: skip
    if isinstance(done, Refused):
        return await _show_questions(page, form, level, which, status=done.status)
    return await _back(page, level, "policy")


async def _show_questions(
    page: Page,
    form: Form,
    level: resources.Level,
    which: Which,
    *,
    status: int = 200,
    more: int = sheet_editor.EMPTY,
) -> Response:
    async with page.reading() as reads:
        shown = await policy_levels.load(reads, page.actor, level)
        left = [await _stored(reads, page, each) for each in shown.above]
    return page.show(
        "policies/questions.html",
        status=status,
        form=form,
        shown=shown,
        which=which,
        inherited=sheets.fields(getattr(EffectivePolicy.of(*left), which)),
        places=sheet_editor.places(form, more=more),
        kinds=[(kind, _(name)) for kind, name in sheet_editor.KINDS.items()],
    )
