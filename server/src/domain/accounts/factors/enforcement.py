"""Who must have a second factor, and until when they may do without.

The institute names roles (`facility.factor_roles`) and days of grace. Whoever holds such a role,
by themselves or by a team, and has no factor is given a date, counted from the moment it was asked
for; who has set one up, or holds no such role any more, has none. `renew` says so anew after each
change of roles, teams, settings and factors; a job does where a role expired.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, not_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain.accounts import facility, repository
from src.domain.accounts.factors.holding import has_factor_clause
from src.domain.accounts.tables import TeamMember, User, UserState


async def renew(
    session: AsyncSession, user_ids: Collection[UUID] | None = None, *, team_id: UUID | None = None
) -> int:
    """Give or take the date of these people, of a team's members, or of everybody.

    How many were given or lost one.
    """
    decided = await facility.read(session)
    lacking = and_(
        User.state == UserState.ACTIVE,
        repository.holds(decided.factor_roles),
        not_(has_factor_clause()),
    )
    concerned: list[ColumnElement[bool]] = []
    if user_ids is not None:
        concerned.append(User.id.in_(user_ids))
    if team_id is not None:
        members = select(TeamMember.user_id).where(TeamMember.team_id == team_id)
        concerned.append(User.id.in_(members))
    due = clock.now() + timedelta(days=decided.factor_grace_days)
    given = await session.execute(
        update(User)
        .where(*concerned, User.factor_due_at.is_(None), lacking)
        .values(factor_due_at=due, updated_at=User.updated_at)
        .returning(User.id)
    )
    taken = await session.execute(
        update(User)
        .where(*concerned, User.factor_due_at.is_not(None), not_(lacking))
        .values(factor_due_at=None, updated_at=User.updated_at)
        .returning(User.id)
    )
    return len(given.all()) + len(taken.all())


async def must_have(session: AsyncSession, user_id: UUID) -> bool:
    """Whether the person holds a role that wants a second factor."""
    decided = await facility.read(session)
    held = select(User.id).where(User.id == user_id, repository.holds(decided.factor_roles))
    return await session.scalar(held) is not None


async def decided_anew(
    session: AsyncSession, before: facility.Facility, after: facility.Facility
) -> None:
    """The institute's settings were changed: dates move with the grace, then are given or taken."""
    moved = timedelta(days=after.factor_grace_days - before.factor_grace_days)
    if moved:
        await _move(session, moved)
    if moved or set(before.factor_roles) != set(after.factor_roles):
        await renew(session)


async def _move(session: AsyncSession, by: timedelta) -> None:
    """Days of grace count from when a factor was asked for, so dates move as their number does."""
    dates = await session.scalars(
        select(User.factor_due_at).where(User.factor_due_at.is_not(None)).distinct()
    )
    ordered = sorted((date for date in dates if date is not None), reverse=by > timedelta(0))
    for date in ordered:  # in an order in which no date is moved twice
        await session.execute(
            update(User)
            .where(User.factor_due_at == date)
            .values(factor_due_at=date + by, updated_at=User.updated_at)
        )


facility.on_decided(decided_anew)
