"""What the commands have in common: settings, a database, and errors as one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NoReturn, TypeVar

import typer
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from src.core import logs
from src.core.db import Database, create_database
from src.core.errors import DomainError
from src.core.settings import Settings, faults_of
from src.domain import accounts

T = TypeVar("T")


def stop(sentence: str) -> NoReturn:
    """Say what is wrong on standard error, and end with 1."""
    typer.echo(f"aliquot: {sentence}", err=True)
    raise typer.Exit(1)


def settings() -> Settings:
    """The settings, or an end with what is wrong with them."""
    try:
        made = Settings()
    except ValidationError as error:
        stop(f"the settings are not right: {'; '.join(faults_of(error))}")
    quiet = {"log_format": "console", "log_level": "WARNING"}
    logs.configure(made.model_copy(update=quiet), process="command")
    accounts.configure(made)
    return made


def with_database(work: Callable[[Settings, Database], Awaitable[T]]) -> T:
    """Run `work` on the database; a refusal ends the command with its sentence."""
    made = settings()

    async def run() -> T:
        database = create_database(made.database, pool_size=2)
        try:
            return await work(made, database)
        finally:
            await database.dispose()

    try:
        return asyncio.run(run())
    except DomainError as refusal:
        stop(f"{refusal.title}. {refusal.detail}")
    except SQLAlchemyError as error:
        stop(f"the database: {first_line(error)}")


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0] if said else type(error).__name__


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print columns, as wide as what stands in them."""
    lines = [tuple(head), *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(padded).rstrip())
