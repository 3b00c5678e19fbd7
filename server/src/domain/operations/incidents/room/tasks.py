"""Tasks of an incident: what is to be done now, to correct it, and so that it does not happen again.

They have an owner and a due date, and go on after the incident is closed. Done and dropped ones
can be opened again. A mandatory one is dropped by whoever runs the incident alone, with a reason;
then it holds up nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock, events, ids, outbox
from src.core.actor import Actor, Permission, forbidden
from src.core.db import UTCDateTime
from src.core.errors import Forbidden, Unauthenticated
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import User, UserState
from src.domain.operations import numbering
from src.domain.operations import policy as of_operations
from src.domain.operations.incidents import policy, timeline
from src.domain.operations.incidents.room import access, topics
from src.domain.operations.incidents.room.errors import (
    BadTask,
    TaskNotFound,
    TaskNotFromThisState,
    refuse,
    require_version,
)
from src.domain.operations.incidents.room.views import IncidentRef, Named, TaskView, TaskWish
from src.domain.operations.tables import (
    EntryKind,
    Incident,
    IncidentTask,
    IncidentType,
    TaskPhase,
    TaskState,
)

LONGEST_TITLE, LONGEST_TEXT, LONGEST_OUTCOME = 200, 10_000, 4000
MOST = 200  # tasks of one incident
CHANGEABLE = frozenset({"title", "description", "phase", "is_mandatory", "owner_id", "due_at"})
ALLOWED = {
    TaskState.OPEN: (TaskState.DONE, TaskState.DROPPED),
    TaskState.DONE: (TaskState.OPEN,),
    TaskState.DROPPED: (TaskState.OPEN,),
}
_VERBS = {
    TaskState.DONE: "incident.task_done",
    TaskState.DROPPED: "incident.task_dropped",
    TaskState.OPEN: "incident.task_reopened",
}
_LAST = datetime(9999, 1, 1, tzinfo=UTC)
_DOER = aliased(User)
_OWNER = aliased(User)
_STATES = case({one: rank for rank, one in enumerate(TaskState)}, value=IncidentTask.state)
_PHASES = case({one: rank for rank, one in enumerate(TaskPhase)}, value=IncidentTask.phase)
_DUE = func.coalesce(IncidentTask.due_at, literal(_LAST, UTCDateTime()), type_=UTCDateTime())


async def list_(session: AsyncSession, actor: Actor, incident_id: UUID) -> list[TaskView]:
    """All tasks of an incident: open ones first, then by phase and when they are due.

    Raises `IncidentNotFound`.
    """
    incident = await policy.found(session, actor, incident_id)
    rights = await access.rights(session, actor, incident)
    wanted = _whole().where(IncidentTask.incident_id == incident_id)
    rows = await session.execute(wanted.order_by(_STATES, _PHASES, _DUE, IncidentTask.id))
    return [_view(row, actor, rights) for row in rows]


async def mine(
    session: AsyncSession,
    actor: Actor,
    *,
    states: Collection[TaskState] = (TaskState.OPEN,),
    paging: Paging | None = None,
) -> Page[TaskView]:
    """The actor's own tasks in all incidents: overdue ones first, then as they are due.

    Raises `Unauthenticated`, `Forbidden`.
    """
    if actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    of_operations.require_read(actor)
    wanted = _whole().where(
        IncidentTask.owner_id == actor.user_id,
        IncidentTask.state.in_(states),
        policy.visible(actor),
    )
    keys = [Key(_STATES, name="state"), Key(_DUE, name="due"), Key(IncidentTask.id, name="id")]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _view(row, actor, None))


async def get(session: AsyncSession, actor: Actor, incident_id: UUID, task_id: UUID) -> TaskView:
    """One task. Raises `IncidentNotFound`, `TaskNotFound`."""
    incident = await policy.found(session, actor, incident_id)
    rights = await access.rights(session, actor, incident)
    wanted = _whole().where(IncidentTask.id == task_id, IncidentTask.incident_id == incident_id)
    row = (await session.execute(wanted)).first()
    if row is None:
        raise _no_task()
    return _view(row, actor, rights)


async def add(
    session: AsyncSession, actor: Actor, incident_id: UUID, *, wish: TaskWish
) -> TaskView:
    """Add a task, in a closed incident too. Raises `IncidentNotFound`, `Forbidden`, `BadTask`."""
    incident, _rights = await access.taking_part(session, actor, incident_id, even_closed=True)
    await _judge(session, wish)
    known = select(func.count()).where(IncidentTask.incident_id == incident_id)
    if (await session.scalar(known) or 0) >= MOST:
        raise refuse(BadTask, ("title", _("An incident has at most %(most)s tasks.", most=MOST)))
    row = await write(session, actor, incident, wish)
    return await get(session, actor, incident_id, row.id)


async def write(
    session: AsyncSession, actor: Actor, incident: Incident, wish: TaskWish
) -> IncidentTask:
    """Write a task down that was judged before: for `add`, and for those a type brings along."""
    row = IncidentTask(
        id=ids.new(),
        incident_id=incident.id,
        title=wish.title.strip(),
        description=wish.description.strip(),
        phase=wish.phase,
        state=TaskState.OPEN,
        is_mandatory=wish.is_mandatory,
        owner_id=wish.owner_id,
        due_at=wish.due_at.astimezone(UTC) if wish.due_at else None,
        outcome="",
        created_by=actor.user_id,
    )
    session.add(row)
    await session.flush()
    changes = {"phase": row.phase, "is_mandatory": row.is_mandatory, "due_at": row.due_at,
               "owner_id": row.owner_id}  # fmt: skip
    _record(session, actor, incident, row, "incident.task_added", changes)
    code = "task-given" if row.owner_id else "task-added"
    await _note(session, actor, row, code)
    await _tell_owner(session, actor, row)
    return row


async def of_type(
    session: AsyncSession, actor: Actor, incident: Incident, type_: IncidentType
) -> list[IncidentTask]:
    """Write down the tasks that incidents of this type begin with."""
    now = clock.now()
    return [
        await write(
            session,
            actor,
            incident,
            TaskWish(
                title=str(one["title"])[:LONGEST_TITLE],
                phase=TaskPhase(one.get("phase") or TaskPhase.RESPONSE),
                is_mandatory=bool(one.get("is_mandatory")),
                due_at=now + timedelta(minutes=one["due_minutes"])
                if one.get("due_minutes")
                else None,
            ),
        )
        for one in type_.tasks
    ]


async def change(
    session: AsyncSession,
    actor: Actor,
    incident_id: UUID,
    task_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> TaskView:
    """Change an open task; None for `owner_id` and `due_at` means nobody, and no date.

    Raises `IncidentNotFound`, `TaskNotFound`, `Forbidden`, `PreconditionFailed`,
    `TaskNotFromThisState` unless it is open, `BadTask`.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"of a task {sorted(unknown)} are not changed")
    incident, rights = await access.taking_part(session, actor, incident_id, even_closed=True)
    row = await _found(session, incident_id, task_id)
    require_version(expected_version, row.version)
    if row.state is not TaskState.OPEN:
        raise _not_from(row, _("Open it again, then change it."))
    if row.is_mandatory and not changes.get("is_mandatory", True):
        _require_run(rights)  # else whoever may not drop it would let it go so
    wish = TaskWish(**{name: getattr(row, name) for name in CHANGEABLE} | dict(changes))
    await _judge(session, wish, is_new_owner=wish.owner_id != row.owner_id)
    done: dict[str, Any] = {}
    for name in sorted(changes):
        old, new = getattr(row, name), getattr(wish, name)
        new = _kept(new)
        if old != new:
            setattr(row, name, new)
            done[name] = [old, new]
    if done:
        if done.keys() & {"owner_id", "due_at"}:
            row.reminded_at = None
        await session.flush()
        # Titles and descriptions are people's words: that they changed is told, not how.
        told = {name: True if name in {"title", "description"} else pair
                for name, pair in done.items()}  # fmt: skip
        _record(session, actor, incident, row, "incident.task_changed", told)
        code = "task-given" if "owner_id" in done and row.owner_id else "task-changed"
        await _note(session, actor, row, code)
        if "owner_id" in done:
            await _tell_owner(session, actor, row)
    return await get(session, actor, incident_id, task_id)


