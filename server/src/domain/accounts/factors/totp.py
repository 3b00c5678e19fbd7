"""One-time codes of an authenticator app: RFC 6238, six digits, 30 seconds, SHA-1.

One step of drift is accepted in each direction. A code works once: the step it belongs to is
stored, and no step up to it is accepted again, to whichever of two at once comes second either.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.factors import changes
from src.domain.accounts.factors.errors import NoSuchFactor, SetUpNotBegun, WrongCode
from src.domain.accounts.secrets import holds, vault
from src.domain.accounts.tables import Institute, Totp, User

STEP = 30  # seconds
DRIFT = 1  # steps in each direction
SECRET = 20  # bytes, as RFC 4226 recommends for SHA-1
SET_UP = timedelta(minutes=15)
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the app is told. Secret: shown to its owner alone, never stored by anybody else."""

    secret: str  # base32
    uri: str
    until: datetime

    @property
    def grouped(self) -> str:
        """The secret in groups of four, for typing."""
        return " ".join(self.secret[i : i + 4] for i in range(0, len(self.secret), 4))


async def begin(session: AsyncSession, actor: Actor) -> SetUp:
    """Choose a secret for a new app; it counts once `confirm` was given its first code.

    The app from before goes on working until then. Raises `Unauthenticated`.
    """
    user = await changes.locked(session, actor)
    made = base64.b32encode(secrets.token_bytes(SECRET)).decode()
    row = await session.get(Totp, user.id)
    if row is None:
        row = Totp(user_id=user.id, created_at=clock.now())
        session.add(row)
    row.candidate = vault().encrypt(_purpose(user.id), made)
    row.candidate_until = clock.now() + SET_UP
    await session.flush()
    return await _set_up(session, user, made, row.candidate_until)


async def begun(session: AsyncSession, actor: Actor) -> SetUp | None:
    """The set-up that is on its way, to be shown again; None where there is none."""
    if actor.user_id is None:
        return None
    row = await session.get(Totp, actor.user_id)
    user = await session.get(User, actor.user_id)
    if row is None or user is None or row.candidate is None or not _is_fresh(row):
        return None
    secret = vault().decrypt(_purpose(user.id), row.candidate)
    return await _set_up(session, user, secret, row.candidate_until or clock.now())


async def confirm(session: AsyncSession, actor: Actor, *, code: str) -> None:
    """Take the new app into use. Raises `SetUpNotBegun`, `WrongCode`."""
    user = await changes.locked(session, actor)
    row = await session.get(Totp, user.id)
    if row is None or row.candidate is None or not _is_fresh(row):
        raise SetUpNotBegun(_("Begin the set-up of the app again."))
    step = step_of(vault().decrypt(_purpose(user.id), row.candidate), code, after=None)
    if step is None:
        detail = _("Type the six digits that the app shows now.")
        raise WrongCode(detail, errors=(FieldError(("code",), "wrong-code", detail),))
    row.secret, row.last_step, row.confirmed_at = row.candidate, step, clock.now()
    row.candidate = row.candidate_until = None
    await session.flush()
    await changes.added(session, actor, user.id, "totp")


async def remove(session: AsyncSession, actor: Actor) -> None:
    """Remove one's app. Raises `NoSuchFactor`, `FactorNeeded`."""
    user = await changes.locked(session, actor)
    removed = await session.execute(
        delete(Totp)
        .where(Totp.user_id == user.id, Totp.confirmed_at.is_not(None))
        .returning(Totp.user_id)
    )
    if removed.one_or_none() is None:
        raise NoSuchFactor(_("You have set up no authenticator app."))
    await changes.removed(session, actor, user.id, "totp")


async def verify(session: AsyncSession, user_id: UUID, code: str) -> bool:
    """Whether this is a code of the person's app that was not used before; it is spent then.

    Needs a writing transaction. Raises `KeyLost` where the deployment lost its key.
    """
    found = (
        await session.execute(
            select(Totp.secret, Totp.last_step).where(
                Totp.user_id == user_id, Totp.confirmed_at.is_not(None)
            )
        )
    ).one_or_none()
    if found is None or found.secret is None:
        return False
    stored = found.secret
    secret = vault().decrypt(_purpose(user_id), stored)
    step = step_of(secret, code, after=found.last_step)
    if step is None:
        return False
    if not vault().is_current(stored):
        stored = vault().encrypt(_purpose(user_id), secret)
    spent = await session.execute(
        update(Totp)
        .where(
            Totp.user_id == user_id,
            Totp.secret == found.secret,
            or_(Totp.last_step.is_(None), Totp.last_step < step),
        )
        .values(last_step=step, secret=stored)
        .returning(Totp.user_id)
    )
    return spent.one_or_none() is not None


def code_at(secret: str, step: int) -> str:
    """The code of one step of 30 seconds since 1970; `secret` is base32."""
    import pyotp  # noqa: PLC0415 - in the server's image only

    return pyotp.HOTP(secret).at(step)


def step_of(secret: str, code: str, *, after: int | None) -> int | None:
    """The step the code belongs to, where it may still be used."""
    plain = "".join(code.split())
    if not _CODE.fullmatch(plain):
        return None
    now = int(clock.now().timestamp()) // STEP
    fitting = [
        step
        for step in range(now - DRIFT, now + DRIFT + 1)
        if hmac.compare_digest(code_at(secret, step), plain)
    ]
    return next((step for step in fitting if after is None or step > after), None)


def _is_fresh(row: Totp) -> bool:
    return row.candidate_until is not None and row.candidate_until > clock.now()


def _purpose(user_id: UUID) -> str:
    """What is encrypted for one person cannot be moved to another."""
    return f"totp:{user_id}"


async def _set_up(session: AsyncSession, user: User, secret: str, until: datetime) -> SetUp:
    import pyotp  # noqa: PLC0415 - in the server's image only

    institute = await session.get(Institute, 1)
    uri = pyotp.TOTP(secret).provisioning_uri(
        name=user.email, issuer_name=institute.name if institute else "Aliquot"
    )
    return SetUp(secret, uri, until)


holds(Totp.secret, id_=Totp.user_id, purpose=_purpose)
holds(Totp.candidate, id_=Totp.user_id, purpose=_purpose)
