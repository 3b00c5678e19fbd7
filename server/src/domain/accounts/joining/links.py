"""Links that were mailed: found by their secret, used once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, delete, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.crypto import hash_of
from src.core.language import gettext as _
from src.domain.accounts.joining.errors import LinkGone
from src.domain.accounts.tables import MailedToken, MailPurpose, User, UserState


async def found(
    session: AsyncSession, token: str, *purposes: MailPurpose
) -> tuple[MailedToken, User]:
    """A link that can be used for one of the purposes, and whose it is. Raises `LinkGone`."""
    wanted = (
        select(MailedToken, User)
        .join(User, User.id == MailedToken.user_id)
        .where(
            MailedToken.token_hash == hash_of(token),
            MailedToken.purpose.in_(purposes),
            MailedToken.used_at.is_(None),
            MailedToken.expires_at > clock.now(),
            User.state != UserState.SUSPENDED,
            User.erased_at.is_(None),
        )
    )
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise gone()
    return row[0], row[1]


async def claim(session: AsyncSession, link_id: UUID) -> None:
    """Use the link; of two at once the later is refused. Raises `LinkGone`."""
    used = await session.execute(
        update(MailedToken)
        .where(
            MailedToken.id == link_id,
            MailedToken.used_at.is_(None),
            MailedToken.expires_at > clock.now(),
        )
        .values(used_at=clock.now())
        .returning(MailedToken.id)
    )
    if used.one_or_none() is None:
        raise gone()


async def sweep(session: AsyncSession) -> int:
    """Delete links that were used or have expired; how many.

    Those of people who have not come yet stay: the list of invitations shows them, and a new link
    is made after the old one.
    """
    awaited = and_(
        MailedToken.purpose.in_((MailPurpose.INVITATION, MailPurpose.VERIFY_EMAIL)),
        MailedToken.used_at.is_(None),
        MailedToken.user_id.in_(select(User.id).where(User.state == UserState.INVITED)),
    )
    over = or_(MailedToken.used_at.is_not(None), MailedToken.expires_at <= clock.now())
    wanted = delete(MailedToken).where(over, not_(awaited)).returning(MailedToken.id)
    return len((await session.execute(wanted)).all())


def gone() -> LinkGone:
    """The one refusal of every link that does not count."""
    return LinkGone(_("It works once and for a limited time. Ask for a new one."))
