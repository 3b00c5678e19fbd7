"""On whose account a booking goes: the team and the project it may be made for."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.bookings import policy
from src.domain.bookings.plans import Violation
from src.domain.bookings.tables import Booking, Project
from src.domain.bookings.views import Wish


async def faults(
    session: AsyncSession, actor: Actor, wish: Wish, *, was: Booking | None = None
) -> list[Violation]:
    """What speaks against the team and the project of a wish; what a booking has already may stay.

    They must be one's own, or one manages the resource. No statement where neither is named.
    """
    may_any = policy.may_manage(actor, wish.resource_id)
    found = []
    if was is None or wish.team_id != was.team_id:
        found += await team_faults(session, actor, wish.team_id, may_any=may_any)
    if was is None or wish.project_id != was.project_id:
        found += await project_faults(session, actor, wish.project_id, may_any=may_any)
    return found


async def team_faults(
    session: AsyncSession, actor: Actor, team_id: UUID | None, *, may_any: bool
) -> list[Violation]:
    """What speaks against a team: it must be one's own, unless one may book for any."""
    if team_id is None or team_id in actor.team_ids:
        return []
    if may_any and await accounts.team_names(session, [team_id]):
        return []
    return [Violation("unknown-team", _("Choose a team you belong to."), False, {}, "team_id")]


async def project_faults(
    session: AsyncSession, actor: Actor, project_id: UUID | None, *, may_any: bool
) -> list[Violation]:
    """What speaks against a project: it must be active, and of one's teams or of none."""
    if project_id is None:
        return []
    wanted = select(Project.id).where(Project.id == project_id, Project.is_active)
    if not may_any:
        theirs = or_(Project.team_id.is_(None), Project.team_id.in_(actor.team_ids))
        wanted = wanted.where(theirs)
    if await session.scalar(wanted) is not None:
        return []
    message = _("Choose an active project of your teams, or of none.")
    return [Violation("unknown-project", message, False, {}, "project_id")]
