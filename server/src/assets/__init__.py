"""Static files: where each stands, under an address that changes with its content.

The sources lie in `server/static`. `build` makes `server/static/built` of them: minified,
compressed, each under its content's hash. `addresses` answers with what was built while it is of
these very sources, and with the sources otherwise; `modules` knows which script imports which.
Server only: the worker shows no pages.
"""

from src.assets.addresses import FOLDER, PREFIX, Library, library

__all__ = ["FOLDER", "PREFIX", "Library", "library"]
