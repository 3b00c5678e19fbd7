"""Refusals of waiting lists."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class WaitingEntryNotFound(NotFound):
    """There is no such entry of a waiting list, or it is somebody else's."""

    code, title = "waiting-entry-not-found", "No such entry"


class OfferNotFound(NotFound):
    """There is no such offer, or it was made to somebody else."""

    code, title = "offer-not-found", "No such offer"


class FreeAlertNotFound(NotFound):
    """There is no such alert, or it is somebody else's."""

    code, title = "free-alert-not-found", "No such alert"


class OfferOver(Conflict):
    """The offer was answered, withdrawn, or its time to answer is over.

    The entry goes on waiting unless it was fulfilled: the next fitting time is offered.
    """

    code, title = "offer-over", "This offer is over"


class WaitingOver(Conflict):
    """The entry waits no more: it was fulfilled, taken off the list, or its time has passed.

    Make a new one.
    """

    code, title = "waiting-over", "This entry waits no more"


class BadWaiting(Invalid):
    """What is waited for cannot be; `errors` names every fault."""

    code, title = "bad-waiting", "One cannot wait for this"


class TooManyWaiting(Conflict):
    """A person may wait for so many things at once. Take one of them off the list first."""

    code, title = "too-many-waiting", "Too many entries at once"
