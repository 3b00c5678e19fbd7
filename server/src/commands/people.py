"""`create-admin`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from src.commands import console
from src.core.db import Database, transaction
from src.core.settings import Settings
from src.domain import accounts
from src.domain.accounts import UserView

PASSWORD = "ALIQUOT_ADMIN_PASSWORD"  # noqa: S105 - the name of a variable

Email = Annotated[str, typer.Option(prompt=True, help="The address to log in with.")]
Name = Annotated[str, typer.Option(prompt=True, help="The person's name.")]
Zone = Annotated[str, typer.Option(help="Time zone, such as Europe/Berlin.")]
FromInput = Annotated[bool, typer.Option("--password-stdin", help="Read the password's line.")]


def create_admin(
    *, email: Email, name: Name, timezone: Zone = "UTC", password_stdin: FromInput = False
) -> None:
    """Add an administrator.

    The password is asked for; or taken from standard input, or from ALIQUOT_ADMIN_PASSWORD.
    """
    password = _password(from_input=password_stdin)

    async def work(_settings: Settings, database: Database) -> UserView:
        hashed = await accounts.new_hash(password, about=(email, name))
        async with transaction(database) as session:
            return await accounts.create_admin(
                session, email=email, name=name, password_hash=hashed, timezone=timezone
            )

    made = console.with_database(work)
    typer.echo(f"{made.email} is an administrator now")


def _password(*, from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    given = os.environ.get(PASSWORD)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        console.stop(f"give the password by --password-stdin or {PASSWORD}; nobody can be asked")
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked
