"""`load-accounts`: people and keys for a load test, and their end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import select

from src.commands import console
from src.core import clock
from src.core.actor import SYSTEM, ActorKind
from src.core.db import Database, reading, transaction
from src.core.settings import Settings
from src.domain import accounts
from src.domain.accounts.credentials.key_views import KeyWish
from src.domain.accounts.tables import RoleName, User, UserState

# Addresses that can never exist (RFC 2606), so that nobody gets their mail.
DOMAIN = "load.invalid"
ONE_IN_MANAGES = 20
MOST = 5000

accounts_of_tests = typer.Typer(
    help="People and keys that a load test signs in with.", no_args_is_help=True
)

Count = Annotated[int, typer.Option(min=1, max=MOST, help="How many people.")]
Hours = Annotated[int, typer.Option(min=1, max=720, help="For how long their keys are good.")]


@accounts_of_tests.command("make")
def make(*, count: Count = 100, hours: Hours = 24) -> None:
    """Print a line of JSON for each: address, role and a key. People who are here get a new key.

    One of twenty is a manager. Nobody can log in with a password; the keys end by themselves.
    """

    async def work(_settings: Settings, database: Database) -> list[dict[str, str]]:
        return [await _account(database, number, hours) for number in range(1, count + 1)]

    for one in console.with_database(work):
        typer.echo(json.dumps(one))


@accounts_of_tests.command("end")
def end() -> None:
    """Suspend them all, which ends their keys; what they did stays."""

    async def work(_settings: Settings, database: Database) -> int:
        async with reading(database) as reads:
            found = await reads.scalars(
                select(User.id).where(
                    User.email.endswith(f"@{DOMAIN}"), User.state == UserState.ACTIVE
                )
            )
            theirs = list(found)
        for user_id in theirs:
            async with transaction(database) as session:
                await accounts.update_user(
                    session, SYSTEM, user_id, changes={"state": UserState.SUSPENDED}
                )
        return len(theirs)

    typer.echo(f"{console.with_database(work)} suspended")


async def _account(database: Database, number: int, hours: int) -> dict[str, str]:
    email = f"load-{number:04}@{DOMAIN}"
    role = RoleName.MANAGER if number % ONE_IN_MANAGES == 0 else RoleName.MEMBER
    async with transaction(database) as session:
        user = await session.scalar(select(User).where(User.email == email))
        if user is None:
            name, roles = f"Load test {number:04}", (RoleName.MEMBER, role)
            made = await accounts.create_user(
                session, SYSTEM, email=email, name=name, roles=dict.fromkeys(roles)
            )
            user_id = made.id
        else:
            user_id = user.id
            if user.state is not UserState.ACTIVE:
                await accounts.update_user(
                    session, SYSTEM, user_id, changes={"state": UserState.ACTIVE}
                )
        actor = replace(SYSTEM, user_id=user_id, kind=ActorKind.USER)
        for old in await accounts.api_keys.list_(session, actor):
            if not old.is_over:
                await accounts.api_keys.revoke(session, actor, old.id)
        wish = KeyWish("Load test", expires_at=clock.now() + timedelta(hours=hours))
        key = await accounts.api_keys.create(session, actor, wish=wish)
    return {"email": email, "role": role.value, "key": key.key}
