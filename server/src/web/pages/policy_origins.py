"""What holds for a resource in the end, rule by rule, and where each value comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core import sheets
from src.core.actor import Permission, resource_scope
from src.core.db import ReadSession
from src.core.language import format_list, mark, ngettext
from src.core.language import gettext as _
from src.domain import approvals, resources, training
from src.domain.resources.policy import SHEETS
from src.web.dependencies import Reads
from src.web.pages import words
from src.web.pages.frame import CurrentPage, shows

router = APIRouter(include_in_schema=False)

LABELS = {
    "min_minutes": mark("Shortest booking"),
    "max_minutes": mark("Longest booking"),
    "slot_minutes": mark("Grid of starts and ends"),
    "earliest_minutes": mark("How far ahead at the most"),
    "latest_minutes": mark("How far ahead at the least"),
    "cancel_notice_minutes": mark("Cancel at least ahead"),
    "buffer_before_minutes": mark("Kept free before"),
    "buffer_after_minutes": mark("Kept free after"),
    "max_upcoming": mark("Bookings ahead for each person"),
    "max_per_day": mark("Bookings a day for each person"),
    "max_minutes_per_day": mark("Time a day for each person"),
    "max_minutes_per_week": mark("Time a week for each person"),
    "is_parallel_refused": mark("Never in two places at once"),
    "required_qualifications": mark("Qualifications needed"),
    "is_approval_required": mark("Somebody must approve"),
    "approval_rule_id": mark("By which rule"),
    "request_hold_minutes": mark("A request holds its time for"),
    "are_rivals_allowed": mark("Several may ask for the same time"),
    "is_check_in_required": mark("Check-in is required"),
    "check_in_grace_minutes": mark("Check in within"),
    "offer_minutes": mark("An offer holds freed time for"),
    "questions": mark("Questions when it is booked"),
    "checklist_before": mark("Checklist before use"),
    "checklist_after": mark("Checklist after use"),
    "own_rules": mark("The institute's own rules"),
}


@router.get("/resources/{resource_id}/rules", **shows(Permission.RESOURCES_READ))
async def show_rules(page: CurrentPage, reads: Reads, resource_id: UUID) -> Response:
    """Every rule in the order of the form, with the level that says so."""
    one = await resources.get(reads, page.actor, resource_id)
    found = await resources.effective(reads, page.actor, resource_id)
    names = await _names(reads, found)
    said = {each.field: each for each in found.said}
    rows = [
        (_(label), _told(name, said[name].value, names), _origin(found, said[name].level))
        for name, label in LABELS.items()
    ]
    hours = format_list(words.opening(found.hours)) if found.hours else _("Open at all times.")
    rows.insert(0, (_("Opening hours"), hours, _origin(found, found.hours_level)))
    may_manage = page.may(Permission.RESOURCES_MANAGE, resource_scope(resource_id))
    return page.show("policies/origins.html", resource=one, rows=rows, may_manage=may_manage)


async def _names(reads: ReadSession, found: resources.Effective) -> Mapping[str, str]:
    """Of the qualifications and the approval rule that are named."""
    wanted = [UUID(each) for each in found.policy.required_qualifications]
    names = await training.qualifications.names(reads, wanted)
    rules = await approvals.rule_book.names(reads) if found.policy.approval_rule_id else {}
    return {str(id_): name for id_, name in {**names, **rules}.items()}


def _told(name: str, value: Any, names: Mapping[str, str]) -> str:  # noqa: ANN401 - any rule's
    if name in SHEETS:
        return format_list([each.label for each in sheets.fields(value)]) or _("none")
    if name == "required_qualifications":
        return format_list([names.get(each, each) for each in value]) or _("none")
    if name == "approval_rule_id":
        return names.get(str(value), _("whoever may approve bookings"))
    if name == "own_rules":
        titles = {rule.code: rule.title for rule in resources.rules.own()}
        return format_list([titles.get(code, code) for code in value or ()]) or _("none")
    return _number(name, value)


def _number(name: str, value: bool | int | None) -> str:  # noqa: FBT001 - what is told
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value is None:
        return _("no limit")
    if "minutes" in name:
        return words.length(value) if value else _("none")
    return ngettext("%(num)s booking", "%(num)s bookings", value)


def _origin(found: resources.Effective, level: resources.Level | None) -> tuple[str, str | None]:
    """The level in words, and the address of its rules."""
    if level is None:
        return _("nobody says: this is the default"), None
    if level.kind == "site":
        return _("the whole site"), "/policies/site"
    if level.kind == "type":
        name = _("the type %(name)s", name=found.names[level.key])
        return name, f"/types/{level.id}"
    return _("the resource itself"), f"/resources/{level.id}"
