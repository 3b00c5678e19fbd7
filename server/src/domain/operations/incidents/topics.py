"""The outbox topics of incidents."""

from __future__ import annotations

from src.core import outbox

# Whom it concerns is looked up when they are told, not while somebody stands beside a spill.
REPORTED = outbox.topic("incidents.reported", queue="notifications", time_limit=60.0)
MOVED = outbox.topic("incidents.moved", queue="notifications", time_limit=60.0)
CHANGED = outbox.topic("incidents.changed", queue="notifications", time_limit=60.0)
