"""Tasks: of one incident, added, changed, done and opened again; and one's own in all of them."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.language import gettext as _
from src.core.language import mark
from src.domain.operations.incidents import room
from src.domain.operations.tables import TaskPhase, TaskState
from src.templating import enter
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, TypedDate, TypedTime, see_other
from src.web.pages import incident_frame
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.incident_frame import PATH, PHASES, READ

router = APIRouter(include_in_schema=False)
enter(mark("My tasks"), "/tasks", READ, rank=41, icon="task", key="m")

FIELDS = frozenset({"title", "description", "phase", "owner_id", "due_at", "is_mandatory"})
OUTCOME = frozenset({"outcome"})
# A day without a time means the end of its work.
END_OF_WORK = time(17)
STATES = {"open": (TaskState.OPEN,), "all": tuple(TaskState)}
Said = Annotated[str, Query(max_length=20)]


class TaskShape(Shape):
    """What is to be done, by whom and by when."""

    title: str = Field(max_length=room.tasks.LONGEST_TITLE)
    description: str = Field("", max_length=room.tasks.LONGEST_TEXT)
    phase: TaskPhase = TaskPhase.RESPONSE
    is_mandatory: bool = False
    owner_id: UUID | None = None
    due_at_date: TypedDate | None = None
    due_at_time: TypedTime | None = None
    version: int | None = None


class MoveShape(Shape):
    """Where to, and what came of it."""

    to: TaskState
    outcome: str = Field("", max_length=room.tasks.LONGEST_OUTCOME)
    version: int | None = None
    next: str = Field("", max_length=20)


@router.get("/tasks", **shows(READ))
async def my_tasks(page: CurrentPage, reads: Reads, paging: Paging, done: Said = "") -> Response:
    """One's own, the overdue ones first."""
    form = Form.of_query(page.request, state="open")
    states = STATES.get(form.values["state"], STATES["open"])
    found = await room.tasks.mine(reads, page.actor, states=states, paging=paging)
    return page.show(
        "incidents/room/mine.html", form=form, page=found, phases=dict(PHASES),
        done=incident_frame.said(done),
    )  # fmt: skip


@router.get(f"{PATH}/tasks/new", **shows(READ))
async def task_form(page: CurrentPage, incident_id: UUID) -> Response:
    """One more."""
    asked = Form.of_query(page.request, phase=TaskPhase.RESPONSE.value)
    return await _show_form(page, incident_id, asked)


@router.post(f"{PATH}/tasks/new", **takes(READ))
async def add_task(page: CurrentPage, incident_id: UUID) -> Response:
    """Add it."""
    form = await Form.read(page.request)
    wish = _wish(form)
    if wish is None:
        return await _show_form(page, incident_id, form, status=422)
    made = await page.tried(
        form, lambda tx: room.tasks.add(tx, page.actor, incident_id, wish=wish), FIELDS
    )
    if isinstance(made, Refused):
        return await _show_form(page, incident_id, form, status=made.status)
    return see_other(f"/incidents/{incident_id}?done=task-added#tasks")


@router.get(f"{PATH}/tasks/{{task_id}}", **shows(READ))
async def show_task(
    page: CurrentPage, incident_id: UUID, task_id: UUID, done: Said = ""
) -> Response:
    """One task, and what can be done with it."""
    return await _show(page, incident_id, task_id, None, done=done)


@router.post(f"{PATH}/tasks/{{task_id}}", **takes(READ))
async def change_task(page: CurrentPage, incident_id: UUID, task_id: UUID) -> Response:
    """Change it; an empty owner is nobody, an empty date none."""
    form = await Form.read(page.request)
    wish = _wish(form)
    if wish is None:
        return await _show(page, incident_id, task_id, form, status=422)
    changes: dict[str, Any] = {name: getattr(wish, name) for name in room.tasks.CHANGEABLE}
    made = await page.tried(
        form,
        lambda tx: room.tasks.change(
            tx, page.actor, incident_id, task_id, changes=changes, expected_version=form.version
        ),
        FIELDS,
    )
    if isinstance(made, Refused):
        return await _show(page, incident_id, task_id, form, status=made.status)
    return see_other(f"/incidents/{incident_id}/tasks/{task_id}?done=task-changed")