async def move(
    session: AsyncSession,
    actor: Actor,
    incident_id: UUID,
    task_id: UUID,
    *,
    to: TaskState,
    outcome: str = "",
    expected_version: int | None = None,
) -> TaskView:
    """Say that a task is done, dropped (with a reason in `outcome`) or open again.

    By its owner and by whoever takes part in the incident. Raises `IncidentNotFound`,
    `TaskNotFound`, `Forbidden`, `PreconditionFailed`, `TaskNotFromThisState`, `BadTask`.
    """
    incident = await policy.found(session, actor, incident_id, lock=True)
    rights = await access.rights(session, actor, incident)
    row = await _found(session, incident_id, task_id)
    if not _may_move(actor, row, rights):
        raise access.outsider()
    require_version(expected_version, row.version)
    if to not in ALLOWED[row.state]:
        raise _not_from(row, _("See where it stands now."))
    outcome = outcome.strip()
    if to is TaskState.DROPPED:
        _require_drop(row, rights, outcome)
    if len(outcome) > LONGEST_OUTCOME:
        detail = _("At most %(most)s characters.", most=LONGEST_OUTCOME)
        raise refuse(BadTask, ("outcome", detail))
    is_over = to is not TaskState.OPEN
    row.state, row.outcome = to, outcome if is_over else ""
    row.done_at = clock.now() if is_over else None
    row.done_by = actor.user_id if is_over else None
    await session.flush()
    _record(session, actor, incident, row, _VERBS[to], {"phase": row.phase})
    await _note(session, actor, row, f"task-{to.value}", outcome)
    return await get(session, actor, incident_id, task_id)


