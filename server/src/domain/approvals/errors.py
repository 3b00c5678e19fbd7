"""Refusals of approvals."""

from __future__ import annotations

from src.core.errors import Conflict, Gone, Invalid, NotFound


class ApprovalNotFound(NotFound):
    """There is no such approval, or it is none of your business."""

    code, title = "approval-not-found", "No such approval"


class ApprovalSettled(Conflict):
    """It was decided, withdrawn or has lapsed: there is nothing to decide any more.

    `state` tells which.
    """

    code, title = "approval-settled", "There is nothing to decide any more"


class ApprovalLinkGone(Gone):
    """The link of a mail counts while the request waits for the person it was sent to.

    The detail says what became of the request. Log in and look at the list of requests.
    """

    code, title = "approval-link-gone", "This link has done its work"


class ApprovalLinkForged(NotFound):
    """No mail of ours holds this link. Copy it whole, or log in and look at your requests."""

    code, title = "approval-link-unknown", "We have not sent this link"


class ApprovalRuleNotFound(NotFound):
    """There is no such approval rule."""

    code, title = "approval-rule-not-found", "No such approval rule"


class BadApprovalRule(Invalid):
    """The rule cannot be kept so; `errors` names every fault with its place in the steps."""

    code, title = "bad-approval-rule", "The approval rule cannot be kept so"


class ApprovalRuleInUse(Conflict):
    """Policies name the rule. Let them name another one first, or make this one inactive."""

    code, title = "approval-rule-in-use", "The approval rule is in use"


class DelegationNotFound(NotFound):
    """There is no such delegation, or it is neither yours nor to you."""

    code, title = "delegation-not-found", "No such delegation"


class BadDelegation(Invalid):
    """Nobody can stand in like that; `errors` names every fault."""

    code, title = "bad-delegation", "Nobody can stand in like that"
