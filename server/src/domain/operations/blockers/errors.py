"""Refusals of blockers."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class BlockerNotFound(NotFound):
    """There is no such blocker, or you may not know of it."""

    code, title = "blocker-not-found", "No such blocker"


class BadBlocker(Invalid):
    """The blocker cannot be kept so; `errors` names every fault."""

    code, title = "bad-blocker", "The blocker cannot be kept so"


class BlockerStateConflict(Conflict):
    """The blocker's state does not allow this; `allowed` lists the states it may go to.

    An active blocker becomes resolved, a resolved one active again; only a resolved one is archived.
    """

    code, title = "blocker-state", "The blocker's state does not allow this"


class BlockerArchived(Conflict):
    """The blocker is archived, so it is read and nothing else.

    Whoever looks after the team's work takes it out of the archive first.
    """

    code, title = "blocker-archived", "The blocker is archived"
