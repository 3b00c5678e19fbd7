"""`migrate`, `demo` and `verify-events`."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from src.commands import console
from src.core import migrations, seals
from src.core.db import Database
from src.core.errors import DatabaseUnavailable
from src.core.seals import Report
from src.core.settings import Settings
from src.core.storage import create_storage
from src.domain import demo

CheckOnly = Annotated[bool, typer.Option("--check", help="Change nothing; end with 1 if it would.")]


def migrate(*, check: CheckOnly = False) -> None:
    """Bring the database's schema up to date: a step of its own before servers start."""
    url = console.settings().database
    try:
        found = migrations.current(url)
        standing = migrations.standing(found)
        if standing is migrations.Standing.NEWER:
            if check:  # during an upgrade, and after going back: a newer schema serves older code
                typer.echo(f"the schema {found} is newer than this code needs")
                return
            console.stop(
                f"the schema {found} is newer than this code, which knows {migrations.head()}"
            )
        if standing is migrations.Standing.CURRENT:
            typer.echo(f"the schema is up to date ({found})")
            return
        if check:
            console.stop(f"the schema is {found or 'empty'}, this code needs {migrations.head()}")
        migrations.upgrade(url)
    except DatabaseUnavailable as error:
        console.stop(
            f"the database does not answer: {console.first_line(error.__cause__ or error)}"
        )
    except SQLAlchemyError as error:
        console.stop(f"the database: {console.first_line(error)}")
    typer.echo(f"the schema was {found or 'empty'} and is {migrations.head()} now")


def fill_demo() -> None:
    """Fill an empty database with the demonstration. Refused in production."""

    async def work(settings: Settings, database: Database) -> int:
        return await demo.fill(database, settings)

    count = console.with_database(work)
    typer.echo(f"{count} bookings; log in as {', '.join(demo.ACCOUNTS)}")
    typer.echo(f"with the password {demo.PASSWORD}")


def verify_events() -> None:
    """Prove the record of events: nothing edited, removed or slipped in. Ends with 1 otherwise."""

    async def work(settings: Settings, database: Database) -> Report:
        storage = create_storage(settings.storage_url, data_dir=settings.data_dir)
        return await seals.verify(database, storage=storage)

    report = console.with_database(work)
    for fault in report.faults:
        place = f"seal {fault.seq}" if fault.seq is not None else "unsealed"
        typer.echo(f"{place}: {fault.kind}, event {fault.event_id}: {fault.detail}")
    typer.echo(f"{report.checked} seals checked; the chain ends with {report.last_hash}")
    if not report.is_sound:
        console.stop(f"{len(report.faults)} places do not fit")
