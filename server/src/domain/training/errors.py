"""Refusals of qualifications and of requests for access."""

from __future__ import annotations

from src.core.errors import Conflict, Forbidden, Invalid, NotFound


class QualificationNotFound(NotFound):
    """There is no such qualification."""

    code, title = "qualification-not-found", "No such qualification"


class GrantNotFound(NotFound):
    """Nobody was given this qualification so, or you may not know of it."""

    code, title = "qualification-grant-not-found", "Nobody was given it so"


class BadQualification(Invalid):
    """The qualification cannot be kept or given so; `errors` names every fault."""

    code, title = "bad-qualification", "The qualification cannot be kept so"


class QualificationTaken(Conflict):
    """Another qualification has this name. Choose a different one."""

    code, title = "qualification-taken", "This name is taken"


class QualificationRetired(Conflict):
    """Nobody is given a qualification that is out of use. Put it back into use first."""

    code, title = "qualification-retired", "The qualification is out of use"


class OwnQualification(Forbidden):
    """Nobody qualifies themselves. Ask somebody else who gives qualifications."""

    code, title = "own-qualification", "Nobody qualifies themselves"


class AccessRequestNotFound(NotFound):
    """There is no such request for access, or it is none of your business."""

    code, title = "access-request-not-found", "No such request for access"


class AccessNotNeeded(Conflict):
    """You hold everything the resource asks for. Book it."""

    code, title = "access-not-needed", "You need not ask for access"


class AccessAsked(Conflict):
    """You have asked already, and nobody has decided yet. `access_request_id` tells which it is."""

    code, title = "access-asked", "You have asked already"


class AccessSettled(Conflict):
    """The request was decided, taken back or has lapsed; `state` tells which. Ask anew."""

    code, title = "access-settled", "The request is settled already"
