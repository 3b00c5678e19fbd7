"""Roles in an incident: who has which, since when, and the hand-over from one to the next.

There is one lead at a time, one EHS liaison, one scribe; responders are many. What somebody had
stays on record with its dates.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock, events, ids, outbox
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.accounts.tables import User, UserState
from src.domain.operations.incidents import policy, timeline
from src.domain.operations.incidents.room import access, topics
from src.domain.operations.incidents.room.errors import (
    BadRole,
    RoleIsOver,
    RoleIsTaken,
    RoleNotFound,
    refuse,
)
from src.domain.operations.incidents.room.views import Named, RoleView
from src.domain.operations.tables import (
    EntryKind,
    Incident,
    IncidentAssignment,
    IncidentRole,
)

LONGEST_NOTE = 1000
_RANKS = {one: rank for rank, one in enumerate(IncidentRole)}
_GIVER = aliased(User)


async def list_(
    session: AsyncSession, actor: Actor, incident_id: UUID, *, is_current: bool | None = None
) -> list[RoleView]:
    """Who has and had which role: the current ones first, by role, then the latest.

    Raises `IncidentNotFound`.
    """
    await policy.found(session, actor, incident_id)
    return await of(session, incident_id, is_current=is_current)


async def of(
    session: AsyncSession, incident_id: UUID, *, is_current: bool | None = None
) -> list[RoleView]:
    """The same without asking who reads. One statement."""
    wanted = _whole().where(IncidentAssignment.incident_id == incident_id)
    if is_current is not None:
        ends = IncidentAssignment.until_at
        wanted = wanted.where(ends.is_(None) if is_current else ends.is_not(None))
    rows = await session.execute(wanted.order_by(*_order()))
    return [_view(*row) for row in rows]


async def give(
    session: AsyncSession,
    actor: Actor,
    incident_id: UUID,
    *,
    role: IncidentRole,
    user_id: UUID,
    note: str = "",
    instead_of: UUID | None = None,
) -> RoleView:
    """Give somebody a role; whoever had it hands it over, responders stay beside each other.

    `instead_of`: the id of the one that is handed over, as it was read; another one is refused.
    Raises `IncidentNotFound`, `Forbidden`, `IncidentIsClosed`, `BadRole`, `RoleIsTaken`.
    """
    incident = await access.running(session, actor, incident_id)
    await _judge(session, user_id, note)
    held = await _held(session, incident_id, role)
    theirs = next((one for one in held if one.user_id == user_id), None)
    if theirs is not None:
        raise RoleIsTaken(_("They have this role already."), holder=str(theirs.id))
    replaced = held[0] if held and role is not IncidentRole.RESPONDER else None
    if instead_of is not None and (replaced is None or replaced.id != instead_of):
        detail = _("It was handed over meanwhile. See who has it now.")
        raise RoleIsTaken(detail, holder=str(replaced.id) if replaced else None)
    made = await begin(
        session, actor, incident, role=role, user_id=user_id, note=note, replaced=replaced
    )
    return await _get(session, made.id)


async def begin(
    session: AsyncSession,
    actor: Actor,
    incident: Incident,
    *,
    role: IncidentRole,
    user_id: UUID,
    note: str = "",
    replaced: IncidentAssignment | None = None,
) -> IncidentAssignment:
    """Write the role down, without asking who may: for `give`, and for whom a type lets lead."""
    now = clock.now()
    if replaced is not None:
        # The index lets one have it at a time, so the old one ends before the new one begins.
        replaced.until_at = now
        await session.flush()
    made = IncidentAssignment(
        id=ids.new(),
        incident_id=incident.id,
        role=role,
        user_id=user_id,
        since_at=now,
        given_by=actor.user_id,
        note=note.strip(),
    )
    session.add(made)
    await session.flush()
    before = replaced.user_id if replaced else None
    changes = {**access.facts(incident), "role": role, "from": before, "to": user_id}
    events.record(session, actor, "incident.role_given", ("incident", incident.id), changes=changes)
    details = {"code": "role-handed-over" if before else "role-given", "role": role.value}
    details |= {"person": str(user_id)} | ({"before": str(before)} if before else {})
    await timeline.write(
        session, incident.id, EntryKind.ROLE, author_id=actor.user_id, text=made.note,
        details=details,
    )  # fmt: skip
    if user_id != actor.user_id:
        payload = {"assignment_id": str(made.id)}
        once = f"{topics.ROLE_GIVEN.name}:{made.id}"
        await outbox.publish(session, topics.ROLE_GIVEN, payload, once=once)
    return made


async def end(
    session: AsyncSession, actor: Actor, incident_id: UUID, assignment_id: UUID, *, note: str = ""
) -> RoleView:
    """Let a role end, without anybody else in it: by whoever runs the incident, or one's own.

    Raises `IncidentNotFound`, `RoleNotFound`, `Forbidden`, `IncidentIsClosed`, `RoleIsOver`.
    """
    incident = await policy.found(session, actor, incident_id, lock=True)
    row = await session.get(IncidentAssignment, assignment_id, populate_existing=True)
    if row is None or row.incident_id != incident_id:
        raise RoleNotFound(_("See who has which role in the incident."))
    is_own = actor.user_id is not None and row.user_id == actor.user_id and not actor.is_narrowed
    if not is_own:
        await policy.require_manage(session, actor, incident)
    access.require_not_closed(incident)
    if row.until_at is not None:
        raise RoleIsOver(_("It ended already. Give it anew if somebody shall have it."))
    if len(note) > LONGEST_NOTE:
        raise refuse(BadRole, _too_long())
    row.until_at = clock.now()
    await session.flush()
    changes = {**access.facts(incident), "role": row.role, "from": row.user_id, "to": None}
    events.record(session, actor, "incident.role_ended", ("incident", incident.id), changes=changes)
    details = {"code": "role-ended", "role": row.role.value, "person": str(row.user_id)}
    await timeline.write(
        session, incident.id, EntryKind.ROLE, author_id=actor.user_id, text=note.strip(),
        details=details,
    )  # fmt: skip
    return await _get(session, row.id)


async def holders(
    session: AsyncSession, incident_id: UUID, *roles: IncidentRole
) -> dict[UUID, IncidentRole]:
    """Active people who have one of these roles (any without) now; the leading role of each."""
    wanted = select(IncidentAssignment.user_id, IncidentAssignment.role).join(
        User, User.id == IncidentAssignment.user_id
    )
    wanted = wanted.where(
        IncidentAssignment.incident_id == incident_id,
        IncidentAssignment.until_at.is_(None),
        User.state == UserState.ACTIVE,
    )
    rows = [(user_id, role) for user_id, role in await session.execute(wanted)]
    ranked = sorted(rows, key=lambda row: _RANKS[row[1]], reverse=True)
    return {user_id: role for user_id, role in ranked if not roles or role in roles}


async def _judge(session: AsyncSession, user_id: UUID, note: str) -> None:
    person = await session.get(User, user_id)
    if person is None or person.state is not UserState.ACTIVE:
        raise refuse(BadRole, ("user_id", _("Choose somebody who is active here.")))
    if len(note) > LONGEST_NOTE:
        raise refuse(BadRole, _too_long())


def _too_long() -> tuple[str, str]:
    return "note", _("At most %(most)s characters.", most=LONGEST_NOTE)


async def _held(
    session: AsyncSession, incident_id: UUID, role: IncidentRole
) -> list[IncidentAssignment]:
    rows = await session.scalars(
        select(IncidentAssignment)
        .where(
            IncidentAssignment.incident_id == incident_id,
            IncidentAssignment.role == role,
            IncidentAssignment.until_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def _get(session: AsyncSession, assignment_id: UUID) -> RoleView:
    row = (await session.execute(_whole().where(IncidentAssignment.id == assignment_id))).one()
    return _view(*row)


def _whole() -> Select[*tuple[Any, ...]]:
    return (
        select(IncidentAssignment, User.name, _GIVER.name)
        .join(User, User.id == IncidentAssignment.user_id)
        .outerjoin(_GIVER, _GIVER.id == IncidentAssignment.given_by)
    )


def _order() -> tuple[Any, ...]:
    rank = case(_RANKS, value=IncidentAssignment.role)
    is_over = case((IncidentAssignment.until_at.is_(None), 0), else_=1)
    since = IncidentAssignment.since_at
    latest_first = case((is_over == 1, since), else_=None)
    return (is_over, latest_first.desc(), rank, since, IncidentAssignment.id)


def _view(row: IncidentAssignment, person: str, giver: str | None) -> RoleView:
    return RoleView(
        id=row.id,
        role=row.role,
        person=Named(row.user_id, person),
        since_at=row.since_at,
        until_at=row.until_at,
        given_by=Named(row.given_by, giver) if row.given_by and giver else None,
        note=row.note,
    )
