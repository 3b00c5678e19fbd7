"""Credentials of programs: keys, families of tokens, third parties."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, JSONValue, Table, Versioned


class ApiKey(Identified, Versioned, Table):
    """A key of a person's for a program. Shown once; its hash is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (Index(None, "user_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(20), unique=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # The permissions it carries (None: all of the person's), and the scopes it is bound to.
    permissions: Mapped[list[str] | None] = mapped_column(JSONValue)
    scopes: Mapped[list[str] | None] = mapped_column(JSONValue)
    # Networks it may be used from, as CIDR; empty: from anywhere.
    addresses: Mapped[list[str]] = mapped_column(default=list)
    # The secret that signs requests, encrypted; with `must_sign` nothing unsigned is taken.
    signing_secret: Mapped[str | None] = mapped_column(String(255))
    must_sign: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    last_used_ip: Mapped[str | None] = mapped_column(String(45))
    # Addresses it was used from, so that a new one can be told.
    known_ips: Mapped[list[str]] = mapped_column(default=list)
    told_at: Mapped[datetime | None]  # of a new address, by mail
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"))


class RequestNonce(Table):
    """A signed request that was taken: a second one with the same nonce is a replay."""

    __tablename__ = "request_nonces"
    __table_args__ = (Index(None, "expires_at"),)

    key_id: Mapped[UUID] = mapped_column(
        ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True
    )
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]


class OAuthClient(Identified, Versioned, Table):
    """A program of somebody else's that people may let act for them."""

    __tablename__ = "oauth_clients"
    __table_args__ = (Index(None, "owner_id"),)

    name: Mapped[str] = mapped_column(String(100))
    website: Mapped[str | None] = mapped_column(String(500))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    client_id: Mapped[str] = mapped_column(String(64), unique=True)
    secret_hash: Mapped[str | None] = mapped_column(String(64))  # None: it can keep no secret
    redirect_uris: Mapped[list[str]] = mapped_column(default=list)
    grant_types: Mapped[list[str]] = mapped_column(default=list)
    permissions: Mapped[list[str]] = mapped_column(default=list)
    revoked_at: Mapped[datetime | None]


class TokenFamily(Identified, Table):
    """A program's log-in: all the tokens that came of one proof of who somebody is."""

    __tablename__ = "token_families"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"), Index(None, "client_id"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    client_id: Mapped[UUID | None] = mapped_column(ForeignKey("oauth_clients.id"))
    # The permissions asked for (None: all of the person's).
    permissions: Mapped[list[str] | None] = mapped_column(JSONValue)
    has_factor: Mapped[bool] = mapped_column(default=False)
    device: Mapped[str | None] = mapped_column(String(200))
    ip: Mapped[str | None] = mapped_column(String(45))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_for: Mapped[str | None] = mapped_column(String(40))


class RefreshToken(Identified, Table):
    """Exchanged once for the next; seen a second time, it ends its family."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "family_id"), Index(None, "expires_at"))

    family_id: Mapped[UUID] = mapped_column(ForeignKey("token_families.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OAuthCode(Identified, Table):
    """An authorization code: lives for a minute, works once, only with its verifier (PKCE)."""

    __tablename__ = "oauth_codes"
    __table_args__ = (Index(None, "expires_at"),)

    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_clients.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    redirect_uri: Mapped[str] = mapped_column(String(2000))
    code_challenge: Mapped[str] = mapped_column(String(128))
    permissions: Mapped[list[str]] = mapped_column(default=list)
    has_factor: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    family_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("token_families.id", ondelete="SET NULL")
    )
