"""Refusals around those who take part in a booking."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class AttendeeNotFound(NotFound):
    """The person is not invited to the booking. Invite them first."""

    code, title = "attendee-not-found", "Not invited"


class BadTemplate(Invalid):
    """The template cannot be kept so; `errors` names every fault."""

    code, title = "bad-template", "The template is not valid"


class TemplateNotFound(NotFound):
    """There is no such template among yours and those of your teams."""

    code, title = "template-not-found", "No such template"


class BadTransfer(Invalid):
    """The booking cannot be offered to this person; the detail says why."""

    code, title = "bad-transfer", "This cannot be handed over so"


class TransferNotFound(NotFound):
    """There is no such transfer, or it does not concern you."""

    code, title = "transfer-not-found", "No such transfer"


class TransferStateConflict(Conflict):
    """The transfer is decided or has lapsed, or the booking waits for another answer."""

    code, title = "transfer-state", "The transfer's state does not allow this"


class NothingInGroup(Invalid):
    """Name the resources to be booked together: each once, at most 20."""

    code, title = "bad-group", "These cannot be booked together"
