"""The process's clock. What must not depend on it uses `core.db.database_now()`."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, aware, UTC, to the microsecond."""
    return datetime.now(UTC)
