"""`assets`."""

from __future__ import annotations

import typer

from src.assets import FOLDER
from src.assets.build import MissingFileError, build
from src.commands import console


def assets() -> None:
    """Build the static files: minified, compressed, each under its content's hash."""
    try:
        typer.echo(str(build(FOLDER)))
    except (MissingFileError, OSError) as error:
        console.stop(f"the static files were not built: {error}")
