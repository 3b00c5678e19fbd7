"""For whom summaries are written: a team, or everybody; and at which hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from uuid import UUID

from sqlalchemy import Select, func, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import language
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.accounts.tables import Institute, Team
from src.domain.operations import policy
from src.domain.operations.summaries import windows
from src.domain.operations.summaries.errors import SummaryNotFound
from src.domain.operations.tables import SummarySetting

ALL = "all"


@dataclass(frozen=True, slots=True)
class Scope:
    """A team (or everybody: no team), its clock, and when it reads. `name` is how it is stored."""

    name: str
    team_id: UUID | None
    team: str | None
    timezone: str = "UTC"
    minute: int = windows.DEFAULT_MINUTE
    is_active: bool = True
    version: int = 0  # of its settings; 0: nobody set any

    @property
    def zone(self) -> tzinfo:
        """The team's zone."""
        return language.zone_of(self.timezone)

    @property
    def path(self) -> str:
        """Where its summaries stand."""
        return f"/summaries/{self.team_id or ALL}"

    @property
    def words(self) -> str:
        """What people call it."""
        return self.team if self.team is not None else _("Everybody")


def name_of(team_id: UUID | None) -> str:
    """How the scope of a team is stored."""
    return ALL if team_id is None else f"team:{team_id}"


async def every(session: AsyncSession) -> list[Scope]:
    """All there are: everybody, then the teams by name. Three statements."""
    return [await _of_all(session), *await _teams(session, select(Team))]


async def readable(session: AsyncSession, actor: Actor) -> list[Scope]:
    """Those whose summaries the actor may read. Three statements. Raises `Forbidden`."""
    policy.require_read(actor)
    teams = await _teams(session, select(Team).where(policy.visible(actor, Team.id)))
    return [await _of_all(session), *teams] if policy.may_read(actor, None) else teams


async def found(session: AsyncSession, actor: Actor, team_id: UUID | None) -> Scope:
    """The scope, to read. One statement. Raises `SummaryNotFound`."""
    made = await of(session, team_id) if policy.may_read(actor, team_id) else None
    if made is None:
        raise SummaryNotFound(_("There is no such team, or you may not read what it writes."))
    return made


async def of(session: AsyncSession, team_id: UUID | None) -> Scope | None:
    """The scope of a team that exists, or of everybody. One statement."""
    if team_id is None:
        return await _of_all(session)
    wanted = (
        select(Team, SummarySetting)
        .outerjoin(SummarySetting, SummarySetting.scope == name_of(team_id))
        .where(Team.id == team_id)
    )
    row = (await session.execute(wanted)).one_or_none()
    return None if row is None else _scope(*row)


async def named(session: AsyncSession, name: str) -> Scope | None:
    """The scope as it is stored; None when its team is no more."""
    return await of(session, None if name == ALL else UUID(name.removeprefix("team:")))


async def _teams(session: AsyncSession, wanted: Select[Team]) -> list[Scope]:
    settings = {one.scope: one for one in await session.scalars(select(SummarySetting))}
    teams = await session.scalars(wanted.order_by(func.lower(Team.name)))
    return [_scope(team, settings.get(name_of(team.id))) for team in teams]


def _scope(team: Team, setting: SummarySetting | None) -> Scope:
    return _with(Scope(name_of(team.id), team.id, team.name, team.timezone), setting)


async def _of_all(session: AsyncSession) -> Scope:
    one = select(literal(1).label("one")).subquery()
    wanted = (
        select(Institute.timezone, SummarySetting)
        .select_from(one)
        .outerjoin(Institute, true())
        .outerjoin(SummarySetting, SummarySetting.scope == ALL)
    )
    timezone, setting = (await session.execute(wanted)).one()
    return _with(Scope(ALL, None, None, timezone or "UTC"), setting)


def _with(scope: Scope, setting: SummarySetting | None) -> Scope:
    if setting is None:
        return scope
    return Scope(
        scope.name, scope.team_id, scope.team, scope.timezone,
        setting.minute, setting.is_active, setting.version,
    )  # fmt: skip
