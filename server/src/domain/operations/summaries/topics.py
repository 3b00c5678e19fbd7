"""The outbox topics of summaries."""

from __future__ import annotations

from src.core import outbox

# One day of one scope; it publishes itself for the next that is missing.
MAKE = outbox.topic("summaries.make", queue="maintenance", time_limit=60.0)
GENERATE = outbox.topic("summaries.generate", queue="maintenance", time_limit=60.0)
MADE = outbox.topic("summaries.made", queue="notifications", time_limit=60.0)
