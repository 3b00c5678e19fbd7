"""Opening an invitation, or the link of a registration: a name, a password, and one is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.db import Database, reading, transaction
from src.domain.accounts import facility, login, passwords, repository, rules
from src.domain.accounts.devices import Client
from src.domain.accounts.factors import enforcement
from src.domain.accounts.joining import links
from src.domain.accounts.login import Opened
from src.domain.accounts.sessions import Proof
from src.domain.accounts.tables import MailedToken, MailPurpose, User, UserState

PURPOSES = (MailPurpose.INVITATION, MailPurpose.VERIFY_EMAIL)


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who is invited to what, by whom (None: they registered), until when."""

    email: str
    name: str
    institute: str
    timezone: str
    inviter: str | None
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    expires_at: datetime


async def look(session: AsyncSession, token: str) -> Welcome:
    """What a link leads to; it is not used by that. Raises `LinkGone`."""
    link, user = await _open(session, token)
    inviter = await session.get(User, link.invited_by) if link.invited_by else None
    roles = await repository.roles_everywhere(session, [user.id])
    teams = await repository.teams_of(session, [user.id])
    institute = await facility.read(session)
    return Welcome(
        email=user.email,
        name=user.name,
        institute=institute.name,
        timezone=user.timezone,
        inviter=inviter.name if inviter else None,
        roles=tuple(roles.get(user.id, ())),
        teams=tuple(name for _id, name in teams.get(user.id, ())),
        expires_at=link.expires_at,
    )


async def arrive(
    database: Database,
    token: str,
    *,
    password: str,
    name: str | None = None,
    client: Client,
) -> Opened:
    """Prove the address, choose a password, be active, and logged in.

    Raises `LinkGone`, `PasswordRefused`, `BadPerson`.
    """
    async with reading(database) as reads:
        _link, user = await _open(reads, token)
    called = rules.checked_name(name) if name is not None else user.name
    hashed = await passwords.new_hash(password, about=(called, user.name, user.email))
    async with transaction(database) as session:
        link, user = await _open(session, token)
        await session.refresh(user, with_for_update=True)
        _require_waiting(link, user)
        await links.claim(session, link.id)
        user.name, user.password_hash = called, hashed
        user.email_verified_at, user.state = clock.now(), UserState.ACTIVE
        user.access_version += 1
        await session.flush()
        await enforcement.renew(session, [user.id])
        by = login.by(user, client)
        events.record(session, by, "user.email_verified", ("user", user.id))
        return await login.open_session(session, user, client, Proof(login.PASSWORD))


async def _open(session: AsyncSession, token: str) -> tuple[MailedToken, User]:
    link, user = await links.found(session, token, *PURPOSES)
    _require_waiting(link, user)
    return link, user


def _require_waiting(link: MailedToken, user: User) -> None:
    """Whoever has a password already, or another address by now, needs no such link."""
    if (
        user.password_hash is not None
        or user.email != link.email
        or user.state is UserState.SUSPENDED
    ):
        raise links.gone()
