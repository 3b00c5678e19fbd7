"""`openapi`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from src.commands import console

Output = Annotated[Path | None, typer.Option(help="Where to write it; else it is printed.")]


def openapi(*, output: Output = None) -> None:
    """Write the specification of the HTTP interface as JSON."""
    from src.app import create_app  # noqa: PLC0415 - the other commands need no web

    text = json.dumps(create_app(console.settings()).openapi(), indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
