"""The outbox topics of status updates."""

from __future__ import annotations

from src.core import outbox

# Whom it concerns is looked up when they are told.
POSTED = outbox.topic("updates.posted", queue="notifications", time_limit=60.0)