@router.post(f"{PATH}/tasks/{{task_id}}/move", **takes(READ))
async def move_task(page: CurrentPage, incident_id: UUID, task_id: UUID) -> Response:
    """Done, dropped, or open again."""
    form = await Form.read(page.request)
    shape = form.parse(MoveShape)
    if shape is None:
        return await _show(page, incident_id, task_id, form, status=422)
    made = await page.tried(
        form,
        lambda tx: room.tasks.move(
            tx, page.actor, incident_id, task_id, to=shape.to, outcome=shape.outcome,
            expected_version=shape.version,
        ),
        OUTCOME,
    )  # fmt: skip
    if isinstance(made, Refused):
        return await _show(page, incident_id, task_id, form, status=made.status)
    return see_other(_after(shape, incident_id, task_id))


def _after(shape: MoveShape, incident_id: UUID, task_id: UUID) -> str:
    """Where the button stood that was pressed."""
    done = f"done=task-{shape.to.value}"
    ways = {"mine": f"/tasks?{done}", "incident": f"/incidents/{incident_id}?{done}#tasks"}
    return ways.get(shape.next, f"/incidents/{incident_id}/tasks/{task_id}?{done}")


def _wish(form: Form) -> room.TaskWish | None:
    shape = form.parse(TaskShape)
    if shape is None:
        return None
    due = incident_frame.moment(
        form, "due_at", shape.due_at_date, shape.due_at_time, otherwise=END_OF_WORK
    )
    if form.is_faulty:
        return None
    return room.TaskWish(
        shape.title, shape.description, shape.phase, shape.is_mandatory, shape.owner_id, due
    )


async def _show_form(page: Page, incident_id: UUID, form: Form, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        framed = await incident_frame.framed(reads, page, incident_id)
        people = await incident_frame.people(reads, page)
    return page.show(
        "incidents/room/task_form.html", status=status, framed=framed, form=form, people=people,
        phase_words=_words(), phase_names=dict(_words()),
    )  # fmt: skip


async def _show(
    page: Page,
    incident_id: UUID,
    task_id: UUID,
    form: Form | None,
    *,
    done: str = "",
    status: int = 200,
) -> Response:
    async with page.reading() as reads:
        framed = await incident_frame.framed(reads, page, incident_id)
        one = await room.tasks.get(reads, page.actor, incident_id, task_id)
        people = await incident_frame.people(reads, page)
        portraits = await page.portraits_of(reads, [one.owner.id] if one.owner else [])
    if form is None or "title" not in form.values:  # the form of the other button was sent
        form = _filled(one, form)
    owner = [(str(one.owner.id), one.owner.name)] if one.owner else []
    return page.show(
        "incidents/room/task.html", status=status, framed=framed, one=one, form=form,
        people=[*owner, *(each for each in people if each not in owner)], phase_words=_words(), phase_names=dict(_words()),
        portraits=portraits, done=incident_frame.said(done),
    )  # fmt: skip


def _filled(one: room.TaskView, sent: Form | None) -> Form:
    form = Form.of(
        {
            "title": one.title, "description": one.description, "phase": one.phase,
            "is_mandatory": ["on"] if one.is_mandatory else [],
            "owner_id": one.owner.id if one.owner else "", "version": one.version,
            **incident_frame.typed("due_at", one.due_at),
        }
    )  # fmt: skip
    if sent is not None:
        form.values["outcome"] = sent.values.get("outcome", "")
        form.faults, form.refusals, form.refused = sent.faults, sent.refusals, sent.refused
    return form


def _words() -> list[tuple[TaskPhase, str]]:
    return [(phase, _(name)) for phase, name in PHASES]
