"""Refusals of what goes on in an incident's room."""

from __future__ import annotations

from src.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, PreconditionFailed
from src.core.language import gettext as _


class RoleNotFound(NotFound):
    """Nobody has or had this role in the incident."""

    code, title = "incident-role-not-found", "There is no such role"


class BadRole(Invalid):
    """The role cannot be given so; `errors` names every fault."""

    code, title = "bad-incident-role", "The role cannot be given so"


class RoleIsTaken(Conflict):
    """They have the role already, or somebody else got it meanwhile (`holder`). Read it again."""

    code, title = "incident-role-taken", "The role is taken"


class RoleIsOver(Conflict):
    """The role has ended. Give it anew."""

    code, title = "incident-role-over", "The role has ended"


class EntryNotFound(NotFound):
    """The timeline has no such line."""

    code, title = "incident-entry-not-found", "There is no such line"


class BadEntry(Invalid):
    """The line cannot be written so; `errors` names every fault."""

    code, title = "bad-incident-entry", "The line cannot be written so"


class TaskNotFound(NotFound):
    """The incident has no such task."""

    code, title = "incident-task-not-found", "There is no such task"


class BadTask(Invalid):
    """The task cannot be kept so; `errors` names every fault."""

    code, title = "bad-incident-task", "The task cannot be kept so"


class TaskNotFromThisState(Conflict):
    """A task is done, dropped or opened again; `allowed` names where it goes from here."""

    code, title = "incident-task-not-from-this-state", "The task does not go there from here"


class BadUpdate(Invalid):
    """An update says at least what the conditions are; `errors` names every fault."""

    code, title = "bad-incident-update", "The update cannot be given so"


class ReviewNotBegun(NotFound):
    """Nobody has begun the review. Write it first."""

    code, title = "incident-review-not-begun", "The review is not begun"


class BadReview(Invalid):
    """The review cannot be kept or signed so; `errors` names every fault."""

    code, title = "bad-incident-review", "The review cannot be kept so"


class ReviewIsSigned(Conflict):
    """It is signed off, so nobody changes it. Take the signature back first, with a reason."""

    code, title = "incident-review-signed", "The review is signed off"


class ReviewNotSigned(Conflict):
    """There is no signature to take back."""

    code, title = "incident-review-not-signed", "The review is not signed off"


class OwnReview(Forbidden):
    """Whoever wrote a review does not sign it off while somebody else could. Ask one of them."""

    code, title = "own-incident-review", "Somebody else signs it off"


class SubscriptionNotFound(NotFound):
    """You have no such subscription."""

    code, title = "incident-subscription-not-found", "There is no such subscription"


class BadSubscription(Invalid):
    """The subscription cannot be kept so; `errors` names every fault."""

    code, title = "bad-incident-subscription", "The subscription cannot be kept so"


def refuse(kind: type[Invalid], *faults: tuple[str, str]) -> Invalid:
    """A refusal of fields: pairs of their name and what is wrong."""
    errors = tuple(FieldError((field,), "invalid", detail) for field, detail in faults)
    return kind(errors[0].detail, errors=errors)


def require_version(expected: int | None, version: int) -> None:
    """Raise `PreconditionFailed` where something else was read."""
    if expected not in {None, version}:
        detail = _("Read it again, then repeat the change.")
        raise PreconditionFailed(detail, current_version=version)
