"""What several take part in: attendees, several resources at once, templates, handing over.

Whatever comes of it is a booking like any other, by the one reservation path.
"""

from __future__ import annotations

from src.domain.bookings.parties import (
    asked,
    attendees,
    groups,
    leaving,
    templates,
    transfers,
)
from src.domain.bookings.parties.errors import (
    AttendeeNotFound,
    BadTemplate,
    BadTransfer,
    NothingInGroup,
    TemplateNotFound,
    TransferNotFound,
    TransferStateConflict,
)
from src.domain.bookings.parties.views import AttendeeView, GroupItem, TemplateView, TransferView

__all__ = [
    "AttendeeNotFound",
    "AttendeeView",
    "BadTemplate",
    "BadTransfer",
    "GroupItem",
    "NothingInGroup",
    "TemplateNotFound",
    "TemplateView",
    "TransferNotFound",
    "TransferStateConflict",
    "TransferView",
    "asked",
    "attendees",
    "groups",
    "leaving",
    "templates",
    "transfers",
]
