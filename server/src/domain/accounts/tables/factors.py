"""Second factors: one-time codes, backup codes, passkeys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table


class Totp(Table):
    """A person's authenticator app. A new one counts once its first code has confirmed it.

    Until then it is the candidate, and the app from before goes on working.
    """

    __tablename__ = "totp_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    secret: Mapped[str | None] = mapped_column(String(255))  # encrypted
    candidate: Mapped[str | None] = mapped_column(String(255))  # encrypted
    candidate_until: Mapped[datetime | None]
    last_step: Mapped[int | None] = mapped_column(BigInteger)  # a code works once
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class BackupCode(Identified, Table):
    """One of ten codes for the day the phone is gone. Hashed, shown once, works once."""

    __tablename__ = "backup_codes"
    __table_args__ = (Index(None, "user_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    code_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Passkey(Identified, Table):
    """A WebAuthn credential: as a second factor, and as the only one."""

    __tablename__ = "passkeys"
    __table_args__ = (Index(None, "user_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(100))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)  # base64url
    public_key: Mapped[str] = mapped_column(Text)  # base64url, COSE
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    transports: Mapped[list[str]] = mapped_column(default=list)
    aaguid: Mapped[str | None] = mapped_column(String(36))
    is_backed_up: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
