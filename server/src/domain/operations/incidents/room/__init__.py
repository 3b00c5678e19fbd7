"""An incident's room: who has which role, what happened when, what is to be done, what is learned.

Invariants: one lead, one EHS liaison and one scribe at a time, each with its dates; a timeline is
only added to; a review that is signed off is changed by nobody; a closed incident takes nothing
but work on its tasks and on a review that is not signed off. Everything asks `incidents.policy`
whether the incident exists for whoever asks.
"""

from __future__ import annotations

from src.domain.operations.incidents.room import (
    access,
    entries,
    exporting,
    guards,
    leaving,
    notices,
    reminders,
    review,
    roles,
    subscriptions,
    tasks,
    telling,
    topics,
    updates,
    verbs,
    wording,
)
from src.domain.operations.incidents.room.errors import (
    BadEntry,
    BadReview,
    BadRole,
    BadSubscription,
    BadTask,
    BadUpdate,
    EntryNotFound,
    OwnReview,
    ReviewIsSigned,
    ReviewNotBegun,
    ReviewNotSigned,
    RoleIsOver,
    RoleIsTaken,
    RoleNotFound,
    SubscriptionNotFound,
    TaskNotFound,
    TaskNotFromThisState,
)
from src.domain.operations.incidents.room.views import (
    EntryView,
    ReviewView,
    RoleView,
    SubscriptionView,
    TaskView,
    TaskWish,
)

__all__ = [
    "BadEntry",
    "BadReview",
    "BadRole",
    "BadSubscription",
    "BadTask",
    "BadUpdate",
    "EntryNotFound",
    "EntryView",
    "OwnReview",
    "ReviewIsSigned",
    "ReviewNotBegun",
    "ReviewNotSigned",
    "ReviewView",
    "RoleIsOver",
    "RoleIsTaken",
    "RoleNotFound",
    "RoleView",
    "SubscriptionNotFound",
    "SubscriptionView",
    "TaskNotFound",
    "TaskNotFromThisState",
    "TaskView",
    "TaskWish",
    "access",
    "entries",
    "exporting",
    "guards",
    "leaving",
    "notices",
    "reminders",
    "review",
    "roles",
    "subscriptions",
    "tasks",
    "telling",
    "topics",
    "updates",
    "verbs",
    "wording",
]
