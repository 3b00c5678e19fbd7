"""Work of moving in: looking a file through, or taking it over. An operation each."""

from __future__ import annotations

from src.core import outbox

RUN = outbox.topic("operations.import", queue="reports", max_attempts=3, time_limit=3600.0)
