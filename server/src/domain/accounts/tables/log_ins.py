"""Log-ins of browsers, those on their way, the devices they came from, and failed attempts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, choice


class LoginSession(Identified, Table):
    """A log-in of a browser. The cookie holds the secret, the row its hash."""

    __tablename__ = "login_sessions"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # The secret before this one: what was under way when it was renewed still counts for a moment.
    previous_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    renewed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ip: Mapped[str | None] = mapped_column(String(45))
    device: Mapped[str | None] = mapped_column(String(200))
    # By what they showed who they are ("password", "passkey", "sso"), and when last.
    method: Mapped[str | None] = mapped_column(String(20))
    authenticated_at: Mapped[datetime | None]
    # The person's `access_version` when the secret was made: another one makes another secret.
    access_version: Mapped[int | None]
    # Whether a second factor (or a passkey) was given, at this log-in or on a trusted device.
    has_factor: Mapped[bool] = mapped_column(default=False, server_default="false")
    device_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("known_devices.id", ondelete="SET NULL")
    )
    # Of a log-in through a provider: what ends it there too. Encrypted.
    provider: Mapped[str | None] = mapped_column(String(40))
    provider_session: Mapped[str | None] = mapped_column(String(255))
    id_token: Mapped[str | None] = mapped_column(Text)


class PendingKind(StrEnum):
    """What a log-in on its way waits for."""

    SECOND_FACTOR = "second-factor"
    PASSKEY = "passkey"
    REGISTRATION = "registration"  # of a passkey
    PROVIDER = "provider"  # the answer of a provider of single sign-on


class PendingLogIn(Identified, Table):
    """Something begun that is ended by a second request: its secret is in a cookie or a form."""

    __tablename__ = "pending_log_ins"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    kind: Mapped[PendingKind] = mapped_column(choice(PendingKind))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    data: Mapped[dict[str, Any]]
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class KnownDevice(Identified, Table):
    """A browser somebody logged in from. While it is trusted, no second factor is asked for."""

    __tablename__ = "known_devices"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str | None] = mapped_column(String(200))
    ip: Mapped[str | None] = mapped_column(String(45))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    trusted_until: Mapped[datetime | None]


class LogInFailure(Table):
    """Failed attempts under one key: an account, an address, or one from the other.

    The key is a keyed hash, so that the table tells nobody who was tried.
    """

    __tablename__ = "log_in_failures"
    __table_args__ = (Index(None, "last_at"),)

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    count: Mapped[int]
    addresses: Mapped[list[str]] = mapped_column(default=list)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


class MailPurpose(StrEnum):
    """What a mailed link is for."""

    INVITATION = "invitation"
    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105 - a purpose's name
    CHANGE_EMAIL = "change-email"
    RESTORE_EMAIL = "restore-email"  # to the address from before: "that was not me"


class MailedToken(Identified, Table):
    """A link that was mailed and works once. Its secret is made when the mail is; here its hash."""

    __tablename__ = "mailed_tokens"
    __table_args__ = (Index(None, "user_id", "purpose"), Index(None, "expires_at"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    purpose: Mapped[MailPurpose] = mapped_column(choice(MailPurpose))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(320))  # where it goes, and what it proves
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PhoneCode(Identified, Table):
    """A code that was asked for by text message, by its hash. Kept a while, to count how often."""

    __tablename__ = "phone_codes"
    __table_args__ = (Index(None, "user_id"), Index(None, "created_at"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    phone: Mapped[str] = mapped_column(String(20))  # where it goes, and what it proves
    code_hash: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # right, wrong too often, or another was asked for
