"""Problems described."""

from __future__ import annotations

from src.models.common import Wire


class ProblemKind(Wire):
    """A code, the status it comes with, and what to do."""

    code: str
    title: str
    status: int
    description: str
