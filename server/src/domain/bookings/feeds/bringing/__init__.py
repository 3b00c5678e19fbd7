"""Calendars that are brought in: read, shown with what would come of each event, then booked.

Nothing is lost: every event of the file is listed with its outcome, those that repeat with each of
their times.
"""

from __future__ import annotations

from src.domain.bookings.feeds.bringing.deciding import Done, Line, Plan, preview, take
from src.domain.bookings.feeds.bringing.reading import LARGEST, MOST, ReadEvent, read

__all__ = ["LARGEST", "MOST", "Done", "Line", "Plan", "ReadEvent", "preview", "read", "take"]
