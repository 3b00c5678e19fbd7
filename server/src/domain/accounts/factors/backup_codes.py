"""Ten codes for the day the phone is gone: shown once, each works once.

A code has 80 random bits. Whoever has read the table would try 2^79 hashes for one of them, so
SHA-256 does where a password needs argon2; the owner's id in it makes every guess fit one person.
"""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.accounts import letters
from src.domain.accounts.factors import changes, holding, mails
from src.domain.accounts.factors.errors import NothingToBackUp
from src.domain.accounts.tables import BackupCode

COUNT = 10
FEW = 3
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u
_GROUPS, _GROUP = 4, 4
_LONGEST = 100


async def renew(session: AsyncSession, actor: Actor) -> list[str]:
    """Ten new codes in place of all from before; nobody can read them again afterwards.

    Raises `NothingToBackUp`, `Unauthenticated`.
    """
    user = await changes.locked(session, actor)
    if not await holding.has_factor(session, user.id):
        raise NothingToBackUp(_("Set up an authenticator app or a passkey first."))
    await session.execute(delete(BackupCode).where(BackupCode.user_id == user.id))
    made, now = [_new() for _each in range(COUNT)], clock.now()
    session.add_all(
        BackupCode(id=ids.new(), user_id=user.id, code_hash=_hash(user.id, code), created_at=now)
        for code in made
    )
    await session.flush()
    events.record(session, actor, "factor.backup_codes_made", ("user", user.id))
    await letters.send(session, mails.BACKUP_CODES_MADE, user_id=user.id, args={"happened_at": now})
    return made


async def verify(
    session: AsyncSession,
    user_id: UUID,
    code: str,
    *,
    ip: str | None = None,
    request_id: str | None = None,
) -> bool:
    """Whether this is one of the person's unused codes; it is used then, and they are mailed.

    Needs a writing transaction.
    """
    plain = normal(code)
    if len(plain) != _GROUPS * _GROUP:
        return False
    now = clock.now()
    used = await session.execute(
        update(BackupCode)
        .where(
            BackupCode.user_id == user_id,
            BackupCode.code_hash == _hash(user_id, plain),
            BackupCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(BackupCode.id)
    )
    if used.one_or_none() is None:
        return False
    remaining = await left(session, user_id)
    actor = Actor(user_id, ip=ip, request_id=request_id)
    events.record(
        session, actor, "factor.used_backup_code", ("user", user_id), changes={"left": remaining}
    )
    kind = mails.BACKUP_CODE_USED if remaining > FEW else mails.FEW_BACKUP_CODES
    args = {"left": remaining, "happened_at": now}
    await letters.send(session, kind, user_id=user_id, args=args)
    return True


async def left(session: AsyncSession, user_id: UUID) -> int:
    """How many codes were not used yet."""
    counted = await session.scalar(
        select(func.count())
        .select_from(BackupCode)
        .where(BackupCode.user_id == user_id, BackupCode.used_at.is_(None))
    )
    return counted or 0


def normal(code: str) -> str:
    """A code as it is hashed, however it was typed: groups, capitals, letters that look alike."""
    plain = "".join(code[:_LONGEST].split()).replace("-", "").lower()
    return plain.replace("o", "0").replace("i", "1").replace("l", "1")


def _new() -> str:
    groups = (
        "".join(secrets.choice(_ALPHABET) for _each in range(_GROUP)) for _g in range(_GROUPS)
    )
    return "-".join(groups)


def _hash(user_id: UUID, code: str) -> str:
    return hashlib.sha256(f"{user_id}:{normal(code)}".encode(errors="surrogatepass")).hexdigest()
