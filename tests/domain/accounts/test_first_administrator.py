"""The first administrator, as the environment names them."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from src.core import mail
from src.core.db import Database, create_database, reading
from src.domain import accounts
from src.domain.accounts import joining, post
from src.domain.accounts.tables import Institute, MailedToken, RoleAssignment, User, UserState

PASSWORD = "seventeen green bottles"


class Kept:
    """A way out that keeps everything to itself."""

    async def send(self, message: EmailMessage) -> None:
        """Take the message."""


async def test_of_two_processes_at_once_one_makes_the_administrator(database: Database) -> None:
    other = create_database(str(database.engine.url.render_as_string(hide_password=False)))
    try:
        made = await asyncio.gather(
            *(
                joining.first.administrator(each, email="Ada@Example.org", password=PASSWORD)
                for each in (database, other)
            )
        )
    finally:
        await other.dispose()
    assert sorted(made) == [False, True]
    async with reading(database) as reads:
        assert await reads.scalar(select(func.count()).select_from(User)) == 1
        assert await reads.scalar(select(func.count()).select_from(Institute)) == 1
        roles = list(await reads.scalars(select(RoleAssignment.role)))
    assert roles == ["admin"]


async def test_nobody_is_made_where_somebody_exists(
    database: Database, admin: accounts.UserView
) -> None:
    assert not await joining.first.administrator(
        database, email="eve@example.org", password=PASSWORD
    )
    async with reading(database) as reads:
        assert list(await reads.scalars(select(User.email))) == ["ada@example.org"]


@pytest.mark.parametrize(
    "password", ["short", "aliquot-demo-password", "admin@example.org", "changeme1234"]
)
async def test_a_weak_password_makes_nobody(database: Database, password: str) -> None:
    with pytest.raises(accounts.PasswordRefused):
        await joining.first.administrator(database, email="admin@example.org", password=password)
    async with reading(database) as reads:
        assert not await accounts.is_set_up(reads)


async def test_without_a_password_they_are_invited_where_mail_is_sent(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "_posts", [post.Post(mail.NoMailer(), "a@example.org", "http://x")])
    with pytest.raises(joining.MailIsOff):
        await joining.first.administrator(database, email="ada@example.org")
    monkeypatch.setattr(post, "_posts", [post.Post(Kept(), "a@example.org", "http://x")])
    assert await joining.first.administrator(database, email="ada@example.org", name="Ada")
    async with reading(database) as reads:
        user = await reads.scalar(select(User))
        link = await reads.scalar(select(MailedToken))
    assert user is not None
    assert link is not None
    assert (user.state, user.password_hash, link.email) == (UserState.INVITED, None, user.email)
