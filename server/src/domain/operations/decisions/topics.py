"""The outbox topics of decisions."""

from __future__ import annotations

from src.core import outbox

# Payload: what happened (`telling`), to which, by whom, and who is asked anew.
HAPPENED = outbox.topic("decisions.happened", queue="notifications", time_limit=60.0)
