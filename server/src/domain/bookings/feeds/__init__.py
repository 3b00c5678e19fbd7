"""Calendars elsewhere: addresses that programs read, files, and what goes with mails.

Invariants: an address is a random secret kept hashed, shown once, revocable; what it shows is what
its owner may see at the moment it is asked for; a booking has one UID for ever and a SEQUENCE that
grows with every change.
"""

from __future__ import annotations

from src.domain.bookings.feeds import bringing, invitations, leaving, use, verbs
from src.domain.bookings.feeds.errors import (
    BadFeed,
    CalendarUnreadable,
    FeedNotFound,
    ImportOverlaps,
    ImportRefused,
    TooManyFeeds,
)
from src.domain.bookings.feeds.managing import (
    FeedWish,
    create,
    get,
    list_,
    rename,
    renew,
    revoke,
)
from src.domain.bookings.feeds.serving import Opened, address, event, file, open_, text, version
from src.domain.bookings.feeds.views import CalendarEvent, FeedView, NewFeed
from src.domain.bookings.feeds.writing import MEDIA_TYPE
from src.domain.bookings.tables import FeedKind

__all__ = [
    "MEDIA_TYPE",
    "BadFeed",
    "CalendarEvent",
    "CalendarUnreadable",
    "FeedKind",
    "FeedNotFound",
    "FeedView",
    "FeedWish",
    "ImportOverlaps",
    "ImportRefused",
    "NewFeed",
    "Opened",
    "TooManyFeeds",
    "address",
    "bringing",
    "create",
    "event",
    "file",
    "get",
    "invitations",
    "leaving",
    "list_",
    "open_",
    "rename",
    "renew",
    "revoke",
    "text",
    "use",
    "verbs",
    "version",
]
