"""Pages are made of what services give, and those are tried on both databases: SQLite is enough.

The frame, with a look at every page, is tried on each.
"""

from __future__ import annotations

import pytest

from tests.support import application
from tests.support.application import Lab

each_lab = application.lab


@pytest.fixture
def lab(sqlite_lab: Lab) -> Lab:
    """The application, on SQLite."""
    return sqlite_lab
