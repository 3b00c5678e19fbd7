"""Which second factors people have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain.accounts.tables import BackupCode, Passkey, Totp, User

TOTP, PASSKEY, BACKUP = "totp", "passkey", "backup"


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """A passkey as its owner sees it."""

    id: UUID
    name: str
    is_backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """The factors of one person, without any secret."""

    totp_since: datetime | None
    passkeys: tuple[PasskeyView, ...]
    backup_codes_left: int
    backup_codes_made_at: datetime | None

    @property
    def is_protected(self) -> bool:
        """Whether a password alone does not open the account."""
        return self.totp_since is not None or bool(self.passkeys)

    @property
    def is_last(self) -> bool:
        """Whether there is one and no other to fall back on."""
        return (self.totp_since is not None) + len(self.passkeys) == 1


def has_factor_clause() -> ColumnElement[bool]:
    """Of `User`: an app or a passkey. Backup codes stand in for them and are none themselves."""
    return or_(
        exists().where(Totp.user_id == User.id, Totp.confirmed_at.is_not(None)),
        exists().where(Passkey.user_id == User.id),
    )


async def has_factor(session: AsyncSession, user_id: UUID) -> bool:
    """Whether the person has an app or a passkey."""
    found = await session.scalar(select(User.id).where(User.id == user_id, has_factor_clause()))
    return found is not None


async def methods_of(session: AsyncSession, user_id: UUID) -> frozenset[str]:
    """By what the person can prove a second factor: "totp", "passkey", "backup". One statement.

    Empty: a password is all there is to ask for.
    """
    rows = await session.scalars(
        union_all(
            select(literal(TOTP)).where(Totp.user_id == user_id, Totp.confirmed_at.is_not(None)),
            select(literal(PASSKEY)).where(Passkey.user_id == user_id),
            select(literal(BACKUP)).where(
                BackupCode.user_id == user_id, BackupCode.used_at.is_(None)
            ),
        )
    )
    found = frozenset(rows)
    return found if found - {BACKUP} else frozenset()


async def of_person(session: AsyncSession, user_id: UUID) -> Factors:
    """What the person has set up, in three statements."""
    totp_since = await session.scalar(select(Totp.confirmed_at).where(Totp.user_id == user_id))
    passkeys = await session.execute(
        select(
            Passkey.id,
            Passkey.name,
            Passkey.is_backed_up,
            Passkey.created_at,
            Passkey.last_used_at,
        )
        .where(Passkey.user_id == user_id)
        .order_by(Passkey.id)
    )
    left, made_at = (
        await session.execute(
            select(
                func.count().filter(BackupCode.used_at.is_(None)), func.max(BackupCode.created_at)
            ).where(BackupCode.user_id == user_id)
        )
    ).one()
    return Factors(totp_since, tuple(PasskeyView(*row) for row in passkeys), left or 0, made_at)
