"""The institute on the wire."""

from __future__ import annotations

from src.models.common import Wire


class InstituteRead(Wire):
    """Whose deployment this is."""

    name: str
    timezone: str
    currency: str
    version: int
