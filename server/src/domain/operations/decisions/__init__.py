"""What the team decided, why, and what it weighed.

Invariants: never deleted; proposed -> accepted | rejected | withdrawn, accepted -> superseded by
another accepted one | deprecated, so that chains end and have no cycle; the text of what is
accepted changes only by amendments, which are kept for good; each speaks for themselves alone.
"""

from __future__ import annotations

from src.domain.operations.decisions import (
    amending,
    deciding,
    difference,
    kind,
    leaving,
    notices,
    options,
    participants,
    policy,
    reminding,
    service,
    states,
    telling,
    topics,
    verbs,
)
from src.domain.operations.decisions.deciding import transition
from src.domain.operations.decisions.errors import (
    BadDecision,
    DecisionNotFound,
    DecisionStateConflict,
    OptionNotFound,
)
from src.domain.operations.decisions.service import change, get, list_, propose
from src.domain.operations.decisions.views import (
    Action,
    AmendmentView,
    DecisionView,
    Filters,
    OptionWish,
    Past,
    Verdict,
    Way,
    Wish,
)

__all__ = [
    "Action",
    "AmendmentView",
    "BadDecision",
    "DecisionNotFound",
    "DecisionStateConflict",
    "DecisionView",
    "Filters",
    "OptionNotFound",
    "OptionWish",
    "Past",
    "Verdict",
    "Way",
    "Wish",
    "amending",
    "change",
    "deciding",
    "difference",
    "get",
    "kind",
    "leaving",
    "list_",
    "notices",
    "options",
    "participants",
    "policy",
    "propose",
    "reminding",
    "service",
    "states",
    "telling",
    "topics",
    "transition",
    "verbs",
]
