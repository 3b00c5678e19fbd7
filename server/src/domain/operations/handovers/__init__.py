"""What one shift leaves to the next: what is open, as it stood, and what to watch.

Invariants: what was open is kept as ids and codes, and shown to each reader as far as they may know
of it; one person takes it over, once.
"""

from __future__ import annotations

from src.domain.operations.handovers import (
    kind,
    leaving,
    notices,
    policy,
    service,
    telling,
    topics,
    verbs,
)
from src.domain.operations.handovers.errors import BadHandover, HandoverNotFound, HandoverTaken
from src.domain.operations.handovers.service import Which, acknowledge, get, give, list_
from src.domain.operations.handovers.views import HandoverView

__all__ = [
    "BadHandover",
    "HandoverNotFound",
    "HandoverTaken",
    "HandoverView",
    "Which",
    "acknowledge",
    "get",
    "give",
    "kind",
    "leaving",
    "list_",
    "notices",
    "policy",
    "service",
    "telling",
    "topics",
    "verbs",
]
