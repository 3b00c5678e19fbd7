"""Series: bookings that repeat by a rule, in the local time of their resource.

A series is its rule and the bookings it gave; each of those came by the one reservation path and
is a booking like any other. What is done to this one, the following or all of them goes through
the same rules, all of it or nothing, and what cannot be is left out only where somebody says so.
"""

from __future__ import annotations

from src.domain.bookings.series import leaving, recurrence
from src.domain.bookings.series.cancelling import cancel
from src.domain.bookings.series.changing import change
from src.domain.bookings.series.errors import (
    SeriesNotFound,
    SeriesOverlaps,
    SeriesRefused,
    SeriesStateConflict,
)
from src.domain.bookings.series.making import check, create, said
from src.domain.bookings.series.reading import get, list_
from src.domain.bookings.series.recurrence import MOST, BadRecurrence
from src.domain.bookings.series.views import (
    LOCAL,
    Occurrence,
    Part,
    Scope,
    SeriesAnswer,
    SeriesView,
)

__all__ = [
    "LOCAL",
    "MOST",
    "BadRecurrence",
    "Occurrence",
    "Part",
    "Scope",
    "SeriesAnswer",
    "SeriesNotFound",
    "SeriesOverlaps",
    "SeriesRefused",
    "SeriesStateConflict",
    "SeriesView",
    "cancel",
    "change",
    "check",
    "create",
    "get",
    "leaving",
    "list_",
    "recurrence",
    "said",
]
