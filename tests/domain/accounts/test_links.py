"""Links that were mailed, once they lead nowhere."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from src.core.actor import SYSTEM
from src.core.db import Database, reading, transaction
from src.domain import accounts
from src.domain.accounts import UserView, letters
from src.domain.accounts.tables import MailedToken, MailPurpose, UserState

DAY = timedelta(days=1)


async def test_links_that_lead_nowhere_go_but_for_those_of_people_who_are_still_expected(
    database: Database, admin: UserView
) -> None:
    async def link(user: UserView, purpose: MailPurpose, lifetime: timedelta) -> None:
        made = await letters.new_link(
            session, user.id, purpose, email=user.email or "", lifetime=DAY
        )
        row = await session.get_one(MailedToken, made)
        row.expires_at = row.created_at + lifetime

    async with transaction(database) as session:
        expected = await accounts.create_user(
            session, SYSTEM, email="eve@example.org", name="Eve", state=UserState.INVITED
        )
        await link(expected, MailPurpose.INVITATION, -DAY)
        await link(expected, MailPurpose.RESET_PASSWORD, -DAY)
        await link(admin, MailPurpose.RESET_PASSWORD, -DAY)
        await link(admin, MailPurpose.VERIFY_EMAIL, -DAY)
        await link(admin, MailPurpose.RESTORE_EMAIL, DAY)
        used = await letters.new_link(
            session, admin.id, MailPurpose.CHANGE_EMAIL, email="a@example.org", lifetime=DAY
        )
        await accounts.joining.links.claim(session, used)
    async with transaction(database) as session:
        assert await accounts.joining.links.sweep(session) == 4
    async with reading(database) as reads:
        left = set(await reads.scalars(select(MailedToken.purpose)))
    assert left == {MailPurpose.INVITATION, MailPurpose.RESTORE_EMAIL}
