"""Taking a table over: all rows are written together, in statements for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, team_scope
from src.core.db import savepoint
from src.core.language import gettext as _
from src.domain.accounts import facility, memberships
from src.domain.accounts.errors import EmailTaken
from src.domain.accounts.factors import enforcement
from src.domain.accounts.imports import inviting, planning
from src.domain.accounts.imports.errors import ImportRefused
from src.domain.accounts.imports.planning import Outcome, Plan, RowPlan, preview
from src.domain.accounts.imports.reading import Row
from src.domain.accounts.tables import (
    RoleAssignment,
    RoleName,
    Team,
    TeamMember,
    User,
    UserState,
)

MOST_FAULTS = 200


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, and what was left out because it is wrong."""

    plan: Plan
    created: int
    changed: int
    unchanged: int
    refused: int
    invited: int


async def take_over(
    session: AsyncSession,
    actor: Actor,
    rows: Sequence[Row],
    *,
    only_good: bool = False,
    invite: bool = False,
) -> Done:
    """Add and change the people of a table, each as an event.

    One wrong row stops all, unless those that are right are wanted alone. New people are invited
    by mail where that is wished, else they are active without a password. Raises `ImportRefused`,
    `EmailTaken` where somebody was added meanwhile, `MailIsOff`.
    """
    plan = await preview(session, actor, rows)
    faults = plan.faults
    if faults and not only_good:
        detail = _("%(count)s cells are wrong. Nothing was imported.", count=len(faults))
        listed = tuple(fault.as_fault for fault in faults[:MOST_FAULTS])
        raise ImportRefused(detail, errors=listed, count=len(faults))
    if invite:
        inviting.require_mail()
    doing = planning.good(plan.rows)
    made = [row for row in doing if row.is_new]
    changing = [row for row in doing if not row.is_new]
    await _add_people(session, made, invite=invite)
    await _change_people(session, changing)
    await _add_roles(session, actor, doing)
    await _add_members(session, actor, doing)
    await _renew_teams(session, doing)
    for row in made:
        _record(session, actor, row, is_new=True)
    for row in changing:
        _record(session, actor, row, is_new=False)
    await session.flush()
    await enforcement.renew(session, [_id(row) for row in doing])
    invited = [_id(row) for row in made] if invite else []
    await inviting.publish(session, actor, invited)
    return Done(
        plan,
        created=len(made),
        changed=len(changing),
        unchanged=plan.count(Outcome.UNCHANGED),
        refused=plan.count(Outcome.REFUSED),
        invited=len(invited),
    )


async def _add_people(session: AsyncSession, rows: Sequence[RowPlan], *, invite: bool) -> None:
    zone = (await facility.read(session)).timezone
    for row in rows:
        new = {name: change[1] for name, change in row.facts.items()}
        row.user = User(
            id=ids.new(),
            email=row.email,
            name=new["name"],
            locale=new.get("locale"),
            timezone=new.get("timezone", zone),
            state=UserState.INVITED if invite else UserState.ACTIVE,
        )
    try:
        async with savepoint(session):
            session.add_all([row.user for row in rows if row.user])
            await session.flush()
    except IntegrityError as error:
        raise EmailTaken(_("Somebody was added meanwhile. Import it once more.")) from error


async def _change_people(session: AsyncSession, rows: Sequence[RowPlan]) -> None:
    """In one go: the ORM would count the rows of each change by itself."""
    changes = [
        {
            "of": row.user.id,
            **{
                f"new_{name}": row.facts.get(name, [None, getattr(row.user, name)])[1]
                for name in ("name", "locale", "timezone")
            },
        }
        for row in rows
        if row.user is not None
    ]
    if not changes:
        return
    table: Any = User.__table__
    await (await session.connection()).execute(
        update(table)
        .where(table.c.id == bindparam("of"))
        .values(
            name=bindparam("new_name"),
            locale=bindparam("new_locale"),
            timezone=bindparam("new_timezone"),
            version=table.c.version + 1,
            access_version=table.c.access_version + 1,
            updated_at=clock.now(),
        ),
        sorted(changes, key=lambda change: change["of"]),
    )


async def _add_roles(session: AsyncSession, actor: Actor, rows: Sequence[RowPlan]) -> None:
    renewed = [one.id for row in rows for one in row.renewed]
    if renewed:
        await session.execute(
            update(RoleAssignment).where(RoleAssignment.id.in_(renewed)).values(expires_at=None)
        )
    session.add_all(
        RoleAssignment(
            id=ids.new(), user_id=_id(row), role=role, created_at=clock.now(),
            granted_by=actor.user_id,
        )
        for row in rows
        for role in row.roles
    )  # fmt: skip
    await session.flush()


async def _add_members(session: AsyncSession, actor: Actor, rows: Sequence[RowPlan]) -> None:
    now, promoted = clock.now(), []
    for row in rows:
        for team, leads in row.teams.values():
            if row.was_member(team.id):
                promoted.append({"team": team.id, "person": _id(row)})
            else:
                session.add(
                    TeamMember(team_id=team.id, user_id=_id(row), is_lead=leads, created_at=now)
                )
            if leads:
                session.add(
                    RoleAssignment(
                        id=ids.new(), user_id=_id(row), role=RoleName.LEAD, created_at=now,
                        scope=team_scope(team.id), source=memberships.SOURCE,
                        granted_by=actor.user_id,
                    )
                )  # fmt: skip
    await session.flush()
    if promoted:
        table: Any = TeamMember.__table__
        await (await session.connection()).execute(
            update(table)
            .where(table.c.team_id == bindparam("team"), table.c.user_id == bindparam("person"))
            .values(is_lead=True),
            promoted,
        )


async def _renew_teams(session: AsyncSession, rows: Sequence[RowPlan]) -> None:
    touched = {team_id for row in rows for team_id in row.teams}
    if touched:
        await session.execute(
            update(Team)
            .where(Team.id.in_(touched))
            .values(version=Team.version + 1, updated_at=clock.now())
            .execution_options(synchronize_session=False)
        )


def _record(session: AsyncSession, actor: Actor, row: RowPlan, *, is_new: bool) -> None:
    subject, via = ("user", _id(row)), {"by_import": True}
    personal = {name: change for name, change in row.facts.items() if name == "name"}
    if is_new:
        told = {"email": row.email, "name": row.facts["name"][1]}
        events.record(session, actor, "user.created", subject, changes=via, personal=told)
    elif row.facts:
        plain = {name: change for name, change in row.facts.items() if name not in personal}
        changed = plain | via | ({"personal": sorted(personal)} if personal else {})
        events.record(
            session, actor, "user.changed", subject, changes=changed, personal=personal or None
        )
    for role in [*row.roles, *(one.role for one in row.renewed)]:
        given = {"role": role, "scope": None, **via}
        events.record(session, actor, "role.granted", subject, changes=given)
    for team_id, (_team, leads) in row.teams.items():
        joined = {"user_id": _id(row), "is_lead": leads, **via}
        verb = "team.lead_changed" if row.was_member(team_id) else "team.member_added"
        events.record(session, actor, verb, ("team", team_id), changes=joined)


def _id(row: RowPlan) -> UUID:
    if row.user is None:
        raise AssertionError("a row is written after its person")
    return row.user.id
