"""What went wrong, who looks after it, and what is learned from it.

Invariants: one that is restricted does not exist for whoever is not concerned; its state changes
through one table of transitions alone; its timeline is append-only; what it keeps down comes back
when it is resolved.
"""

from __future__ import annotations

from src.domain.operations.incidents import policy, room, timeline
from src.domain.operations.incidents.errors import (
    BadIncident,
    IncidentIsClosed,
    IncidentLacks,
    IncidentNotFound,
    NotFromThisState,
)

__all__ = [
    "BadIncident",
    "IncidentIsClosed",
    "IncidentLacks",
    "IncidentNotFound",
    "NotFromThisState",
    "policy",
    "room",
    "timeline",
]
