"""What accounts and the record hold of a person, for the export of their data. No secret is in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.events import Event, EventDetail
from src.domain.accounts.leaving import exporting
from src.domain.accounts.tables import (
    ApiKey,
    Identity,
    KnownDevice,
    LoginSession,
    Passkey,
    PhoneCode,
    RoleAssignment,
    Team,
    TeamMember,
    User,
)

MOST_EVENTS = 100_000
_PROFILE = (
    User.email, User.name, User.locale, User.timezone, User.state, User.phone,
    User.phone_verified_at, User.email_verified_at, User.date_format, User.time_format, User.theme,
    User.password_changed_at, User.last_log_in_at, User.created_at, User.updated_at,
)  # fmt: skip


async def _profile(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    return (await _rows(session, select(*_PROFILE).where(User.id == user_id)))[0]


async def _teams(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401
    return await _rows(
        session,
        select(Team.name, TeamMember.is_lead, TeamMember.created_at)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.user_id == user_id),
    )


async def _roles(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401
    return await _rows(
        session,
        select(
            RoleAssignment.role,
            RoleAssignment.scope,
            RoleAssignment.expires_at,
            RoleAssignment.created_at,
        ).where(RoleAssignment.user_id == user_id),
    )


async def _access(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401
    """By what they come in, and from where."""
    wanted = {
        "log_ins": select(
            LoginSession.created_at, LoginSession.last_seen_at, LoginSession.device, LoginSession.ip
        ).where(LoginSession.user_id == user_id),
        "devices": select(
            KnownDevice.device, KnownDevice.ip, KnownDevice.created_at, KnownDevice.last_used_at
        ).where(KnownDevice.user_id == user_id),
        "keys": select(
            ApiKey.name, ApiKey.prefix, ApiKey.created_at, ApiKey.last_used_at, ApiKey.last_used_ip
        ).where(ApiKey.user_id == user_id),
        "passkeys": select(Passkey.name, Passkey.created_at, Passkey.last_used_at).where(
            Passkey.user_id == user_id
        ),
        "identities": select(
            Identity.provider, Identity.subject, Identity.email, Identity.created_at
        ).where(Identity.user_id == user_id),
        "phone_codes": select(PhoneCode.phone, PhoneCode.created_at, PhoneCode.ended_at).where(
            PhoneCode.user_id == user_id
        ),
    }
    return {name: await _rows(session, statement) for name, statement in wanted.items()}


async def _events(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401
    """What they did, and what was done to their account; newest first."""
    about = (Event.subject_type == "user") & (Event.subject_id == user_id)
    return await _rows(
        session,
        select(
            Event.at, Event.verb, Event.subject_type, Event.subject_id, Event.changes,
            Event.reason, EventDetail.personal, EventDetail.ip,
        )
        .outerjoin(EventDetail, EventDetail.event_id == Event.id)
        .where(or_(Event.actor_id == user_id, about))
        .order_by(Event.id.desc())
        .limit(MOST_EVENTS),
    )  # fmt: skip


async def _rows(session: AsyncSession, statement: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [dict(row) for row in (await session.execute(statement)).mappings()]


exporting.source("profile", _profile)
exporting.source("teams", _teams)
exporting.source("roles", _roles)
exporting.source("access", _access)
exporting.source("events", _events)
