"""What keeps the team from going on, and who has to do something about it.

Invariants: active -> resolved -> active, each with a word about it; only what is resolved is
archived, and what is archived is read and nothing else, by whatever way somebody comes
(`service.writable` is the one way to a row that is changed or written beside).
"""

from __future__ import annotations

from src.domain.operations.blockers import (
    kind,
    leaving,
    life,
    notices,
    nudging,
    policy,
    service,
    states,
    telling,
    topics,
    verbs,
)
from src.domain.operations.blockers.errors import (
    BadBlocker,
    BlockerArchived,
    BlockerNotFound,
    BlockerStateConflict,
)
from src.domain.operations.blockers.life import archive, transition, unarchive
from src.domain.operations.blockers.service import change, get, list_, raise_
from src.domain.operations.blockers.views import Action, BlockerView, Filters, Past, Way, Wish

__all__ = [
    "Action",
    "BadBlocker",
    "BlockerArchived",
    "BlockerNotFound",
    "BlockerStateConflict",
    "BlockerView",
    "Filters",
    "Past",
    "Way",
    "Wish",
    "archive",
    "change",
    "get",
    "kind",
    "leaving",
    "life",
    "list_",
    "notices",
    "nudging",
    "policy",
    "raise_",
    "service",
    "states",
    "telling",
    "topics",
    "transition",
    "unarchive",
    "verbs",
]
