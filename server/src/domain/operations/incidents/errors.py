"""Refusals of incidents."""

from __future__ import annotations

from src.core.errors import Conflict, FieldError, Invalid, NotFound, PreconditionFailed
from src.core.language import gettext as _


class IncidentNotFound(NotFound):
    """There is no such incident, or you may not know of it."""

    code, title = "incident-not-found", "There is no such incident"


class BadIncident(Invalid):
    """The incident cannot be kept so; `errors` names every fault."""

    code, title = "bad-incident", "The incident cannot be kept so"


class NotFromThisState(Conflict):
    """An incident goes from its state to those in `allowed` only; reopen it to go on."""

    code, title = "incident-not-from-this-state", "It does not go there from here"


class IncidentLacks(Conflict):
    """Something is missing before it can go there: `errors` names what, `allowed` where it can go.

    Resolving needs notes; closing needs a lead, finished mandatory tasks and, where its type says
    so, a review that is signed off.
    """

    code, title = "incident-lacks", "Something is still missing"


class IncidentIsClosed(Conflict):
    """It is closed; reopen it with a reason to change it."""

    code, title = "incident-closed", "The incident is closed"


class IncidentTypeNotFound(NotFound):
    """There is no such type of incidents."""

    code, title = "incident-type-not-found", "There is no such type"


class BadIncidentType(Invalid):
    """The type cannot be kept so; `errors` names every fault."""

    code, title = "bad-incident-type", "The type cannot be kept so"


class IncidentPriorityNotFound(NotFound):
    """There is no such priority."""

    code, title = "incident-priority-not-found", "There is no such priority"


class BadIncidentPriority(Invalid):
    """The priority cannot be kept so; `errors` names every fault."""

    code, title = "bad-incident-priority", "The priority cannot be kept so"


def require_version(expected: int | None, version: int) -> None:
    """Raise `PreconditionFailed` where something else was read."""
    if expected not in {None, version}:
        detail = _("Read it again, then repeat the change.")
        raise PreconditionFailed(detail, current_version=version)


def refuse(kind: type[Invalid], faults: list[FieldError]) -> None:
    """Raise the refusal of these faults, if there are any."""
    if faults:
        raise kind(faults[0].detail, errors=tuple(faults))
