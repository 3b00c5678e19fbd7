"""The outbox topics of this domain."""

from __future__ import annotations

from src.core import outbox

# Some eight hours of patience with a mail server that is away.
MAIL = outbox.topic("notifications.mail", queue="notifications", max_attempts=40, time_limit=60.0)
DIGEST = outbox.topic(
    "notifications.digest", queue="notifications", max_attempts=40, time_limit=60.0
)
