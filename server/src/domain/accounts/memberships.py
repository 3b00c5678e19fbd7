"""Who belongs to a team, who leads it, and what comes with it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor, Permission, forbidden, team_scope
from src.core.language import gettext as _
from src.domain.accounts import repository, sessions
from src.domain.accounts.access import custom, limits
from src.domain.accounts.errors import TeamNotFound, UserNotFound
from src.domain.accounts.factors import enforcement
from src.domain.accounts.tables import (
    RoleAssignment,
    RoleName,
    Team,
    TeamMember,
    User,
)

# Who keeps the role that goes with leading a team: the membership does.
SOURCE = "team"


@dataclass(frozen=True, slots=True)
class Member:
    """One of a team."""

    user_id: UUID
    name: str
    is_lead: bool


async def members(session: AsyncSession, actor: Actor, team_id: UUID) -> list[Member]:
    """Who belongs to a team, leads first, then by name. Raises `TeamNotFound`."""
    actor.require(Permission.USERS_READ)
    await team_of(session, team_id)
    rows = await session.execute(
        select(User.id, User.name, TeamMember.is_lead)
        .join(User, User.id == TeamMember.user_id)
        .where(TeamMember.team_id == team_id)
        .order_by(TeamMember.is_lead.desc(), func.lower(User.name), User.id)
    )
    return [Member(*row) for row in rows]


async def may_change_members(session: AsyncSession, actor: Actor, team_id: UUID) -> bool:
    """Whether the actor holds `teams:manage` there, or leads the team. At most one statement."""
    if actor.may(Permission.TEAMS_MANAGE, team_scope(team_id)):
        return True
    if actor.user_id is None or team_id not in actor.team_ids:
        return False
    # A key that carries less than its person does not lead for them.
    if not actor.may(Permission.BOOKINGS_MANAGE, team_scope(team_id)):
        return False
    return bool(
        await session.scalar(
            select(TeamMember.is_lead).where(
                TeamMember.team_id == team_id, TeamMember.user_id == actor.user_id
            )
        )
    )


async def add_member(
    session: AsyncSession, actor: Actor, team_id: UUID, user_id: UUID, *, is_lead: bool = False
) -> None:
    """Add a person to a team, or change whether they lead it.

    Leads need `teams:manage`; a new member gets the team's roles, so the actor must hold what
    those grant. Raises `TeamNotFound`, `UserNotFound`, `Forbidden`, `MayNotGrant`.
    """
    team = await team_of(session, team_id)
    member = await session.get(TeamMember, (team_id, user_id))
    await _require(session, actor, team_id, for_leads=is_lead or bool(member and member.is_lead))
    user = await session.get(User, user_id)
    if user is None or user.erased_at is not None:
        raise UserNotFound(_("Nobody has this id."))
    if member is not None and member.is_lead == is_lead:
        return
    is_new = member is None
    if member is None:
        await require_roles_held(session, actor, team_id)
        member = TeamMember(team_id=team_id, user_id=user_id, created_at=clock.now())
        session.add(member)
    was_lead, member.is_lead = bool(member.is_lead), is_lead
    _renew(team, user)
    await session.flush()
    if is_lead != was_lead:
        await _lead(session, actor, team_id, user_id, is_lead=is_lead)
    await enforcement.renew(session, [user_id])
    verb = "team.member_added" if is_new else "team.lead_changed"
    changes = {"user_id": user_id, "is_lead": is_lead}
    events.record(session, actor, verb, ("team", team_id), changes=changes)


async def remove_member(session: AsyncSession, actor: Actor, team_id: UUID, user_id: UUID) -> None:
    """Take a person out of a team; who is not in it stays out. Oneself anybody may take out.

    Raises `TeamNotFound`, `Forbidden`, `LastAdministrator`.
    """
    team = await team_of(session, team_id)
    member = await session.get(TeamMember, (team_id, user_id))
    if actor.user_id != user_id:
        await _require(session, actor, team_id, for_leads=bool(member and member.is_lead))
    if member is None:
        return
    await repository.lock_assignments(session, RoleName.ADMIN)
    if member.is_lead:
        await _end_lead(session, team_id, user_id)
    await session.execute(
        delete(TeamMember).where(TeamMember.team_id == team_id, TeamMember.user_id == user_id)
    )
    session.expunge(member)
    _renew(team, await session.get_one(User, user_id))
    if await repository.is_team_admin(session, team_id):
        await limits.refuse_without_administrator(session)
    await session.flush()
    if member.is_lead or await _gives_roles(session, team_id):
        await sessions.end_all(session, user_id, but=actor.session_id)
    await enforcement.renew(session, [user_id])
    changes = {"user_id": user_id}
    events.record(session, actor, "team.member_removed", ("team", team_id), changes=changes)


async def _gives_roles(session: AsyncSession, team_id: UUID) -> bool:
    """Whether leaving the team is the loss of a role."""
    held = select(RoleAssignment.id).where(RoleAssignment.team_id == team_id)
    return await session.scalar(held.limit(1)) is not None


async def require_roles_held(session: AsyncSession, actor: Actor, team_id: UUID) -> None:
    """Raise `MayNotGrant` where belonging to the team grants what the actor does not hold."""
    rows = await session.execute(
        select(RoleAssignment.role, RoleAssignment.scope).where(
            RoleAssignment.team_id == team_id, repository.unexpired()
        )
    )
    for role, scope in rows.all():
        found = await custom.described(session, role)
        limits.require_held(actor, {*found.grants, *found.denies}, *([scope] if scope else []))


async def team_of(session: AsyncSession, team_id: UUID) -> Team:
    """The team's row, for this domain alone. Raises `TeamNotFound`."""
    team = await session.get(Team, team_id)
    if team is None:
        raise TeamNotFound(_("No team has this id."))
    return team


async def _require(session: AsyncSession, actor: Actor, team_id: UUID, *, for_leads: bool) -> None:
    if for_leads:
        actor.require(Permission.TEAMS_MANAGE, team_scope(team_id))
    elif not await may_change_members(session, actor, team_id):
        raise forbidden(Permission.TEAMS_MANAGE)


async def _lead(
    session: AsyncSession, actor: Actor, team_id: UUID, user_id: UUID, *, is_lead: bool
) -> None:
    """Leading a team and holding the role `lead` for it begin and end together."""
    if not is_lead:
        await _end_lead(session, team_id, user_id)
        return
    scope = team_scope(team_id)
    found = await custom.described(session, RoleName.LEAD)
    limits.require_held(actor, {*found.grants, *found.denies}, scope)
    held = await session.scalar(
        select(RoleAssignment.id).where(
            RoleAssignment.user_id == user_id,
            RoleAssignment.role == RoleName.LEAD,
            RoleAssignment.scope == scope,
        )
    )
    if held is None:
        session.add(
            RoleAssignment(
                user_id=user_id, role=RoleName.LEAD, scope=scope, source=SOURCE,
                granted_by=actor.user_id, created_at=clock.now(),
            )
        )  # fmt: skip
        await session.flush()


async def _end_lead(session: AsyncSession, team_id: UUID, user_id: UUID) -> None:
    await session.execute(
        delete(RoleAssignment).where(
            RoleAssignment.user_id == user_id,
            RoleAssignment.role == RoleName.LEAD,
            RoleAssignment.scope == team_scope(team_id),
            RoleAssignment.source == SOURCE,
        )
    )


def _renew(team: Team, user: User) -> None:
    """Each is part of what is shown of the other, so of its ETag."""
    team.updated_at = user.updated_at = clock.now()
    user.access_version += 1
