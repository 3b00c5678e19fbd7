"""The tables of bookings: themselves, series, who waits, quotas, and presence."""

from __future__ import annotations

from src.domain.bookings.tables.bookings import Booking, Status
from src.domain.bookings.tables.presence import (
    CalendarFeed,
    ChecklistEntry,
    FeedKind,
    Kiosk,
    KioskPin,
    Moment,
)
from src.domain.bookings.tables.quotas import (
    Allocation,
    EntryKind,
    HolderKind,
    Period,
    Project,
    QuotaBalance,
    QuotaEntry,
    QuotaUnit,
)
from src.domain.bookings.tables.series import (
    Attendee,
    BookingSeries,
    BookingTemplate,
    Response,
    Transfer,
    TransferState,
)
from src.domain.bookings.tables.waiting import (
    FreeAlert,
    Offer,
    OfferState,
    SlotHold,
    WaitingEntry,
    WaitingState,
)

__all__ = [
    "Allocation",
    "Attendee",
    "Booking",
    "BookingSeries",
    "BookingTemplate",
    "CalendarFeed",
    "ChecklistEntry",
    "EntryKind",
    "FeedKind",
    "FreeAlert",
    "HolderKind",
    "Kiosk",
    "KioskPin",
    "Moment",
    "Offer",
    "OfferState",
    "Period",
    "Project",
    "QuotaBalance",
    "QuotaEntry",
    "QuotaUnit",
    "Response",
    "SlotHold",
    "Status",
    "Transfer",
    "TransferState",
    "WaitingEntry",
    "WaitingState",
]
