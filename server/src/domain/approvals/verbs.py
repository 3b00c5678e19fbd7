"""What the record says of approvals, their rules, and those who stand in."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark

verb("approval.agreed", mark("Agreed"))
verb("approval.declined", mark("Declined"))
verb("approval.step", mark("The next step began"))
verb("approval.escalated", mark("Passed on because the deadline went by"))
verb("approval.approved", mark("Approved"))
verb("approval.rejected", mark("Rejected"))
verb("approval.expired", mark("Lapsed"))
verb("approval.withdrawn", mark("Withdrawn"))
verb("approval-rule.created", mark("Added"), kind=Kind.ADMINISTRATION)
verb("approval-rule.updated", mark("Changed"), kind=Kind.ADMINISTRATION)
verb("approval-rule.deleted", mark("Removed"), kind=Kind.ADMINISTRATION)
verb("delegation.created", mark("Somebody stands in"), kind=Kind.PERMISSION_GRANTED)
verb("delegation.revoked", mark("Nobody stands in any more"), kind=Kind.PERMISSION_REVOKED)
