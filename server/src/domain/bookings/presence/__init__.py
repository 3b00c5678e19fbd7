"""At the instrument: checklists, more time, and the tablet beside it.

Invariants: nobody begins to use a resource whose list before use was not filled in; a kiosk knows
people by their PIN alone, and a PIN allows few tries; neither tells who has a PIN.
"""

from __future__ import annotations

from src.domain.bookings.presence import (
    attending,
    checklists,
    kiosks,
    leaving,
    notices,
    pins,
    verbs,
)
from src.domain.bookings.presence.attending import arrive, extend, leave
from src.domain.bookings.presence.errors import (
    BadKiosk,
    BadPin,
    ChecklistInvalid,
    ChecklistNeeded,
    KioskNotFound,
    KioskTaken,
    NoChecklist,
    PinLocked,
    PinRefused,
)

__all__ = [
    "BadKiosk",
    "BadPin",
    "ChecklistInvalid",
    "ChecklistNeeded",
    "KioskNotFound",
    "KioskTaken",
    "NoChecklist",
    "PinLocked",
    "PinRefused",
    "arrive",
    "attending",
    "checklists",
    "extend",
    "kiosks",
    "leave",
    "leaving",
    "notices",
    "pins",
    "verbs",
]
