"""Types and priorities of incidents: what is so of them unless somebody says otherwise."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain.operations import incidents
from src.domain.operations.incidents import PriorityView, TypeView
from src.domain.operations.incidents.leads import Leads
from src.domain.operations.tables import Severity, TaskPhase, Visibility
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages import discussed
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.incident_frame import PHASES
from src.web.pages.incident_words import SHORT, VISIBILITIES

router = APIRouter(include_in_schema=False)
CONFIGURE = Permission.INCIDENTS_CONFIGURE
FIELDS = frozenset({
    "code", "name", "description", "rank", "default_severity", "default_priority_id",
    "default_visibility", "leads", "tasks", "response_minutes", "update_minutes",
})  # fmt: skip
SPARE = 2  # rows for tasks beyond those that are filled
MORE = 6
UNITS = {"minutes": 1, "hours": 60, "days": 1440}
LEADS = {
    Leads.NOBODY: mark("Nobody, until somebody takes it"),
    Leads.REPORTER: mark("Whoever reports it"),
    Leads.RESPONSIBLE: mark("Whoever is responsible for the resource"),
    Leads.ROLE: mark("The holder of a role who leads fewest"),
    Leads.PERSON: mark("Somebody by name"),
}
DONE = {
    "created": mark("It was added."),
    "changed": mark("It was changed, for incidents that are reported from now on."),
}
Said = Annotated[str, Query(max_length=20)]


class TypeShape(Shape):
    """A type as it is typed."""

    name: str = Field(max_length=incidents.types.LONGEST["name"])
    description: str = Field("", max_length=incidents.types.LONGEST["description"])
    rank: int = Field(100, ge=0, le=incidents.types.HIGHEST_RANK)
    default_severity: Severity
    default_priority_id: UUID | None = None
    default_visibility: Visibility
    needs_review: bool = False
    may_be_anonymous: bool = False
    is_active: bool = False
    leads_kind: Leads = Leads.NOBODY
    leads_role: str = Field("", max_length=120)
    leads_person: UUID | None = None

    def values(self) -> dict[str, Any]:
        """What the service takes, but the tasks."""
        named = {Leads.ROLE: self.leads_role, Leads.PERSON: str(self.leads_person or "")}
        found = self.model_dump(exclude={"leads_kind", "leads_role", "leads_person"})
        leads = {"kind": self.leads_kind.value, "value": named.get(self.leads_kind)}
        return {**found, "leads": leads}


class PriorityShape(Shape):
    """A priority as it is typed."""

    name: str = Field(max_length=incidents.priorities.LONGEST_NAME)
    rank: int = Field(ge=1, le=incidents.priorities.HIGHEST_RANK)
    response_minutes: int | None = Field(None, ge=1, le=incidents.priorities.LONGEST_MINUTES)
    update_minutes: int | None = Field(None, ge=1, le=incidents.priorities.LONGEST_MINUTES)
    is_active: bool = False


@router.get("/incident-types", **shows(CONFIGURE))
async def show_types(page: CurrentPage, reads: Reads, done: Said = "") -> Response:
    """All types and priorities."""
    types = await incidents.types.list_(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    priorities = await incidents.priorities.list_(reads, page.actor)
    return page.show(
        "incidents/types.html", types=types.items, priorities=priorities, done=DONE.get(done),
        leads=LEADS, severities=SHORT,
    )  # fmt: skip


@router.get("/incident-types/new", **shows(CONFIGURE))
async def new_type(page: CurrentPage) -> Response:
    """The form."""
    values = {
        "rank": 100, "default_severity": Severity.UNDETERMINED, "is_active": "on",
        "default_visibility": Visibility.OPEN, "leads_kind": Leads.NOBODY,
    }  # fmt: skip
    return await _type_form(page, Form.of(values))


@router.post("/incident-types/new", **takes(CONFIGURE))
async def create_type(page: CurrentPage) -> Response:
    """Make it."""
    form = await Form.read(page.request)
    shape, tasks = form.parse(TypeShape), _tasks(form)
    if shape is None or form.is_faulty or "more" in form.values:
        return await _type_form(page, form, status=_again(form))
    values, code = {**shape.values(), "tasks": tasks}, form.values.get("code", "")
    made = await page.tried(form, lambda tx: incidents.types.create(
        tx, page.actor, code=code, values=values
    ), FIELDS)  # fmt: skip
    if isinstance(made, Refused):
        return await _type_form(page, form, status=made.status)
    return see_other("/incident-types?done=created")


@router.get("/incident-types/{incident_type_id}/edit", **shows(CONFIGURE))
async def edit_type(page: CurrentPage, reads: Reads, incident_type_id: UUID) -> Response:
    """The form with what is so now."""
    one = await incidents.types.get(reads, page.actor, incident_type_id)
    return await _type_form(page, Form.of(_type_values(one)), one=one)


@router.post("/incident-types/{incident_type_id}/edit", **takes(CONFIGURE))
async def change_type(page: CurrentPage, incident_type_id: UUID) -> Response:
    """Change it."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        one = await incidents.types.get(reads, page.actor, incident_type_id)
    shape, tasks = form.parse(TypeShape), _tasks(form)
    if shape is None or form.is_faulty or "more" in form.values:
        return await _type_form(page, form, one=one, status=_again(form))
    made = await page.tried(form, lambda tx: incidents.types.change(
        tx, page.actor, incident_type_id, changes={**shape.values(), "tasks": tasks},
        expected_version=form.version,
    ), FIELDS)  # fmt: skip
    if isinstance(made, Refused):
        return await _type_form(page, form, one=one, status=made.status)
    return see_other("/incident-types?done=changed")


