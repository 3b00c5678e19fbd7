"""How much a booking would break up the free time it is put into.

Free time that is cut into pieces too short to use is lost. So a time counts as the less
disturbing the more of its two sides lie against something already held, and the fewer new pieces
it leaves behind:

    0  it fills a gap between two bookings exactly
    1  it reaches from a booking to the end of the open time
    2  it lies against one booking, or fills the open time of a day
    3  it lies against the beginning or the end of the open time
    4  it stands free in the middle

Of equals the one that leaves least of its gap comes first (the gap is used up), then the earliest.
"""

from __future__ import annotations

from datetime import timedelta

from src.domain.bookings.rooms import Room, Window


def of(room: Room, window: Window) -> int:
    """The disturbance of a window in a room, 0 to 4."""
    at_start = window.starts_at == room.window.starts_at
    at_end = window.ends_at == room.window.ends_at
    touching = (at_start and room.is_after) + (at_end and room.is_before)
    pieces = (not at_start) + (not at_end)
    return (2 - touching) + pieces


def key(room: Room, window: Window) -> tuple[object, ...]:
    """What windows are ordered by where the least disturbing come first."""
    left = room.window.minutes - window.minutes
    return of(room, window), left, window.starts_at


def ends(piece: Window, length: timedelta) -> list[Window]:
    """The windows of a length at both ends of a piece of free time."""
    first = Window(piece.starts_at, piece.starts_at + length)
    last = Window(piece.ends_at - length, piece.ends_at)
    return [first] if first == last else [first, last]
