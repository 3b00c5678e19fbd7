"""Who must agree before something happens: rules, steps, seats, votes and who stands in.

Knows nothing of what is decided: whoever asks registers what follows (`approvals.subjects`).
Invariants: an approval is settled once; nobody decides what they asked for or what is for them,
neither standing in for somebody nor by escalation; one person says one word in a step; nothing
waits longer than what is asked for can wait.
"""

from __future__ import annotations

from src.domain.approvals import (
    answering,
    checking,
    deadlines,
    delegations,
    inbox,
    leaving,
    links,
    notices,
    rule_book,
    rules,
    subjects,
    topics,
    verbs,
)
from src.domain.approvals.asking import ask, settle, withdraw
from src.domain.approvals.deciding import decide, decide_many, lock, state_at
from src.domain.approvals.electors import of as electors_of
from src.domain.approvals.errors import (
    ApprovalLinkForged,
    ApprovalLinkGone,
    ApprovalNotFound,
    ApprovalRuleInUse,
    ApprovalRuleNotFound,
    ApprovalSettled,
    BadApprovalRule,
    BadDelegation,
    DelegationNotFound,
)
from src.domain.approvals.repository import is_seated, open_of, rules_of, waits_for
from src.domain.approvals.subjects import Description
from src.domain.approvals.tables import Approval, ApprovalState, Verdict
from src.domain.approvals.telling import tell_asked, who_decides
from src.domain.approvals.views import (
    ApprovalView,
    Asking,
    Elector,
    Person,
    Rule,
    VoteView,
    Waiting,
)

__all__ = [
    "Approval",
    "ApprovalLinkForged",
    "ApprovalLinkGone",
    "ApprovalNotFound",
    "ApprovalRuleInUse",
    "ApprovalRuleNotFound",
    "ApprovalSettled",
    "ApprovalState",
    "ApprovalView",
    "Asking",
    "BadApprovalRule",
    "BadDelegation",
    "DelegationNotFound",
    "Description",
    "Elector",
    "Person",
    "Rule",
    "Verdict",
    "VoteView",
    "Waiting",
    "answering",
    "ask",
    "checking",
    "deadlines",
    "decide",
    "decide_many",
    "delegations",
    "electors_of",
    "inbox",
    "is_seated",
    "leaving",
    "links",
    "lock",
    "notices",
    "open_of",
    "rule_book",
    "rules",
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