def _require_drop(row: IncidentTask, rights: access.Rights, outcome: str) -> None:
    if row.is_mandatory:
        _require_run(rights)
    if not outcome:
        raise refuse(BadTask, ("outcome", _("Say why it is not needed.")))


def _require_run(rights: access.Rights) -> None:
    if not rights.may_run:
        refusal = forbidden(Permission.INCIDENTS_MANAGE)
        detail = _("A mandatory task is dropped by whoever leads the incident. Ask them.")
        raise Forbidden(detail, **refusal.members)


async def _judge(session: AsyncSession, wish: TaskWish, *, is_new_owner: bool = True) -> None:
    faults = []
    if not 1 <= len(wish.title.strip()) <= LONGEST_TITLE:
        detail = _("Say what is to be done, in at most %(most)s characters.", most=LONGEST_TITLE)
        faults.append(("title", detail))
    if len(wish.description) > LONGEST_TEXT:
        faults.append(("description", _("At most %(most)s characters.", most=LONGEST_TEXT)))
    if wish.owner_id is not None and is_new_owner:
        person = await session.get(User, wish.owner_id)
        if person is None or person.state is not UserState.ACTIVE:
            faults.append(("owner_id", _("Choose somebody who is active here.")))
    if faults:
        raise refuse(BadTask, *faults)


def _kept(value: Any) -> Any:  # noqa: ANN401 - of any field
    """As the database gives it back."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value.strip() if isinstance(value, str) else value


async def _found(session: AsyncSession, incident_id: UUID, task_id: UUID) -> IncidentTask:
    row = await session.get(IncidentTask, task_id, with_for_update=True, populate_existing=True)
    if row is None or row.incident_id != incident_id:
        raise _no_task()
    return row


def _may_move(actor: Actor, row: IncidentTask, rights: access.Rights) -> bool:
    is_own = actor.user_id is not None and row.owner_id == actor.user_id and not actor.is_narrowed
    return is_own or rights.may_take_part


def _record(
    session: AsyncSession,
    actor: Actor,
    incident: Incident,
    row: IncidentTask,
    verb: str,
    changes: Mapping[str, Any],
) -> None:
    facts = {**access.facts(incident), "task_id": row.id, **changes}
    events.record(session, actor, verb, ("incident", incident.id), changes=facts)


async def _note(
    session: AsyncSession, actor: Actor, row: IncidentTask, code: str, text: str = ""
) -> None:
    details = {"code": code, "task_id": str(row.id), "title": row.title}
    if code == "task-given":
        details["person"] = str(row.owner_id)
    await timeline.write(
        session, row.incident_id, EntryKind.TASK, author_id=actor.user_id, text=text,
        details=details,
    )  # fmt: skip


async def _tell_owner(session: AsyncSession, actor: Actor, row: IncidentTask) -> None:
    if row.owner_id is None or row.owner_id == actor.user_id:
        return
    payload = {"task_id": str(row.id), "owner_id": str(row.owner_id)}
    once = f"{topics.TASK_GIVEN.name}:{row.id}:{row.version}"
    await outbox.publish(session, topics.TASK_GIVEN, payload, once=once)


def _not_from(row: IncidentTask, detail: str) -> TaskNotFromThisState:
    return TaskNotFromThisState(
        detail, state=row.state.value, allowed=[one.value for one in ALLOWED[row.state]]
    )


def _whole() -> Select[*tuple[Any, ...]]:
    return (
        select(
            IncidentTask, Incident.number, Incident.title, Incident.state, _OWNER.name, _DOER.name
        )
        .join(Incident, Incident.id == IncidentTask.incident_id)
        .outerjoin(_OWNER, _OWNER.id == IncidentTask.owner_id)
        .outerjoin(_DOER, _DOER.id == IncidentTask.done_by)
    )


def _view(row: Any, actor: Actor, rights: access.Rights | None) -> TaskView:  # noqa: ANN401
    task, number, title, state, owner, doer = row
    allowed = ALLOWED[task.state]
    if rights is not None and not _may_move(actor, task, rights):
        allowed = ()
    if task.is_mandatory and not (rights and rights.may_run):
        allowed = tuple(one for one in allowed if one is not TaskState.DROPPED)
    is_open = task.state is TaskState.OPEN
    return TaskView(
        id=task.id,
        incident=IncidentRef(task.incident_id, numbering.said("incident", number), title, state),
        title=task.title,
        description=task.description,
        phase=task.phase,
        state=task.state,
        is_mandatory=task.is_mandatory,
        owner=Named(task.owner_id, owner) if task.owner_id and owner else None,
        due_at=task.due_at,
        is_overdue=is_open and task.due_at is not None and task.due_at < clock.now(),
        done_at=task.done_at,
        done_by=Named(task.done_by, doer) if task.done_by and doer else None,
        outcome=task.outcome,
        allowed=allowed,
        version=task.version,
        created_at=task.created_at,
        updated_at=task.updated_at,
    )


def _no_task() -> TaskNotFound:
    return TaskNotFound(_("Choose one of the incident's tasks."))
