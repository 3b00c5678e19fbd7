"""What people did, will do and need, said to their team or to everybody.

Invariants: who reads operations of the team reads its updates, and nobody else; only their author
changes them, and every version is kept; a deletion takes along what hangs on it and leaves events.
"""

from __future__ import annotations

from src.domain.operations.updates import (
    kind,
    leaving,
    notices,
    repository,
    service,
    silence,
    telling,
    topics,
    verbs,
)
from src.domain.operations.updates.errors import BadUpdate, UpdateNotFound
from src.domain.operations.updates.service import (
    change,
    get,
    get_whole,
    list_,
    post,
    remove,
    versions,
)
from src.domain.operations.updates.views import Draft, Filters, Silence, UpdateView, Whole

__all__ = [
    "BadUpdate",
    "Draft",
    "Filters",
    "Silence",
    "UpdateNotFound",
    "UpdateView",
    "Whole",
    "change",
    "get",
    "get_whole",
    "kind",
    "leaving",
    "list_",
    "notices",
    "post",
    "remove",
    "repository",
    "service",
    "silence",
    "telling",
    "topics",
    "verbs",
    "versions",
]
