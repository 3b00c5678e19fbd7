"""People as an actor may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain.accounts import repository
from src.domain.accounts.policy import may_see_details
from src.domain.accounts.tables import User, UserState


@dataclass(frozen=True, slots=True)
class UserView:
    """A person as an actor may see them: without USERS_MANAGE only oneself has an address."""

    id: UUID
    name: str
    email: str | None
    locale: str | None
    timezone: str
    state: UserState | None
    roles: tuple[str, ...]
    teams: tuple[tuple[UUID, str], ...]  # id and name
    version: int
    created_at: datetime
    updated_at: datetime
    phone: str | None = None
    phone_verified_at: datetime | None = None
    email_verified_at: datetime | None = None
    date_format: str | None = None
    time_format: str | None = None
    theme: str | None = None
    last_log_in_at: datetime | None = None
    erased_at: datetime | None = None


async def view(session: AsyncSession, actor: Actor, users: Sequence[User]) -> list[UserView]:
    """People as the actor may see them, in two statements for any number."""
    user_ids = [user.id for user in users]
    roles = await repository.roles_everywhere(session, user_ids) if users else {}
    teams = await repository.teams_of(session, user_ids) if users else {}
    return [
        _seen(user, tuple(roles.get(user.id, ())), tuple(teams.get(user.id, ())), actor)
        for user in users
    ]


def _seen(
    user: User, roles: tuple[str, ...], teams: tuple[tuple[UUID, str], ...], actor: Actor
) -> UserView:
    plain = UserView(
        id=user.id,
        name=user.name,
        email=None,
        locale=user.locale,
        timezone=user.timezone,
        state=None,
        roles=(),
        teams=teams,
        version=user.version,
        created_at=user.created_at,
        updated_at=user.updated_at,
        erased_at=user.erased_at,
    )
    if not may_see_details(actor, user.id):
        return plain
    return replace(
        plain,
        # What an erased row holds in its place is nobody's address.
        email=user.email if user.erased_at is None else None,
        state=user.state,
        roles=roles,
        phone=user.phone,
        phone_verified_at=user.phone_verified_at,
        email_verified_at=user.email_verified_at,
        date_format=user.date_format,
        time_format=user.time_format,
        theme=user.theme,
        last_log_in_at=user.last_log_in_at,
    )
