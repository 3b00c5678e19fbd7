"""Refusals of calendar addresses and of calendars that are brought in."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class FeedNotFound(NotFound):
    """There is no calendar at this address, or it shows you nothing any more.

    It was never made, was revoked or renewed, or who made it may not see what it shows.
    """

    code, title = "calendar-feed-not-found", "No such calendar address"


class TooManyFeeds(Conflict):
    """You have as many calendar addresses as a person may have. Revoke one first."""

    code, title = "too-many-calendar-feeds", "Too many calendar addresses"


class BadFeed(Invalid):
    """A calendar is that of a person, a team or a resource you may see, under a name."""

    code, title = "bad-calendar-feed", "There can be no such calendar"


class CalendarUnreadable(Invalid):
    """The file is no calendar in the form of RFC 5545, or holds too much at once.

    `errors` names the line where that can be told.
    """

    code, title = "calendar-unreadable", "The file cannot be read as a calendar"


class ImportRefused(Invalid):
    """Some of the events that were chosen cannot be booked so; nothing was booked.

    `errors` names each by its place in the list, with every reason. Choose others, or say that
    those that cannot be booked shall be left out.
    """

    code, title = "calendar-import-refused", "Some events cannot be booked"


class ImportOverlaps(Conflict):
    """Others have the time of every event that was chosen; nothing else stands in their way.

    `errors` names each by its place in the list; `conflicts` tells what holds the time of the
    first, as far as you may see, and `suggestions` are windows for it that are free and fit all
    rules. Nothing was booked.
    """

    code, title = "calendar-import-overlaps", "These times are taken"
