"""How much may be booked, and how much is: allocations, and a ledger in the bookings' transaction.

Invariants: the ledger of a booking sums up to what its state says (`ledger.settle`, idempotent); a
balance is the sum of its ledger; nobody takes more than the amount, whatever two do at once, unless
rules were passed over with a reason or bookings were there before the allocation.
"""

from __future__ import annotations

from src.domain.bookings.quotas import (
    allocations,
    facts,
    forecast,
    leaving,
    ledger,
    periods,
    projects,
    rule,
    verbs,
)
from src.domain.bookings.quotas.errors import (
    BadProject,
    BadQuota,
    ProjectNotFound,
    ProjectTaken,
    QuotaNotFound,
)
from src.domain.bookings.quotas.views import (
    Balance,
    LedgerLine,
    ProjectView,
    QuotaView,
    QuotaWish,
)

__all__ = [
    "BadProject",
    "BadQuota",
    "Balance",
    "LedgerLine",
    "ProjectNotFound",
    "ProjectTaken",
    "ProjectView",
    "QuotaNotFound",
    "QuotaView",
    "QuotaWish",
    "allocations",
    "facts",
    "forecast",
    "leaving",
    "ledger",
    "periods",
    "projects",
    "rule",
    "verbs",
]
