"""Who a person is to providers: linked by issuer and subject, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.core.db import savepoint
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.providers import Provider
from src.domain.accounts import letters
from src.domain.accounts.factors import holding
from src.domain.accounts.sso import mails, providers
from src.domain.accounts.sso.errors import (
    IdentityNotFound,
    IdentityTaken,
    LastWayIn,
    TooManyIdentities,
)
from src.domain.accounts.sso.exchange import Told
from src.domain.accounts.tables import Identity, LoginSession, User

MOST = 10


@dataclass(frozen=True, slots=True)
class IdentityView:
    """A link as its owner sees it. `is_offered`: one can log in by it now."""

    id: UUID
    provider: str
    label: str
    email: str | None
    created_at: datetime
    last_used_at: datetime
    is_offered: bool
    is_last_way_in: bool


async def of_actor(session: AsyncSession, actor: Actor) -> list[IdentityView]:
    """The actor's own links, oldest first. Raises `Unauthenticated` for programs."""
    user = await session.get_one(User, _self(actor))
    rows = await session.scalars(
        select(Identity).where(Identity.user_id == user.id).order_by(Identity.id)
    )
    found = rows.all()
    others = await _has_other_way(session, user)
    offered = {one.id for one in found if _is_offered(one)}
    return [
        IdentityView(
            row.id,
            row.provider,
            providers.label_of(row.provider),
            row.email,
            row.created_at,
            row.last_used_at,
            is_offered=row.id in offered,
            is_last_way_in=not others and not offered - {row.id},
        )
        for row in found
    ]


async def find(session: AsyncSession, provider: Provider, subject: str) -> Identity | None:
    """The link of a provider's subject."""
    return await session.scalar(
        select(Identity).where(Identity.issuer == provider.issuer, Identity.subject == subject)
    )


async def link(
    session: AsyncSession, by: Actor, user: User, provider: Provider, told: Told
) -> Identity:
    """Link what the provider proved to a person; again changes nothing. Lock the person before.

    Raises `IdentityTaken`, `TooManyIdentities`.
    """
    known = await find(session, provider, told.subject)
    if known is not None:
        if known.user_id != user.id:
            raise _taken()
        return known
    count = select(func.count()).select_from(Identity).where(Identity.user_id == user.id)
    if (await session.scalar(count) or 0) >= MOST:
        raise TooManyIdentities(_("Unlink one that you do not use."))
    now = clock.now()
    row = Identity(
        id=ids.new(),
        user_id=user.id,
        provider=provider.slug,
        issuer=provider.issuer,
        subject=told.subject,
        email=told.email,
        created_at=now,
        last_used_at=now,
    )
    try:
        async with savepoint(session):
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        raise _taken() from error
    events.record(
        session,
        by,
        "identity.linked",
        ("user", user.id),
        changes={"provider": provider.slug, "identity": row.id},
        personal={"subject": told.subject, "email": told.email},
    )
    return row


async def tell_linked(session: AsyncSession, user_id: UUID, provider: Provider) -> None:
    """Mail a person that there is another way into their account."""
    args = {"provider": provider.label, "happened_at": clock.now()}
    await letters.send(session, mails.LINKED, user_id=user_id, args=args)


async def unlink(session: AsyncSession, actor: Actor, identity_id: UUID) -> None:
    """Remove a link of one's own; other log-ins that it opened end.

    Raises `IdentityNotFound`, `LastWayIn`.
    """
    user = await session.get_one(User, _self(actor), with_for_update={"key_share": True})
    mine = {one.id: one for one in await of_actor(session, actor)}
    if identity_id not in mine:
        raise IdentityNotFound(_("It was unlinked already, or has never been yours."))
    found = mine[identity_id]
    if found.is_last_way_in:
        raise LastWayIn(_("Choose a password or add a passkey first."))
    await session.execute(delete(Identity).where(Identity.id == identity_id))
    await session.execute(
        delete(LoginSession).where(
            LoginSession.user_id == user.id,
            LoginSession.provider == found.provider,
            LoginSession.id.is_distinct_from(actor.session_id),
        )
    )
    events.record(
        session,
        actor,
        "identity.unlinked",
        ("user", user.id),
        changes={"provider": found.provider, "identity": identity_id},
    )
    args = {"provider": found.label, "happened_at": clock.now()}
    await letters.send(session, mails.UNLINKED, user_id=user.id, args=args)


def _is_offered(row: Identity) -> bool:
    return any(one.issuer == row.issuer for one in providers.offered())


async def _has_other_way(session: AsyncSession, user: User) -> bool:
    if user.password_hash is not None:
        return True
    return holding.PASSKEY in await holding.methods_of(session, user.id)


def _self(actor: Actor) -> UUID:
    if actor.user_id is None or actor.is_program:
        raise Unauthenticated(_("Log in as a person."))
    return actor.user_id


def _taken() -> IdentityTaken:
    return IdentityTaken(_("Unlink it there first, or use another one."))
