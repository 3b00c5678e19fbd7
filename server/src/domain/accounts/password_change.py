"""A new password: the one before is remembered, and every way in that it opened is closed."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.core.db import Database, reading, transaction
from src.core.errors import FieldError, Unauthenticated
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.accounts import (
    devices,
    letters,
    lockout,
    passwords,
    revocation,
    second_step,
    sessions,
)
from src.domain.accounts.errors import PasswordRefused
from src.domain.accounts.tables import PasswordHistory, User

FORMER = 5  # of the last passwords none is taken again; the one of now is one of them

PASSWORD_CHANGED = letters.kind(
    "password-changed",
    title=mark("Your password was changed"),
    body=mark(
        "The password of your account at %(institute)s was changed. Your other log-ins have ended. "
        "If it was not you, set a new password at once and tell your administrators."
    ),
    action=mark("See where you are logged in"),
    path="/me/sessions",
    facts=((mark("When"), "%(changed_at)s"),),
)


async def change_password(
    database: Database, actor: Actor, *, current: str, new: str, field: str = "new_password"
) -> None:
    """Change one's own password; one's other log-ins and all access tokens end.

    Wrong ones are counted as at the log-in. Raises `PasswordRefused` (field `current_password` or
    `new_password`), `TooManyAttempts`.
    """
    async with reading(database) as reads:
        user = None if actor.user_id is None else await reads.get(User, actor.user_id)
        former = [] if user is None else await former_of(reads, user)
    if user is None:
        raise Unauthenticated(_("Log in first."))
    if not await is_own(database, actor, user, current):
        raise _wrong_current()
    made = await passwords.new_hash(new, about=(user.name, user.email), former=former, field=field)
    async with transaction(database) as session:
        if not await store(session, actor, user, made, but=actor.session_id):
            raise _wrong_current()


async def is_own(database: Database, actor: Actor, user: User, password: str) -> bool:
    """Whether it is the password of `user`, who is the actor. Wrong ones are counted as at the log-in.

    Raises `TooManyAttempts`.
    """
    who = lockout.Who(account=user.email, ip=actor.ip, is_known_device=actor.session_id is not None)
    async with transaction(database) as session:
        await lockout.check(session, **who)
    if await passwords.verify(user.password_hash, password):
        return True
    async with transaction(database) as session:
        await lockout.failed(session, **who, user_id=user.id, request_id=actor.request_id)
    return False


async def former_of(session: AsyncSession, user: User) -> list[str]:
    """Hashes that are not taken again: for `passwords.new_hash`."""
    older = await session.scalars(
        select(PasswordHistory.password_hash)
        .where(PasswordHistory.user_id == user.id)
        .order_by(PasswordHistory.created_at.desc(), PasswordHistory.id.desc())
        .limit(FORMER - 1)
    )
    return [one for one in (user.password_hash, *older) if one is not None]


async def store(
    session: AsyncSession, actor: Actor, user: User, made: str, *, but: UUID | None = None
) -> bool:
    """Write a hash in place of that which `user` was read with; False where it is another now.

    Log-ins, those on their way, and devices end, but for the log-in `but`, whose secret is renewed;
    all tokens end. The person is mailed.
    """
    now, before = clock.now(), user.password_hash
    changed = await session.execute(
        update(User)
        .where(User.id == user.id, User.password_hash.is_not_distinct_from(before))
        .values(password_hash=made, password_changed_at=now, version=User.version + 1)
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    if changed.one_or_none() is None:
        return False
    if before is not None:
        await _remember(session, user.id, before)
    await devices.forget_all(session, user.id, but=but)
    await second_step.end_all(session, user.id)
    await sessions.end_all(session, user.id, but=but)
    await sessions.renew(session, but)
    await revocation.end_tokens(session, user.id, why="password-changed")
    events.record(session, actor, "user.password_changed", ("user", user.id))
    await letters.send(session, PASSWORD_CHANGED, user_id=user.id, args={"changed_at": now})
    return True


async def _remember(session: AsyncSession, user_id: UUID, password_hash: str) -> None:
    """Keep what may not be taken again, and nothing older."""
    session.add(
        PasswordHistory(
            id=ids.new(), user_id=user_id, password_hash=password_hash, created_at=clock.now()
        )
    )
    await session.flush()
    older = (
        select(PasswordHistory.id)
        .where(PasswordHistory.user_id == user_id)
        .order_by(PasswordHistory.created_at.desc(), PasswordHistory.id.desc())
        .offset(FORMER - 1)
    )
    await session.execute(delete(PasswordHistory).where(PasswordHistory.id.in_(older)))


def _wrong_current() -> PasswordRefused:
    detail = _("This is not your current password.")
    return PasswordRefused(
        detail, errors=(FieldError(("current_password",), "wrong-password", detail),)
    )
