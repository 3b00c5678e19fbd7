"""Who must agree before something happens: rules, steps, seats, votes and who stands in.

Knows nothing of what is decided: whoever asks registers what follows (`approvals.subjects`).
Invariants: an approval is settled once; nobody decides what they asked for or what is for them,
neither standing in for somebody nor by escalation; one person says one word in a step; nothing
waits longer than what is asked for can wait.
"""

from __future__ import annotations

from src.domain.approvals import deadlines, links, notices, subjects, topics, verbs
from src.domain.approvals.asking import ask, settle, withdraw
from src.domain.approvals.deciding import decide, state_at
from src.domain.approvals.electors import of as electors_of
from src.domain.approvals.errors import (
    ApprovalNotFound,
    ApprovalSettled,
)
from src.domain.approvals.repository import open_of, rules_of, waits_for
from src.domain.approvals.subjects import Description
from src.domain.approvals.tables import Approval, ApprovalState, Verdict
from src.domain.approvals.telling import tell_asked, who_decides
from src.domain.approvals.views import Asking, Elector, Person, Rule

__all__ = [
    "Approval",
    "ApprovalNotFound",
    "ApprovalSettled",
    "ApprovalState",
    "Asking",
    "Description",
    "Elector",
    "Person",
    "Rule",
    "Verdict",
    "ask",
    "deadlines",
    "decide",
    "electors_of",
    "links",
    "notices",
    "open_of",
    "rules_of",
    "settle",
    "state_at",
    "subjects",
    "tell_asked",
    "topics",
    "verbs",
    "waits_for",
    "who_decides",
    "withdraw",
]
