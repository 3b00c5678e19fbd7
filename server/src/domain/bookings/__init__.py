"""Who has which resource, and when: one reservation path for every entrance.

Owns bookings, their states and what is told about them. Invariants: a booking has a hold exactly
in requested (until its deadline), confirmed and in_use; every change of state goes through
`rules.transition` and is an event; the rules of the resource hold on change as on creation;
others see "Booked" unless they may see more.
"""

from __future__ import annotations

from src.domain.bookings import (
    attachments,
    displacement,
    exporting,
    feeds,
    finding,
    leaving,
    notices,
    parties,
    presence,
    quotas,
    records,
    reminders,
    series,
    slots,
    suggestions,
    telling,
    topics,
    upkeep,
    verbs,
    waiting,
)
from src.domain.bookings.asking import again, check
from src.domain.bookings.attendance import cancel, cancelling, check_in, check_out
from src.domain.bookings.calendar_reading import (
    CalendarRows,
    Selection,
    calendar,
    calendar_of,
    calendar_rows,
    occupancy,
    own,
)
from src.domain.bookings.calendar_views import (
    Calendar,
    CalendarGroup,
    CalendarResource,
    CalendarRules,
    Entry,
    Interval,
    Occupancy,
)
from src.domain.bookings.changes import change, change_many
from src.domain.bookings.decisions import approve, ask_missing, deciders, reject, tell_deciders
from src.domain.bookings.errors import (
    BadRange,
    BookingNotFound,
    BookingOverlaps,
    BookingRefused,
    BookingStateConflict,
    DisplacementNeeded,
    NotDown,
    TooManyChanges,
)
from src.domain.bookings.habits import booked_time, often_used
from src.domain.bookings.locking import lock
from src.domain.bookings.reading import Filter, get, list_
from src.domain.bookings.reservation import create
from src.domain.bookings.restoring import restore
from src.domain.bookings.rules import RESTORES, TARGETS
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import (
    Answer,
    BookingView,
    Cancelling,
    Change,
    Conflict,
    Person,
    ResourceRef,
    Suggestion,
    Wish,
)

__all__ = [
    "RESTORES",
    "TARGETS",
    "Answer",
    "BadRange",
    "Booking",
    "BookingNotFound",
    "BookingOverlaps",
    "BookingRefused",
    "BookingStateConflict",
    "BookingView",
    "Calendar",
    "CalendarGroup",
    "CalendarResource",
    "CalendarRows",
    "CalendarRules",
    "Cancelling",
    "Change",
    "Conflict",
    "DisplacementNeeded",
    "Entry",
    "Filter",
    "Interval",
    "NotDown",
    "Occupancy",
    "Person",
    "ResourceRef",
    "Selection",
    "Status",
    "Suggestion",
    "TooManyChanges",
    "Wish",
    "again",
    "approve",
    "ask_missing",
    "attachments",
    "booked_time",
    "calendar",
    "calendar_of",
    "calendar_rows",
    "cancel",
    "cancelling",
    "change",
    "change_many",
    "check",
    "check_in",
    "check_out",
    "create",
    "deciders",
    "displacement",
    "exporting",
    "feeds",
    "finding",
    "get",
    "leaving",
    "list_",
    "lock",
    "notices",
    "occupancy",
    "often_used",
    "own",
    "parties",
    "presence",
    "quotas",
    "records",
    "reject",
    "reminders",
    "restore",
    "series",
    "slots",
    "suggestions",
    "tell_deciders",
    "telling",
    "topics",
    "upkeep",
    "verbs",
    "waiting",
]
