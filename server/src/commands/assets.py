"""`assets`."""

from __future__ import annotations

import typer

from src.commands import console


def assets() -> None:
    """Build the static files: minified, compressed, each under its content's hash."""
    from src.assets import FOLDER  # noqa: PLC0415 - a worker has the other commands without the web
    from src.assets.build import MissingFileError, build  # noqa: PLC0415

    try:
        typer.echo(str(build(FOLDER)))
    except (MissingFileError, OSError) as error:
        console.stop(f"the static files were not built: {error}")
