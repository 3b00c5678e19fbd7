"""Refusals of a series."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class SeriesNotFound(NotFound):
    """There is no such series, or you may not know of it."""

    code, title = "series-not-found", "No such series"


class SeriesOverlaps(Conflict):
    """Some of its times are taken, and nothing but that stands in the way.

    `occurrences` lists every one that cannot be booked, with what holds it. Skip those
    (`skip`, or `skip_conflicts` for all of them), or choose another time.
    """

    code, title = "series-overlaps", "Some of these times are taken"


class SeriesRefused(Invalid):
    """Rules of the resource stand against some of its times.

    `occurrences` lists every one that cannot be booked, with the rules and with what holds it.
    Skip those (`skip`, or `skip_conflicts` for all of them), or choose another time.
    """

    code, title = "series-refused", "Some of these times cannot be booked"


class SeriesStateConflict(Conflict):
    """Nothing of the series is left to be changed: it is over, or was cancelled."""

    code, title = "series-over", "The series is over"
