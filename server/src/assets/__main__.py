"""`python -m src.assets`: what `aliquot assets` does, without loading all of Aliquot first."""

from __future__ import annotations

import sys

from src.assets import FOLDER
from src.assets.build import MissingFileError, build

try:
    sys.stdout.write(f"{build(FOLDER)}\n")
except (MissingFileError, OSError) as error:
    sys.exit(f"aliquot: the static files were not built: {error}")
