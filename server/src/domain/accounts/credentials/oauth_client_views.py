"""What a program of a third party is wished to be, and how those see it who look after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.domain.accounts import users
from src.domain.accounts.credentials import oauth_rules as rules
from src.domain.accounts.tables import OAuthClient


@dataclass(frozen=True, slots=True)
class ClientWish:
    """What a program is to be. `permissions` are what it may ask for at most."""

    name: str
    permissions: Sequence[str]
    website: str | None = None
    redirect_uris: Sequence[str] = ()
    grant_types: Sequence[str] = (rules.CODE, rules.REFRESH)
    is_confidential: bool = True


@dataclass(frozen=True, slots=True)
class ClientView:
    """A program as those see it who look after programs."""

    id: UUID
    client_id: str
    name: str
    website: str | None
    owner_id: UUID
    owner: str
    redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...]
    permissions: tuple[str, ...]
    is_confidential: bool
    revoked_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def acts_by_itself(self) -> bool:
        """Whether it gets tokens for its owner without anybody being asked."""
        return rules.CLIENT in self.grant_types


@dataclass(frozen=True, slots=True)
class NewClient:
    """A program with its secret, shown this once; None for one that can keep none."""

    view: ClientView
    secret: str | None


async def view(session: AsyncSession, row: OAuthClient) -> ClientView:
    """One of them."""
    return (await views(session, [row]))[0]


async def views(session: AsyncSession, rows: Sequence[OAuthClient]) -> list[ClientView]:
    """All of these, in one statement more."""
    owners = await users.names(session, {row.owner_id for row in rows})
    return [
        ClientView(
            id=row.id,
            client_id=row.client_id,
            name=row.name,
            website=row.website,
            owner_id=row.owner_id,
            owner=owners.get(row.owner_id, ""),
            redirect_uris=tuple(row.redirect_uris),
            grant_types=tuple(row.grant_types),
            permissions=tuple(row.permissions),
            is_confidential=row.secret_hash is not None,
            revoked_at=row.revoked_at,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]
