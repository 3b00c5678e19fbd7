"""The outbox topics of shift hand-overs."""

from __future__ import annotations

from src.core import outbox

GIVEN = outbox.topic("handovers.given", queue="notifications", time_limit=60.0)
ACKNOWLEDGED = outbox.topic("handovers.acknowledged", queue="notifications", time_limit=60.0)
