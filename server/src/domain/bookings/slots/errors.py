"""Refusals of slots."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class SlotNotFound(NotFound):
    """There is no such slot: it was used, given back or has lapsed, or it is somebody else's.

    Hold the time again if it is still free.
    """

    code, title = "slot-not-found", "No such slot"


class TooManySlots(Conflict):
    """A person holds at most three times at once. Book one of them, or give it back."""

    code, title = "too-many-slots", "Too many times held at once"


class BadSearch(Invalid):
    """The search for a time cannot be; `errors` names every fault."""

    code, title = "bad-search", "There is no such time to find"
