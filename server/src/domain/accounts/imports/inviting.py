"""Inviting many: by jobs of some each, so that a table of thousands is taken over in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, outbox
from src.core.actor import SYSTEM, Actor
from src.core.language import gettext as _
from src.domain.accounts import post
from src.domain.accounts.joining.errors import MailIsOff
from src.domain.accounts.joining.registration import mail_invitation
from src.domain.accounts.tables import User, UserState

MANY = outbox.topic("accounts.invite-many", queue="notifications", time_limit=60.0)
AT_ONCE = 100


def require_mail() -> None:
    """Raise `MailIsOff` where no mail is sent at all."""
    if post.current().is_closed:
        raise MailIsOff(_("Import without invitations, and tell people in person."))


async def publish(session: AsyncSession, actor: Actor, user_ids: Sequence[UUID]) -> None:
    """Have these people invited once this transaction has committed."""
    for begin in range(0, len(user_ids), AT_ONCE):
        payload = {
            "user_ids": [str(one) for one in user_ids[begin : begin + AT_ONCE]],
            "inviter_id": str(actor.user_id) if actor.user_id else None,
        }
        await outbox.publish(session, MANY, payload)


async def invite(session: AsyncSession, payload: Mapping[str, Any]) -> int:
    """Mail each of a job an invitation, unless they came meanwhile; how many."""
    wanted = [UUID(one) for one in payload["user_ids"]]
    inviter_id = UUID(payload["inviter_id"]) if payload["inviter_id"] else None
    inviter = await session.get(User, inviter_id) if inviter_id else None
    people = await session.scalars(
        select(User).where(User.id.in_(wanted), User.state == UserState.INVITED).order_by(User.id)
    )
    count = 0
    for user in people.all():
        name = inviter.name if inviter else "Aliquot"
        await mail_invitation(session, user, name, inviter_id)
        events.record(session, SYSTEM, "user.invited", ("user", user.id))
        count += 1
    return count