@router.get("/incident-priorities/new", **shows(CONFIGURE))
async def new_priority(page: CurrentPage) -> Response:
    """The form."""
    return _priority_form(page, Form.of({"is_active": "on"}))


@router.post("/incident-priorities/new", **takes(CONFIGURE))
async def create_priority(page: CurrentPage) -> Response:
    """Make it."""
    form = await Form.read(page.request)
    shape = form.parse(PriorityShape)
    if shape is None:
        return _priority_form(page, form, status=422)
    made = await page.tried(form, lambda tx: incidents.priorities.create(
        tx, page.actor, values=shape.model_dump()
    ), FIELDS)  # fmt: skip
    if isinstance(made, Refused):
        return _priority_form(page, form, status=made.status)
    return see_other("/incident-types?done=created")


@router.get("/incident-priorities/{priority_id}/edit", **shows(CONFIGURE))
async def edit_priority(page: CurrentPage, reads: Reads, priority_id: UUID) -> Response:
    """The form with what is so now."""
    one = await incidents.priorities.get(reads, page.actor, priority_id)
    values = {name: getattr(one, name) for name in ("name", "rank", "version")}
    values |= {name: getattr(one, name) or "" for name in ("response_minutes", "update_minutes")}
    values |= {"is_active": "on" if one.is_active else ""}
    return _priority_form(page, Form.of(values), one=one)


@router.post("/incident-priorities/{priority_id}/edit", **takes(CONFIGURE))
async def change_priority(page: CurrentPage, priority_id: UUID) -> Response:
    """Change it; a time that is emptied is none."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        one = await incidents.priorities.get(reads, page.actor, priority_id)
    shape = form.parse(PriorityShape)
    if shape is None:
        return _priority_form(page, form, one=one, status=422)
    made = await page.tried(form, lambda tx: incidents.priorities.change(
        tx, page.actor, priority_id, changes=shape.model_dump(), expected_version=form.version
    ), FIELDS)  # fmt: skip
    if isinstance(made, Refused):
        return _priority_form(page, form, one=one, status=made.status)
    return see_other("/incident-types?done=changed")


def _priority_form(
    page: Page, form: Form, *, one: PriorityView | None = None, status: int = 200
) -> Response:
    return page.show("incidents/priority_form.html", status=status, form=form, one=one)


async def _type_form(
    page: Page, form: Form, *, one: TypeView | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        priorities = await incidents.priorities.list_(reads, page.actor)
        roles = await incidents.types.roles(reads)
        people = await discussed.people_choices(reads, page)
    spare = MORE if "more" in form.values else SPARE
    return page.show(
        "incidents/type_form.html", status=status, form=form, one=one, priorities=priorities,
        roles=roles, people=people, severities=SHORT, visibilities=VISIBILITIES, leads=LEADS,
        phases=PHASES, units=UNITS, numbers=range(len(_numbers(form)) + spare),
    )  # fmt: skip


def _again(form: Form) -> int:
    return 200 if "more" in form.values and not form.is_faulty else 422


def _type_values(one: TypeView) -> dict[str, Any]:
    flags = ("needs_review", "may_be_anonymous", "is_active")
    kind = one.leads.get("kind", Leads.NOBODY.value)
    values: dict[str, Any] = {
        "name": one.name,
        "description": one.description,
        "rank": one.rank,
        "default_severity": one.default_severity,
        "default_priority_id": one.default_priority.id if one.default_priority else "",
        "default_visibility": one.default_visibility,
        "leads_kind": kind,
        "leads_role": one.leads.get("value", "") if kind == Leads.ROLE else "",
        "leads_person": one.leads.get("value", "") if kind == Leads.PERSON else "",
        "version": one.version,
        **{name: "on" if getattr(one, name) else "" for name in flags},
    }
    for place, task in enumerate(one.tasks):
        minutes = task.get("due_minutes")
        unit = next((name for name in reversed(UNITS) if minutes and not minutes % UNITS[name]), "")
        values |= {
            f"task_{place}": task["title"],
            f"phase_{place}": task.get("phase", TaskPhase.RESPONSE),
            f"mandatory_{place}": "on" if task.get("is_mandatory") else "",
            f"due_{place}": minutes // UNITS[unit] if minutes and unit else "",
            f"unit_{place}": unit or "hours",
        }
    return values


def _numbers(form: Form) -> list[int]:
    """The rows for tasks that are filled."""
    named = (name.removeprefix("task_") for name, value in form.values.items()
             if name.startswith("task_") and value.strip())  # fmt: skip
    return sorted(int(number) for number in named if number.isdecimal() and len(number) < 4)


def _tasks(form: Form) -> list[dict[str, Any]]:
    found = []
    for number in _numbers(form):
        due, unit = form.values.get(f"due_{number}", "").strip(), form.values.get(f"unit_{number}")
        if due and not (due.isdecimal() and len(due) < 6):
            form.add("tasks", "int_parsing", _("Enter a whole number of hours or days."))
            due = ""
        found.append({
            "title": form.values[f"task_{number}"],
            "is_mandatory": f"mandatory_{number}" in form.values,
            "phase": form.values.get(f"phase_{number}") or TaskPhase.RESPONSE.value,
            "due_minutes": int(due) * UNITS.get(unit or "hours", 60) if due else None,
        })  # fmt: skip
    return found
