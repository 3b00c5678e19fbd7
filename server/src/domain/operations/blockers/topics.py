"""The outbox topics of blockers."""

from __future__ import annotations

from src.core import outbox

# Payload: what happened (`telling`), to which, by whom, what changed.
HAPPENED = outbox.topic("blockers.happened", queue="notifications", time_limit=60.0)
