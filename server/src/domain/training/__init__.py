"""Who is qualified for what, and who asks to be. Checked at booking and again at check-in.

A qualification counts everywhere; a policy names those it asks for. Invariants: expiry is in the
query, not in a job; nobody qualifies themselves; a person holds a qualification once; at most one
request of a person for a resource is open.
"""

from __future__ import annotations

from src.domain.training import (
    access,
    grants,
    leaving,
    notices,
    qualifications,
    reminders,
    verbs,
)
from src.domain.training.errors import (
    AccessAsked,
    AccessNotNeeded,
    AccessRequestNotFound,
    AccessSettled,
    BadQualification,
    GrantNotFound,
    OwnQualification,
    QualificationNotFound,
    QualificationRetired,
    QualificationTaken,
)
from src.domain.training.holding import counts_at, held_by
from src.domain.training.tables import AccessState
from src.domain.training.views import AccessView, GrantView, Named, QualificationView

__all__ = [
    "AccessAsked",
    "AccessNotNeeded",
    "AccessRequestNotFound",
    "AccessSettled",
    "AccessState",
    "AccessView",
    "BadQualification",
    "GrantNotFound",
    "GrantView",
    "Named",
    "OwnQualification",
    "QualificationNotFound",
    "QualificationRetired",
    "QualificationTaken",
    "QualificationView",
    "access",
    "counts_at",
    "grants",
    "held_by",
    "leaving",
    "notices",
    "qualifications",
    "reminders",
    "verbs",
]
