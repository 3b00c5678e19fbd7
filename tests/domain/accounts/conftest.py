"""People to try things with. Hashing is as cheap as argon2 allows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from src.core.db import Database, transaction
from src.domain import accounts
from src.domain.accounts import UserView, sessions

PASSWORD = "seventeen green bottles"


@pytest.fixture(autouse=True)
def cheap_hashes() -> Iterator[None]:
    """One millisecond instead of a hundred."""
    accounts.passwords.configure(memory_kib=8, time_cost=1)
    yield
    accounts.passwords.configure(memory_kib=65536, time_cost=3)
    sessions.configure(idle=12 * 3600, absolute=14 * 24 * 3600)


@pytest.fixture
async def admin(database: Database) -> UserView:
    """The first administrator of an institute that has been set up."""
    password_hash = await accounts.new_hash(PASSWORD)
    async with transaction(database) as session:
        return await accounts.set_up(
            session,
            name="Institute",
            timezone="Europe/Berlin",
            currency="eur",
            mail_from=None,
            admin_name="Ada Admin",
            admin_email="Ada@Example.org",
            password_hash=password_hash,
        )
