"""Approvals: to be read. They are asked, decided and delegated on their own pages."""

from __future__ import annotations

from starlette_admin.fields import BooleanField, IntegerField, StringField, TextAreaField

from src.core.actor import Permission
from src.core.language import mark
from src.domain.approvals.tables import ApprovalState, Verdict
from src.web.admin.columns import Choice, Moment, Reference
from src.web.admin.listing import ReadOnly

_NEEDS = (Permission.APPROVALS_MANAGE, Permission.BOOKINGS_READ_DETAILS)


class ApprovalRules(ReadOnly):
    """Who must agree, in which order."""

    table, label, one = "approval_rules", mark("Approval rules"), mark("Approval rule")
    icon = "fa-solid fa-scale-balanced"
    needs = (Permission.APPROVALS_MANAGE,)
    page = "/approval-rules/{id}"
    named = "name"
    fields = (
        StringField("id", mark("Id")),
        StringField("name", mark("Name")),
        TextAreaField("description", mark("Description")),
        BooleanField("is_active", mark("In use")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "is_active", "updated_at")


class Approvals(ReadOnly):
    """What waits for a decision, and what became of it."""

    table, label, one = "approvals", mark("Approvals"), mark("Approval")
    icon = "fa-solid fa-inbox"
    needs = _NEEDS
    page = "/requests/{id}"
    named = "id"
    is_big = True
    fields = (
        StringField("id", mark("Id")),
        StringField("subject_type", mark("What for")),
        StringField("subject_id", mark("Id of it")),
        Reference("resource_id", mark("Resource"), key="resources"),
        Reference("rule_id", mark("Rule"), key="approval-rules"),
        Choice("state", mark("State"), enum=ApprovalState),
        IntegerField("step", mark("Step, from 0")),
        Moment("step_started_at", mark("The step began")),
        Moment("step_due_at", mark("The step's deadline")),
        BooleanField("is_escalated", mark("Passed on")),
        StringField("permission", mark("Whoever holds it may decide")),
        Reference("requested_by", mark("Asked by"), key="users"),
        Reference("requested_for", mark("For"), key="users"),
        Moment("expires_at", mark("Lapses")),
        Moment("decided_at", mark("Decided")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("subject_type", "resource_id", "state", "step", "requested_for", "expires_at")
    found_by = ("resource_id", "requested_for")
    narrowed_by = ("state", "subject_type", "resource_id", "requested_for", "created_at")


class ApprovalVotes(ReadOnly):
    """Who said what."""

    table, label, one = "approval_votes", mark("Decisions"), mark("Decision")
    icon = "fa-solid fa-check-to-slot"
    needs = _NEEDS
    named = "id"
    is_big = True
    fields = (
        StringField("id", mark("Id")),
        Reference("approval_id", mark("Approval"), key="approvals"),
        IntegerField("step", mark("Step, from 0")),
        Reference("person_id", mark("In whose place"), key="users"),
        Reference("decided_by", mark("Decided by"), key="users"),
        Choice("verdict", mark("Verdict"), enum=Verdict),
        TextAreaField("note", mark("Note")),
        BooleanField("is_by_link", mark("By the link of the mail")),
        Moment("at", mark("When")),
    )
    listed = ("at", "approval_id", "step", "decided_by", "verdict")
    found_by = ("decided_by",)
    narrowed_by = ("at", "verdict", "decided_by")


class Delegations(ReadOnly):
    """Who stands in for whom."""

    table, label, one = "delegations", mark("Delegations"), mark("Delegation")
    icon = "fa-solid fa-people-arrows"
    needs = (Permission.APPROVALS_MANAGE,)
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        Reference("from_id", mark("In whose place"), key="users"),
        Reference("to_id", mark("Who stands in"), key="users"),
        Reference("resource_id", mark("Resource"), key="resources"),
        Moment("starts_at", mark("From")),
        Moment("ends_at", mark("To")),
        StringField("reason", mark("Reason")),
        Moment("revoked_at", mark("Ended")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("from_id", "to_id", "resource_id", "starts_at", "ends_at", "revoked_at")
    found_by = ("from_id", "to_id")
    narrowed_by = ("starts_at", "ends_at", "from_id", "to_id")


GROUP = (
    mark("Approvals"),
    "fa-solid fa-inbox",
    (Approvals, ApprovalVotes, ApprovalRules, Delegations),
)
