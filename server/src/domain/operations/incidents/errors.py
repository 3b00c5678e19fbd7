"""Refusals of incidents."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


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


class IncidentTypeInUse(Conflict):
    """Incidents of this type are on record. Take it out of use instead of removing it."""

    code, title = "incident-type-in-use", "The type is in use"


class IncidentPriorityNotFound(NotFound):
    """There is no such priority."""

    code, title = "incident-priority-not-found", "There is no such priority"


class BadIncidentPriority(Invalid):
    """The priority cannot be kept so; `errors` names every fault."""

    code, title = "bad-incident-priority", "The priority cannot be kept so"


class IncidentPriorityInUse(Conflict):
    """Incidents or types have this priority. Take it out of use instead of removing it."""

    code, title = "incident-priority-in-use", "The priority is in use"
