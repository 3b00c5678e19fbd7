"""The outbox topics of this domain."""

from __future__ import annotations

from src.core import outbox

# Whoever may decide is looked up when they are told, not while somebody waits for the answer.
ASKED = outbox.topic("approvals.asked", queue="notifications", time_limit=60.0)
