"""A phone number is shown to be somebody's by a code that is sent to it.

    begin     asks for a code; the worker makes it, keeps its hash and sends it
    confirm   gives the code back

A message that is tried again carries a new code, and the one before counts no longer. Ten minutes
and five tries end a code. Messages cost money: how many are asked for is counted by person, by
number and for everybody together.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids, language, outbox, sms
from src.core.actor import Actor
from src.core.crypto import derive
from src.core.errors import FieldError, Unauthenticated
from src.core.language import gettext as _
from src.core.settings import Settings
from src.core.sms import Sms
from src.domain.accounts import post
from src.domain.accounts.errors import (
    NothingToVerify,
    PhoneCodeOver,
    PhoneCodeWrong,
    SmsClosed,
    TooManyCodes,
    UserNotFound,
)
from src.domain.accounts.tables import Institute, PhoneCode, User, UserState
from src.domain.accounts.views import UserView, view

CODE = outbox.topic(
    "accounts.phone_code",
    queue="notifications",
    max_attempts=8,
    time_limit=30.0,
    backoff_cap=120.0,
)
LIFETIME = timedelta(minutes=10)
TRIES = 5
HOUR = timedelta(hours=1)
# In an hour, by one person and to one number; by everybody.
FEW, MANY = 3, 100
KEPT = timedelta(days=1)
BATCH = 5000

_gateways: list[str] = []
_key = derive("until configured", "phone-codes")


def configure(settings: Settings) -> None:
    """Take over the gateway, and the secret that codes are hashed with."""
    global _key  # noqa: PLW0603 - one secret for the process
    _key = derive(settings.secret_key.get_secret_value(), "phone-codes")
    url = settings.sms_url.get_secret_value()
    _gateways[:] = [url] if url else []


def is_open() -> bool:
    """Whether numbers can be verified at all."""
    return bool(_gateways)


async def begin(session: AsyncSession, actor: Actor) -> UserView:
    """Have a code sent to one's own number once this transaction has committed.

    Raises `SmsClosed`, `NothingToVerify`, `TooManyCodes`.
    """
    if not is_open():
        raise SmsClosed(_("No gateway for text messages is set up here."))
    # Whoever counts what everybody asks for counts alone.
    await session.execute(select(Institute.id).with_for_update())
    user = await _own(session, actor)
    if user.phone is None or user.phone_verified_at is not None:
        raise NothingToVerify(_("Save a number first; a verified one needs no code."))
    now = clock.now()
    for least, asked in (
        (FEW, (PhoneCode.user_id == user.id) | (PhoneCode.phone == user.phone)),
        (MANY, true()),
    ):
        await _require_room(session, now, least, asked)
    open_ones = (PhoneCode.user_id == user.id, PhoneCode.ended_at.is_(None))
    await session.execute(update(PhoneCode).where(*open_ones).values(ended_at=now))
    made = PhoneCode(
        id=ids.new(),
        user_id=user.id,
        phone=user.phone,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(made)
    await session.flush()
    events.record(session, actor, "phone.code_asked", ("user", user.id))
    await outbox.publish(session, CODE, {"id": str(made.id)})
    return (await view(session, actor, [user]))[0]


async def message(session: AsyncSession, payload: Mapping[str, Any]) -> Sms | None:
    """The text message of a job, with a code made just now; None when it is needed no more."""
    row = await session.get(PhoneCode, UUID(payload["id"]), with_for_update=True)
    now = clock.now()
    if row is None or row.ended_at is not None or row.created_at + LIFETIME <= now:
        return None
    user = await session.get_one(User, row.user_id)
    if user.state is not UserState.ACTIVE or user.phone != row.phone or user.phone_verified_at:
        return None
    code = f"{secrets.randbelow(10**6):06}"
    row.code_hash, row.expires_at = _hashed(row, code), now + LIFETIME
    institute = await session.get(Institute, 1)
    with language.reading_as(post.locale_of(user, institute), user.timezone):
        text = _(
            "%(code)s is your code for %(institute)s. It works for ten minutes; give it to nobody.",
            code=code,
            institute=institute.name if institute else "Aliquot",
        )
    return Sms(row.phone, text)


async def send(message: Sms) -> None:
    """Hand the message to the gateway. Raises `sms.SmsUnavailable`, `sms.SmsRefused`."""
    if not is_open():
        raise sms.SmsRefused("ALIQUOT_SMS_URL is empty: nothing is sent.")
    await sms.send(_gateways[0], message)


async def is_waiting(session: AsyncSession, actor: Actor) -> bool:
    """Whether a code for one's number was asked for that can still be given; one statement."""
    waiting = (
        select(PhoneCode.id)
        .join(User, (User.id == PhoneCode.user_id) & (User.phone == PhoneCode.phone))
        .where(
            PhoneCode.user_id == actor.user_id,
            PhoneCode.ended_at.is_(None),
            PhoneCode.expires_at > clock.now(),
        )
    )
    return (await session.scalars(waiting.limit(1))).first() is not None


