"""The outbox topics of discussions."""

from __future__ import annotations

from src.core import outbox

# Somebody commented, or somebody was mentioned; who hears of it is looked up when they are told.
SAID = outbox.topic("discussion.said", queue="notifications", time_limit=60.0)
