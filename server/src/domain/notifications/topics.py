"""The outbox topics of this domain."""

from __future__ import annotations

from src.core import outbox

MAIL = outbox.topic("notifications.mail", queue="notifications", max_attempts=8, time_limit=60.0)
