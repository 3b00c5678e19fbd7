"""What went wrong, who looks after it, and what is learned from it.

Invariants: one that is restricted does not exist for whoever is not concerned; its state changes
through one table of transitions alone; its timeline is append-only; what it keeps down comes back
when it is resolved; of an anonymous one nobody learns who reported it.
"""

from __future__ import annotations

from src.domain.operations.incidents import (
    attachments,
    changing,
    concealment,
    effects,
    leads,
    leaving,
    lines,
    moving,
    near_misses,
    notices,
    policy,
    priorities,
    reading,
    reporting,
    room,
    states,
    subject,
    telling,
    timeline,
    topics,
    types,
    verbs,
)
from src.domain.operations.incidents.errors import (
    BadIncident,
    BadIncidentPriority,
    BadIncidentType,
    IncidentIsClosed,
    IncidentLacks,
    IncidentNotFound,
    IncidentPriorityNotFound,
    IncidentTypeNotFound,
    NotFromThisState,
)
from src.domain.operations.incidents.near_misses import NearMiss, Receipt
from src.domain.operations.incidents.views import (
    Filter,
    IncidentRef,
    IncidentView,
    On,
    PriorityView,
    Report,
    ResourceOn,
    TypeView,
)

__all__ = [
    "BadIncident",
    "BadIncidentPriority",
    "BadIncidentType",
    "Filter",
    "IncidentIsClosed",
    "IncidentLacks",
    "IncidentNotFound",
    "IncidentPriorityNotFound",
    "IncidentRef",
    "IncidentTypeNotFound",
    "IncidentView",
    "NearMiss",
    "NotFromThisState",
    "On",
    "PriorityView",
    "Receipt",
    "Report",
    "ResourceOn",
    "TypeView",
    "attachments",
    "changing",
    "concealment",
    "effects",
    "leads",
    "leaving",
    "lines",
    "moving",
    "near_misses",
    "notices",
    "policy",
    "priorities",
    "reading",
    "reporting",
    "room",
    "states",
    "subject",
    "telling",
    "timeline",
    "topics",
    "types",
    "verbs",
]
