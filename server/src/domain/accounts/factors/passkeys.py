"""Passkeys (WebAuthn): as a second factor, and as the only one.

Every passkey is discoverable and checks its holder (a PIN, a finger, a face), so that each works
both ways. A counter that goes back means a copy is in use: refused, and a security event.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.core.db import savepoint
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.factors import attestation, challenges, changes
from src.domain.accounts.factors.attestation import RelyingParty
from src.domain.accounts.factors.errors import (
    BadPasskeyName,
    NoSuchFactor,
    PasskeyNotTaken,
    PasskeyRefused,
    PasskeyTaken,
    TooManyPasskeys,
)
from src.domain.accounts.factors.holding import PasskeyView
from src.domain.accounts.tables import Passkey, PendingKind

MOST = 20
LONGEST_NAME = 100


async def begin_registration(
    session: AsyncSession, actor: Actor, *, rp: RelyingParty
) -> tuple[str, str]:
    """Options for the browser as JSON, and the token to give back with its answer.

    Raises `TooManyPasskeys`, `Unauthenticated`.
    """
    user = await changes.locked(session, actor)
    known = list(
        await session.scalars(select(Passkey.credential_id).where(Passkey.user_id == user.id))
    )
    if len(known) >= MOST:
        raise TooManyPasskeys(_("Remove a passkey that you no longer use."))
    challenge, token = await challenges.begin(session, PendingKind.REGISTRATION, user.id)
    options = attestation.creation_options(
        rp, challenge, user_id=user.id, email=user.email, name=user.name, known=known
    )
    return options, token


async def finish_registration(
    session: AsyncSession,
    actor: Actor,
    *,
    pending_token: str,
    credential_json: str,
    name: str,
    rp: RelyingParty,
) -> UUID:
    """Take a new passkey; its id.

    Raises `PasskeyNotTaken`, `PasskeyTaken`, `TooManyPasskeys`, `BadPasskeyName`.
    """
    name = _checked_name(name)
    user = await changes.locked(session, actor)
    begun = await challenges.take(session, PendingKind.REGISTRATION, pending_token)
    if begun is None or begun[1] != user.id:
        raise PasskeyNotTaken(_("It took too long. Begin again."))
    made = attestation.verified_registration(credential_json, challenge=begun[0], rp=rp)
    count = await session.scalar(select(func.count()).where(Passkey.user_id == user.id))
    if (count or 0) >= MOST:
        raise TooManyPasskeys(_("Remove a passkey that you no longer use."))
    row = Passkey(
        id=ids.new(),
        user_id=user.id,
        name=name,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=list(made.transports),
        aaguid=made.aaguid,
        is_backed_up=made.is_backed_up,
        created_at=clock.now(),
    )
    try:
        async with savepoint(session):
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        raise PasskeyTaken(_("Use it as it is, or choose another one.")) from error
    await changes.added(session, actor, user.id, "passkey", passkey_id=row.id)
    return row.id


async def begin_authentication(
    session: AsyncSession, *, user_id: UUID | None, rp: RelyingParty
) -> tuple[str, str]:
    """Options for the browser as JSON, and the token to give back with its answer.

    With `user_id` for a second factor of that person; without for whoever has a passkey.
    """
    known: Sequence[tuple[str, list[str]]] = ()
    if user_id is not None:
        rows = await session.execute(
            select(Passkey.credential_id, Passkey.transports).where(Passkey.user_id == user_id)
        )
        known = [(credential_id, transports) for credential_id, transports in rows]
    challenge, token = await challenges.begin(session, PendingKind.PASSKEY, user_id)
    return attestation.request_options(rp, challenge, known=known), token


async def finish_authentication(
    session: AsyncSession,
    *,
    pending_token: str,
    credential_json: str,
    rp: RelyingParty,
    ip: str | None = None,
    request_id: str | None = None,
) -> UUID:
    """Whose passkey answered. Needs a writing transaction; the challenge is spent in any case.

    Whether they are active is for whoever opens the log-in to see. Raises `PasskeyRefused`.
    """
    begun = await challenges.take(session, PendingKind.PASSKEY, pending_token)
    credential_id = attestation.id_of(credential_json)
    row = await session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))
    if begun is None or row is None or begun[1] not in (None, row.user_id):
        raise _refused()
    challenge, expected = begun
    used = attestation.verified_authentication(
        credential_json, challenge=challenge, rp=rp, public_key=row.public_key
    )
    # A passkey that names its holder itself must do so; one that was asked for may.
    if used.user_id != row.user_id and not (expected and used.user_id is None):
        raise _refused()
    if not await _counted(session, row.id, used):
        actor = Actor(row.user_id, ip=ip, request_id=request_id)
        events.record(
            session,
            actor,
            "security.passkey_copied",
            ("user", row.user_id),
            changes={"passkey_id": row.id, "sign_count": [row.sign_count, used.sign_count]},
        )
        raise _refused()
    return row.user_id


async def get(session: AsyncSession, actor: Actor, passkey_id: UUID) -> PasskeyView:
    """One passkey of the actor's own. Raises `NoSuchFactor`."""
    row = await session.get(Passkey, passkey_id, populate_existing=True)
    if row is None or row.user_id != actor.user_id:
        raise _no_such()
    return PasskeyView(row.id, row.name, row.is_backed_up, row.created_at, row.last_used_at)


async def rename(session: AsyncSession, actor: Actor, passkey_id: UUID, *, name: str) -> None:
    """Call a passkey of one's own something else. Raises `NoSuchFactor`, `BadPasskeyName`."""
    name = _checked_name(name)
    user = await changes.locked(session, actor)
    renamed = await session.execute(
        update(Passkey)
        .where(Passkey.id == passkey_id, Passkey.user_id == user.id)
        .values(name=name)
        .returning(Passkey.id)
    )
    if renamed.one_or_none() is None:
        raise _no_such()
    events.record(
        session, actor, "factor.renamed", ("user", user.id), changes={"passkey_id": passkey_id}
    )


async def remove(session: AsyncSession, actor: Actor, passkey_id: UUID) -> None:
    """Remove a passkey of one's own. Raises `NoSuchFactor`, `FactorNeeded`."""
    user = await changes.locked(session, actor)
    removed = await session.execute(
        delete(Passkey)
        .where(Passkey.id == passkey_id, Passkey.user_id == user.id)
        .returning(Passkey.id)
    )
    if removed.one_or_none() is None:
        raise _no_such()
    await changes.removed(session, actor, user.id, "passkey", passkey_id=passkey_id)


async def _counted(session: AsyncSession, passkey_id: UUID, used: attestation.Used) -> bool:
    """Store the counter where it went on. Synced passkeys have none: theirs stays 0."""
    is_on = Passkey.sign_count < used.sign_count
    stays = Passkey.sign_count == 0
    done = await session.execute(
        update(Passkey)
        .where(Passkey.id == passkey_id, or_(is_on, stays) if used.sign_count == 0 else is_on)
        .values(
            sign_count=used.sign_count, is_backed_up=used.is_backed_up, last_used_at=clock.now()
        )
        .returning(Passkey.id)
    )
    return done.one_or_none() is not None


def _refused() -> PasskeyRefused:
    return PasskeyRefused(_("Begin again, or log in another way."))


def _no_such() -> NoSuchFactor:
    return NoSuchFactor(_("You have no such passkey."))


def _checked_name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        detail = _("Give it a name of up to %(most)s characters.", most=LONGEST_NAME)
        raise BadPasskeyName(detail, errors=(FieldError(("name",), "bad-name", detail),))
    return plain
