"""The outbox topics of an incident's room."""

from __future__ import annotations

from src.core import outbox

# Whom it concerns is looked up when they are told, not while somebody has other worries.
ROLE_GIVEN = outbox.topic("incident-room.role-given", queue="notifications", time_limit=60.0)
TASK_GIVEN = outbox.topic("incident-room.task-given", queue="notifications", time_limit=60.0)
UPDATED = outbox.topic("incident-room.updated", queue="notifications", time_limit=60.0)
REVIEWED = outbox.topic("incident-room.reviewed", queue="notifications", time_limit=60.0)
