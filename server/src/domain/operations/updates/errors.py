"""Refusals of status updates."""

from __future__ import annotations

from src.core.errors import Invalid, NotFound


class UpdateNotFound(NotFound):
    """There is no such status update, or you may not know of it."""

    code, title = "update-not-found", "No such status update"


class BadUpdate(Invalid):
    """The status update cannot be kept so; `errors` names every fault."""

    code, title = "bad-update", "The status update cannot be kept so"
