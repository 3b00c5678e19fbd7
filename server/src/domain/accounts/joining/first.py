"""The first administrator, as the deployment names them: with a password, or invited by mail."""

from __future__ import annotations

from src.core.db import Database, reading, transaction
from src.core.language import gettext as _
from src.domain.accounts import passwords, post
from src.domain.accounts.errors import AlreadySetUp, EmailTaken
from src.domain.accounts.institute import create_admin, is_set_up
from src.domain.accounts.joining.errors import MailIsOff
from src.domain.accounts.joining.registration import mail_invitation
from src.domain.accounts.rules import checked_email
from src.domain.accounts.tables import User, UserState


async def administrator(
    database: Database, *, email: str, name: str = "", password: str | None = None
) -> bool:
    """Make them where nobody exists yet; whether this call did. Of several processes one does.

    Without a password they are mailed an invitation. Raises `PasswordRefused`, `BadEmail`,
    `BadPerson`, `MailIsOff`.
    """
    async with reading(database) as reads:
        if await is_set_up(reads):
            return False
    address = checked_email(email)
    called = name or address.partition("@")[0]
    if password is None and post.current().is_closed:
        raise MailIsOff(_("Give a password: without mail nobody can be invited."))
    hashed = None
    if password is not None:
        hashed = await passwords.new_hash(password, about=(address, called))
    state = UserState.INVITED if hashed is None else UserState.ACTIVE
    try:
        async with transaction(database) as session:
            if await is_set_up(session):
                return False
            made = await create_admin(
                session, email=address, name=called, password_hash=hashed, state=state
            )
            if hashed is None:
                await mail_invitation(session, await session.get_one(User, made.id), "", None)
    except (AlreadySetUp, EmailTaken):  # another process was first
        return False
    return True
