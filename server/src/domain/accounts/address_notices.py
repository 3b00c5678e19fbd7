"""Whoever's address was changed for them hears of it, at the old address and at the new one."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.domain.accounts import letters
from src.domain.accounts.tables import User

CHANGED_FOR_YOU = letters.kind(
    "email-changed-for-you",
    title=mark("Your address was changed"),
    body=mark(
        "An administrator changed the address you log in with at %(institute)s. It is %(new)s now. "
        "If that is wrong, tell them."
    ),
    action=mark("Log in"),
    path="/login",
)


async def tell(session: AsyncSession, user: User, old: str) -> None:
    """Mail the person at both addresses."""
    for to in (old, user.email):
        await letters.send(
            session, CHANGED_FOR_YOU, user_id=user.id, to=to, args={"new": user.email}
        )
