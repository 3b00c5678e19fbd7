"""The outbox topics of problem reports."""

from __future__ import annotations

from src.core import outbox

# Whom it concerns is looked up when they are told, not while somebody stands at the instrument.
REPORTED = outbox.topic("problems.reported", queue="notifications", time_limit=60.0)
RESOLVED = outbox.topic("problems.resolved", queue="notifications", time_limit=60.0)
