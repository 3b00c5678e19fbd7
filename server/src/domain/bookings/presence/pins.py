"""PINs for the tablet at the instrument: six digits, hashed slowly, and few tries.

A million PINs are soon tried, so what protects one is how often one may try. A try is counted
before it is verified, so that many at once are no way around; the right PIN takes the count back.
Somebody without a PIN is counted in the same way, and the same work is done: nobody can tell.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import ANONYMOUS, Actor
from src.core.errors import FieldError, Unauthenticated
from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain import accounts
from src.domain.bookings.presence.errors import BadPin, PinLocked, PinRefused
from src.domain.bookings.tables import KioskPin

DIGITS = 6
FREE = 3
FIRST, LONGEST = timedelta(seconds=30), timedelta(hours=1)
_DOUBLINGS = 10
_PIN = re.compile(r"[0-9]{6}", re.ASCII)
_NONE = ""  # the hash of those who have no PIN


@dataclass(frozen=True, slots=True)
class Try:
    """A try that was counted. Verify it while no transaction is open, then say how it went."""

    user_id: UUID
    pin_hash: str | None

    async def is_right(self, pin: str) -> bool:
        """Whether it is the person's PIN; takes as long for those who have none."""
        return await accounts.passwords.verify(self.pin_hash, pin)


async def new_hash(pin: str) -> str:
    """Hash a PIN; call it while no transaction is open. Raises `BadPin`."""
    pin = pin.strip()
    detail = None
    if not _PIN.fullmatch(pin):
        detail = _("A PIN has %(digits)s digits.", digits=DIGITS)
    elif _is_easy(pin):
        detail = _("This is one of the first to be guessed. Choose another.")
    if detail is not None:
        raise BadPin(detail, errors=(FieldError(("pin",), BadPin.code, detail),))
    return await accounts.passwords.make_hash(pin)


async def put(session: AsyncSession, actor: Actor, *, pin_hash: str) -> None:
    """Set one's own PIN; what was typed wrongly before is forgotten."""
    row = await _held(session, _whose(actor))
    row.pin_hash, row.set_at, row.failures, row.locked_until = pin_hash, clock.now(), 0, None
    events.record(session, actor, "kiosk.pin-set", ("user", actor.user_id))


async def remove(session: AsyncSession, actor: Actor) -> None:
    """Remove one's own PIN: one checks in by phone then."""
    row = await _held(session, _whose(actor))
    row.pin_hash = _NONE
    events.record(session, actor, "kiosk.pin-removed", ("user", actor.user_id))


async def set_at(session: AsyncSession, actor: Actor) -> datetime | None:
    """Since when the actor has their PIN; None without one."""
    row = await session.get(KioskPin, _whose(actor))
    return row.set_at if row is not None and row.pin_hash != _NONE else None


async def begin(session: AsyncSession, user_id: UUID) -> Try:
    """Count a try. Raises `PinLocked` while the person has to wait."""
    now = clock.now()
    row = await _held(session, user_id)
    if row.locked_until is not None and row.locked_until > now:
        raise _locked(row.locked_until - now)
    row.failures += 1
    row.locked_until = now + delay(row.failures) if row.failures > FREE else None
    await session.flush()
    return Try(user_id, row.pin_hash or None)


async def succeeded(session: AsyncSession, user_id: UUID) -> None:
    """The PIN was right: earlier tries are forgotten."""
    row = await _held(session, user_id)
    row.failures, row.locked_until = 0, None
    await session.flush()


def failed(
    session: AsyncSession, user_id: UUID, kiosk_id: UUID, *, ip: str | None, request_id: str | None
) -> PinRefused:
    """Record that it was wrong; the refusal keeps that."""
    actor = Actor(ANONYMOUS.user_id, ip=ip, request_id=request_id)
    events.record(
        session, actor, "kiosk.pin-refused", ("kiosk", kiosk_id), changes={"user_id": user_id}
    )
    detail = _("The PIN is not right. Try again, or check in on your phone.")
    return PinRefused(detail, errors=(FieldError(("pin",), PinRefused.code, detail),))


def delay(failures: int) -> timedelta:
    """How long to wait after so many failures: half a minute, doubled each time, at most an hour."""
    doublings: int = min(failures - FREE - 1, _DOUBLINGS)
    return min(LONGEST, FIRST * (1 << doublings))


async def _held(session: AsyncSession, user_id: UUID) -> KioskPin:
    """The row of a person, made where there is none, locked to the transaction's end."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgresql else sqlite.insert
    fresh = {"user_id": user_id, "pin_hash": _NONE, "set_at": clock.now(), "failures": 0}
    await session.execute(insert(KioskPin).values(fresh).on_conflict_do_nothing())
    wanted = select(KioskPin).where(KioskPin.user_id == user_id).with_for_update()
    return (await session.scalars(wanted.execution_options(populate_existing=True))).one()


def _whose(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise Unauthenticated(_("Log in first: a PIN is somebody's."))
    return actor.user_id


def _is_easy(pin: str) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, 9}


def _locked(left: timedelta) -> PinLocked:
    seconds = max(1, math.ceil(left.total_seconds()))
    return PinLocked(
        ngettext(
            "Too many wrong PINs. Wait a second, or check in on your phone.",
            "Too many wrong PINs. Wait %(num)s seconds, or check in on your phone.",
            seconds,
        ),
        retry_after=seconds,
    )
