"""Projects and cost centres: what bookings are made for and charged to.

Everybody who books chooses from the active ones of their teams and of no team; whoever holds
`quotas:manage` makes and changes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, finding, ids
from src.core.actor import Actor, Permission
from src.core.db import savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import Team
from src.domain.bookings.quotas.errors import BadProject, ProjectNotFound, ProjectTaken
from src.domain.bookings.quotas.views import ProjectView
from src.domain.bookings.tables import Project

FIELDS = frozenset({"code", "name", "team_id", "is_active"})
_LONGEST = {"code": 40, "name": 200}


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    q: str | None = None,
    mine: bool = False,
    paging: Paging | None = None,
) -> Page[ProjectView]:
    """Projects by code; `mine` are the active ones the actor may book for."""
    actor.require(Permission.BOOKINGS_READ)
    wanted = _statement().where(finding.holding(q or "", Project.code, Project.name))
    if mine:
        theirs = or_(Project.team_id.is_(None), Project.team_id.in_(actor.team_ids))
        wanted = wanted.where(Project.is_active, theirs)
    keys = [Key(func.lower(Project.code), name="code"), Key(Project.id, name="id")]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(_view)


async def get(session: AsyncSession, actor: Actor, project_id: UUID) -> ProjectView:
    """One project. Raises `ProjectNotFound`."""
    actor.require(Permission.BOOKINGS_READ)
    row = (await session.execute(_statement().where(Project.id == project_id))).one_or_none()
    if row is None:
        raise ProjectNotFound(_("Choose one from the list of projects."))
    return _view(row)


async def create(
    session: AsyncSession, actor: Actor, *, code: str, name: str, team_id: UUID | None = None
) -> ProjectView:
    """Add a project. Raises `BadProject`, `ProjectTaken`, `Forbidden`."""
    actor.require(Permission.QUOTAS_MANAGE)
    said = {"code": code.strip(), "name": name.strip(), "team_id": team_id}
    await _judge(session, said)
    row = Project(id=ids.new(), is_active=True, **said)
    await _store(session, row)
    events.record(
        session, actor, "project.created", ("project", row.id), changes={"code": [None, row.code]}
    )
    return await get(session, actor, row.id)


async def change(
    session: AsyncSession,
    actor: Actor,
    project_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> ProjectView:
    """Change a project; one that is not active is not offered any more.

    Raises `ProjectNotFound`, `BadProject`, `ProjectTaken`, `PreconditionFailed`, `Forbidden`.
    """
    actor.require(Permission.QUOTAS_MANAGE)
    row = await session.get(Project, project_id)
    if row is None:
        raise ProjectNotFound(_("Choose one from the list of projects."))
    if expected_version not in {None, row.version}:
        raise PreconditionFailed(_("Read the project again, then repeat the change."))
    if unknown := set(changes) - FIELDS:
        raise TypeError(f"a project has no {sorted(unknown)}")
    said = {name: v.strip() if isinstance(v, str) else v for name, v in changes.items()}
    await _judge(session, said)
    done = {name: [getattr(row, name), v] for name, v in said.items() if getattr(row, name) != v}
    for name, (_old, new) in done.items():
        setattr(row, name, new)
    if done:
        await _store(session, row)
        events.record(session, actor, "project.changed", ("project", row.id), changes=done)
    return await get(session, actor, project_id)


def _statement() -> Select[Project, str]:
    return select(Project, Team.name).outerjoin(Team, Team.id == Project.team_id)


def _view(row: Any) -> ProjectView:  # noqa: ANN401 - a row of `_statement`
    project, team = row
    return ProjectView(
        id=project.id,
        code=project.code,
        name=project.name,
        team_id=project.team_id,
        team_name=team,
        is_active=project.is_active,
        version=project.version,
        created_at=project.created_at,
        updated_at=project.updated_at,
    )


async def _judge(session: AsyncSession, said: Mapping[str, Any]) -> None:
    faults = []
    for name, most in _LONGEST.items():
        if name in said and (not 1 <= len(said[name]) <= most or "\x00" in said[name]):
            detail = _("Write 1 to %(most)s characters.", most=most)
            faults.append(FieldError((name,), "bad-text", detail))
    team_id = said.get("team_id")
    if team_id is not None and await session.get(Team, team_id) is None:
        faults.append(FieldError(("team_id",), "unknown-team", _("Choose a team from the list.")))
    if faults:
        raise BadProject(_("Correct what is marked."), errors=tuple(faults))


async def _store(session: AsyncSession, row: Project) -> None:
    try:
        async with savepoint(session):
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        detail = _("Another project has this code. Choose another.")
        fault = FieldError(("code",), ProjectTaken.code, detail)
        raise ProjectTaken(detail, errors=(fault,)) from error
