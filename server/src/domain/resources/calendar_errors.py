"""What can stand in the way of a hold."""

from __future__ import annotations

from uuid import UUID

from src.core.errors import Conflict, Invalid, NotFound


class TimeTaken(Conflict):
    """Something else holds this time on every unit that would do. Choose another time or unit."""

    code, title = "time-taken", "This time is taken"

    def __init__(self, detail: str, *, holder_ids: tuple[UUID, ...] = ()) -> None:
        super().__init__(detail)
        # Whose pieces did not fit; what they met is for the caller to read and to mask.
        self.holder_ids = holder_ids


class BadClosure(Invalid):
    """A closure needs a time that lies ahead, a reason, and something to close."""

    code, title = "closure-invalid", "This cannot be closed so"


class ClosureNotFound(NotFound):
    """There is no such closure."""

    code, title = "closure-not-found", "No such closure"


class ClosureOver(Conflict):
    """The closure has ended or was cancelled before; nothing is left to open."""

    code, title = "closure-over", "The closure is over"
