"""What the record says of an incident's room."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("incident.role_given", mark("Role given"))
verb("incident.role_ended", mark("Role ended"))
verb("incident.noted", mark("Noted in the timeline"))
verb("incident.pinned", mark("Line pinned"))
verb("incident.unpinned", mark("Line unpinned"))
verb("incident.update_given", mark("Update given"))
verb("incident.task_added", mark("Task added"))
verb("incident.task_changed", mark("Task changed"))
verb("incident.task_done", mark("Task done"))
verb("incident.task_dropped", mark("Task dropped"))
verb("incident.task_reopened", mark("Task reopened"))
verb("incident.review_written", mark("Review written"))
verb("incident.review_signed", mark("Review signed off"))
verb("incident.review_reopened", mark("Signature of the review taken back"))
verb("incident.subscribed", mark("Incidents subscribed to"))
verb("incident.subscription_changed", mark("Subscription to incidents changed"))
verb("incident.unsubscribed", mark("Subscription to incidents ended"))
