"""`keys rotate`."""

from __future__ import annotations

import typer

from src.commands import console
from src.core.db import Database
from src.core.settings import Settings
from src.domain import accounts
from src.domain.accounts.credentials.reencryption import Report

keys = typer.Typer(help="Keys that stored secrets are encrypted with.", no_args_is_help=True)


@keys.command("rotate")
def rotate() -> None:
    """Encrypt stored secrets anew with the first of ALIQUOT_ENCRYPTION_KEYS.

    May be stopped and begun again. Ends with 1 where no key that is known can read one.
    """

    async def work(_settings: Settings, database: Database) -> list[Report]:
        return await accounts.reencryption.renew(database)

    reports = console.with_database(work)
    console.table(
        ("secrets", "encrypted anew", "unreadable"),
        [(report.name, report.renewed, report.lost) for report in reports],
    )
    lost = sum(report.lost for report in reports)
    if lost:
        console.stop(f"{lost} secrets need a key that is not in ALIQUOT_ENCRYPTION_KEYS")


@keys.callback()
def _keys() -> None:
    """Keep `rotate` a command of its own: a Typer with one command would drop its name."""