async def confirm(session: AsyncSession, actor: Actor, *, code: str) -> UserView:
    """Give the code that came; the number is verified from now on.

    Raises `PhoneCodeOver`, `PhoneCodeWrong` (which counts).
    """
    user, now = await _own(session, actor), clock.now()
    waiting = select(PhoneCode).where(
        PhoneCode.user_id == user.id,
        PhoneCode.phone == user.phone,
        PhoneCode.ended_at.is_(None),
        PhoneCode.expires_at > now,
    )
    # Locked, as the worker may be making another one.
    row = (await session.scalars(waiting.with_for_update())).one_or_none()
    if row is None:
        raise PhoneCodeOver(_("No code is waited for any more. Ask for a new one."))
    row.attempts += 1
    is_right = row.code_hash is not None and hmac.compare_digest(
        row.code_hash, _hashed(row, "".join(code.split()))
    )
    if is_right or row.attempts >= TRIES:
        row.ended_at = now
    if not is_right:
        await session.flush()
        detail = _("This is not the code of the last text message.")
        fault = FieldError(("code",), PhoneCodeWrong.code, detail)
        raise PhoneCodeWrong(detail, errors=(fault,))
    user.phone_verified_at = now
    await session.flush()
    events.record(session, actor, "phone.verified", ("user", user.id))
    return (await view(session, actor, [user]))[0]


async def sweep(session: AsyncSession) -> int:
    """Remove what is counted no more; how many rows. At most a batch."""
    old = select(PhoneCode.id).where(PhoneCode.created_at < clock.now() - KEPT).limit(BATCH)
    gone = delete(PhoneCode).where(PhoneCode.id.in_(old)).returning(PhoneCode.id)
    return len((await session.scalars(gone)).all())


async def _require_room(
    session: AsyncSession, now: datetime, most: int, asked: ColumnElement[bool]
) -> None:
    """The oldest of the last `most` is an hour old, or the next has to wait until it is."""
    last = (
        select(PhoneCode.created_at)
        .where(asked, PhoneCode.created_at > now - HOUR)
        .order_by(PhoneCode.created_at.desc())
        .offset(most - 1)
        .limit(1)
    )
    oldest = (await session.scalars(last)).one_or_none()
    if oldest is not None:
        raise TooManyCodes(
            _("Too many codes were asked for in the last hour. Try again later."),
            retry_after=max(1, math.ceil((oldest + HOUR - now).total_seconds())),
        )


async def _own(session: AsyncSession, actor: Actor) -> User:
    """The person's row, locked: the number may not change meanwhile."""
    if actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    user = await session.get(User, actor.user_id, with_for_update=True, populate_existing=True)
    if user is None or user.erased_at is not None:
        raise UserNotFound(_("Nobody has this id."))
    return user


def _hashed(row: PhoneCode, code: str) -> str:
    """Keyed, as a million codes are soon tried; of this person, number and message alone."""
    text = "\x00".join((str(row.id), str(row.user_id), row.phone, code))
    return hmac.digest(_key, text.encode(errors="surrogatepass"), hashlib.sha256).hex()
