"""Inviting people by mail, with what they will be allowed: never more than one holds oneself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock, events
from src.core.actor import Actor, Permission
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts import authority, facility, memberships, post, repository, users
from src.domain.accounts.access import assignments
from src.domain.accounts.access.assignments import Holder
from src.domain.accounts.errors import EmailTaken
from src.domain.accounts.joining.errors import InvitationNotFound, MailIsOff
from src.domain.accounts.joining.registration import mail_invitation
from src.domain.accounts.rules import checked_email, checked_name
from src.domain.accounts.tables import (
    MailedToken,
    MailPurpose,
    RoleAssignment,
    RoleName,
    TeamMember,
    User,
    UserState,
)


@dataclass(frozen=True, slots=True)
class InvitationView:
    """Somebody who was invited and has not come yet. The id is the person's."""

    id: UUID
    email: str
    name: str
    roles: tuple[str, ...]
    teams: tuple[tuple[UUID, str], ...]
    inviter_id: UUID | None
    inviter: str | None
    invited_at: datetime
    expires_at: datetime
    is_expired: bool


async def invite(
    session: AsyncSession,
    actor: Actor,
    *,
    email: str,
    name: str | None = None,
    roles: Iterable[str] = (RoleName.MEMBER,),
    team_ids: Iterable[UUID] = (),
    locale: str | None = None,
) -> InvitationView:
    """Mail somebody a link that works once, for seven days. They choose name and password.

    Who registered and was not verified yet is invited like anybody. Raises `Forbidden`,
    `MayNotGrant`, `EmailTaken`, `BadEmail`, `BadPerson`, `TeamNotFound`, `MailIsOff`.
    """
    actor.require(Permission.USERS_MANAGE)
    _require_mail()
    address = checked_email(email)
    user = await repository.user_by_email(session, address)
    if user is None:
        settings = await facility.read(session)
        called = checked_name(name) if name else address.partition("@")[0]
        made = await users.create_user(
            session,
            actor,
            email=address,
            name=called,
            roles=tuple(roles),
            locale=locale,
            timezone=settings.timezone,
            state=UserState.INVITED,
        )
        user = await session.get_one(User, made.id)
    else:
        await _invite_again(session, actor, user, name, roles)
    for team_id in dict.fromkeys(team_ids):
        await memberships.add_member(session, actor, team_id, user.id)
    await mail_invitation(session, user, actor.name, actor.user_id)
    events.record(session, actor, "user.invited", ("user", user.id))
    return await get(session, actor, user.id)


async def open_ones(
    session: AsyncSession, actor: Actor, *, paging: Paging | None = None
) -> Page[InvitationView]:
    """Who was invited and has not come yet, the last first; a constant number of statements."""
    actor.require(Permission.USERS_MANAGE)
    keys = [
        Key(MailedToken.created_at, name="invited_at", descending=True),
        Key(User.id, name="id"),
    ]
    page = await paginate(session, _waiting(), keys=keys, paging=paging or Paging())
    return page.holding(await _views(session, page.items))


async def get(session: AsyncSession, actor: Actor, user_id: UUID) -> InvitationView:
    """One that is open, by the person's id. Raises `InvitationNotFound`."""
    actor.require(Permission.USERS_MANAGE)
    rows = (await session.execute(_waiting().where(User.id == user_id))).all()
    if not rows:
        raise _nothing()
    return (await _views(session, rows))[0]


async def resend(session: AsyncSession, actor: Actor, user_id: UUID) -> InvitationView:
    """Mail a new link for seven days more; the one before counts no longer.

    Raises `InvitationNotFound`, `MayNotDecide`, `MailIsOff`.
    """
    user = await _held(session, actor, user_id)
    _require_mail()
    await mail_invitation(session, user, actor.name, actor.user_id)
    events.record(session, actor, "user.invitation_sent_again", ("user", user.id))
    return await get(session, actor, user.id)


async def withdraw(session: AsyncSession, actor: Actor, user_id: UUID) -> None:
    """Let the link count no longer, and take back what came with it.

    Raises `InvitationNotFound`, `MayNotDecide`.
    """
    user = await _held(session, actor, user_id)
    for table in (MailedToken, RoleAssignment, TeamMember):
        await session.execute(delete(table).where(table.user_id == user.id))
    user.state = UserState.SUSPENDED
    user.access_version += 1
    await session.flush()
    events.record(session, actor, "user.invitation_withdrawn", ("user", user.id))


async def _invite_again(
    session: AsyncSession, actor: Actor, user: User, name: str | None, roles: Iterable[str]
) -> None:
    """Who never came is invited anew: after a registration of theirs, or one that was withdrawn."""
    if (
        user.state is UserState.ACTIVE
        or user.password_hash is not None
        or user.email_verified_at is not None
        or user.erased_at is not None
    ):
        detail = _("Somebody has this address already; look for them among the people.")
        raise EmailTaken(detail, errors=(FieldError(("email",), "email-taken", detail),))
    await authority.require_over(session, actor, user)
    user.state = UserState.INVITED
    if name:
        user.name = checked_name(name)
    await session.execute(delete(MailedToken).where(MailedToken.user_id == user.id))
    await session.flush()
    for role in dict.fromkeys(roles):
        await assignments.grant(session, actor, Holder(user.id), role)


async def _held(session: AsyncSession, actor: Actor, user_id: UUID) -> User:
    await get(session, actor, user_id)
    user = await session.get_one(User, user_id, with_for_update=True)
    if user.state is not UserState.INVITED:
        raise _nothing()
    await authority.require_over(session, actor, user)
    return user


def _waiting() -> Select[UUID, str, str, UUID, str, datetime, datetime]:
    inviter = aliased(User)
    return (
        select(
            User.id,
            User.email,
            User.name,
            inviter.id,
            inviter.name,
            MailedToken.created_at,
            MailedToken.expires_at,
        )
        .join(MailedToken, MailedToken.user_id == User.id)
        .outerjoin(inviter, inviter.id == MailedToken.invited_by)
        .where(
            User.state == UserState.INVITED,
            User.erased_at.is_(None),
            MailedToken.purpose == MailPurpose.INVITATION,
            MailedToken.used_at.is_(None),
        )
    )


async def _views(session: AsyncSession, rows: Sequence[Any]) -> list[InvitationView]:
    user_ids = [row[0] for row in rows]
    roles = await repository.roles_everywhere(session, user_ids) if rows else {}
    of_teams = await repository.teams_of(session, user_ids) if rows else {}
    now = clock.now()
    return [
        InvitationView(
            id=id_,
            email=email,
            name=name,
            roles=tuple(roles.get(id_, ())),
            teams=tuple(of_teams.get(id_, ())),
            inviter_id=inviter_id,
            inviter=inviter,
            invited_at=invited_at,
            expires_at=expires_at,
            is_expired=expires_at <= now,
        )
        for id_, email, name, inviter_id, inviter, invited_at, expires_at in rows
    ]


def _require_mail() -> None:
    if post.current().is_closed:
        raise MailIsOff(_("Add the person with a first password instead."))


def _nothing() -> InvitationNotFound:
    return InvitationNotFound(_("It was accepted or withdrawn, or never was."))
