"""What a table would do, row by row: nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor, Permission
from src.core.errors import DomainError
from src.core.language import gettext as _
from src.domain.accounts import rules
from src.domain.accounts.imports import known as lookup
from src.domain.accounts.imports.known import Known
from src.domain.accounts.imports.reading import Cell, Row
from src.domain.accounts.tables import RoleAssignment, RoleName, Team, User

# A column of the table, the attribute it sets, and what it must look like.
_FACTS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "name": ("name", rules.checked_name),
    "language": ("locale", rules.checked_locale),
    "time_zone": ("timezone", rules.checked_timezone),
}


class Outcome(StrEnum):
    """What becomes of a row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(slots=True)
class RowPlan:
    """A row, and what it would do: `facts` as {attribute: [old, new]}."""

    line: int
    email: str
    name: str
    user: User | None = None
    is_new: bool = False
    facts: dict[str, list[Any]] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)
    # Roles they had until a day that is over.
    renewed: list[RoleAssignment] = field(default_factory=list)
    teams: dict[UUID, tuple[Team, bool]] = field(default_factory=dict)  # and whether they lead
    promoted: set[UUID] = field(default_factory=set)  # teams they belong to, and will lead
    faults: list[Cell] = field(default_factory=list)

    @property
    def changed_columns(self) -> list[str]:
        """The columns of the table that change something, in its order."""
        columns = [column for column, (name, _c) in _FACTS.items() if name in self.facts]
        columns += ["roles"] * bool(self.roles or self.renewed)
        columns += ["teams"] * any(not leads for _team, leads in self.teams.values())
        columns += ["leads"] * any(leads for _team, leads in self.teams.values())
        return columns

    def was_member(self, team_id: UUID) -> bool:
        """Whether they belong to the team already."""
        return team_id in self.promoted

    @property
    def outcome(self) -> Outcome:
        """What becomes of it."""
        if self.faults:
            return Outcome.REFUSED
        if self.is_new:
            return Outcome.CREATED
        is_changed = self.facts or self.roles or self.renewed or self.teams
        return Outcome.CHANGED if is_changed else Outcome.UNCHANGED


@dataclass(frozen=True, slots=True)
class Plan:
    """All rows, in the order of the file."""

    rows: tuple[RowPlan, ...]
    known: Known

    @property
    def faults(self) -> list[Cell]:
        """Everything that is wrong, in the order of the file."""
        return [fault for row in self.rows for fault in row.faults]

    def count(self, outcome: Outcome) -> int:
        """How many rows come to that."""
        return sum(row.outcome is outcome for row in self.rows)


async def preview(session: AsyncSession, actor: Actor, rows: Sequence[Row]) -> Plan:
    """What a table would do. Needs `users:manage`; a few statements for every 500 rows."""
    actor.require(Permission.USERS_MANAGE)
    known = await lookup.look_up(session, actor, rows)
    seen: dict[str, int] = {}
    planned = []
    for row in rows:
        plan = _planned(known, row)
        if plan.email in seen and plan.email:
            detail = _("This address stands in line %(line)s already.", line=seen[plan.email])
            plan.faults.append(Cell(row.line, "email", "twice", detail))
        seen.setdefault(plan.email, row.line)
        planned.append(plan)
    return Plan(tuple(planned), known)


def _planned(known: Known, row: Row) -> RowPlan:
    email = row.cells.get("email", "")
    plan = RowPlan(row.line, rules.fold(email), row.cells.get("name", ""))
    try:
        plan.email = rules.checked_email(email)
    except DomainError as refusal:
        plan.faults.append(Cell(row.line, "email", refusal.errors[0].code, refusal.detail))
    plan.user = known.users.get(plan.email)
    plan.is_new = plan.user is None
    _plan_facts(plan, row)
    _plan_roles(known, plan, row)
    _plan_teams(known, plan, row)
    if plan.user is not None:
        plan.name = plan.name or plan.user.name
    return plan


def _plan_facts(plan: RowPlan, row: Row) -> None:
    for column, (attribute, checked) in _FACTS.items():
        said = row.cells.get(column, "")
        if not said and not (column == "name" and plan.user is None):
            continue
        try:
            new = checked(said)
        except DomainError as refusal:
            plan.faults.append(Cell(row.line, column, refusal.errors[0].code, refusal.detail))
            continue
        old = getattr(plan.user, attribute) if plan.user else None
        if new != old:
            plan.facts[attribute] = [old, new]


def _plan_roles(known: Known, plan: RowPlan, row: Row) -> None:
    wanted = [name.casefold() for name in row.list_of("roles")]
    if not wanted and plan.user is None:
        wanted = [str(RoleName.MEMBER)]
    for name in dict.fromkeys(wanted):
        held = known.held.get((plan.user.id, name)) if plan.user else None
        if name not in known.roles:
            detail = _("There is no role %(role)s.", role=name)
            plan.faults.append(Cell(row.line, "roles", "unknown-role", detail))
        elif held is not None and (held.expires_at is None or held.expires_at > clock.now()):
            continue
        elif name in known.refused_roles:
            detail = known.refused_roles[name]
            plan.faults.append(Cell(row.line, "roles", "may-not-grant", detail))
        elif held is not None:
            plan.renewed.append(held)
        else:
            plan.roles.append(name)


def _plan_teams(known: Known, plan: RowPlan, row: Row) -> None:
    for column, leads in (("teams", False), ("leads", True)):
        for name in row.list_of(column):
            team = known.teams.get(name.lower())
            if team is None:
                detail = _("There is no team %(team)s. Add it first.", team=name)
                plan.faults.append(Cell(row.line, column, "unknown-team", detail))
                continue
            is_member = known.members.get((plan.user.id, team.id)) if plan.user else None
            if is_member is not None and (is_member or not leads):
                continue
            refused = known.refused_teams.get(team.id) if is_member is None else None
            refused = refused or (known.refused_leads.get(team.id) if leads else None)
            if refused:
                plan.faults.append(Cell(row.line, column, "may-not-grant", refused))
            else:
                plan.teams[team.id] = (team, leads)
                if is_member is not None:
                    plan.promoted.add(team.id)


def good(rows: Collection[RowPlan]) -> list[RowPlan]:
    """Those that would do something and can."""
    return [row for row in rows if row.outcome in (Outcome.CREATED, Outcome.CHANGED)]
