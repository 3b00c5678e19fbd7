"""What happens now, told to whoever looks: notices, and the log of them that streams read.

A service says what it changes (`tell`) in its transaction. Once that has committed, the listener
of `CHANNEL` puts the commit's notices into a log, as one entry. A reader has a place in the log
and is handed what came after it, so a slow one costs no memory and one who was away for a while
misses nothing. A place the log does not reach back to, or has never known, gives a reset: read
everything again.

Entries are called `<milliseconds>-<number>`, as Redis calls them, and these ids only grow.
"""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.db import announce

CHANNEL = "live"
PLACES = 5_000  # commits a reader may have missed and still catch up with
_NUMBER = 18  # digits at most

Place = tuple[int, int]
NOWHERE: Place = (-1, -1)


class Kind(StrEnum):
    """What a notice is about. A reset says that notices were lost."""

    CALENDAR = "calendar"
    NOTIFICATIONS = "notifications"
    OPERATION = "operation"
    UPDATES = "updates"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that has changed, without saying how: whoever may see it reads it.

    `id` is the resource whose calendar or state changed, the operation that went on, or the team
    (None: everybody) to which something was said; `user_id` whose notifications or whose operation
    it is.
    """

    kind: Kind
    id: UUID | None = None
    user_id: UUID | None = None


RESET = Notice(Kind.RESET)


def tell(session: AsyncSession, notice: Notice) -> None:
    """Say what this transaction changes; readers hear of it if, and only if, it commits."""
    announce(session, CHANNEL, notice)


def spelled(place: Place) -> str:
    """A place as readers know it."""
    return f"{place[0]}-{place[1]}"


def place_of(text: str) -> Place:
    """The place a reader names; `NOWHERE` for what is none."""
    first, _, second = text.partition("-")
    parts = (first, second)
    if all(part.isascii() and part.isdecimal() and len(part) <= _NUMBER for part in parts):
        return int(first), int(second)
    return NOWHERE


@dataclass(frozen=True, slots=True)
class News:
    """What a reader was handed: each notice once, and the place to go on from."""

    notices: tuple[Notice, ...]
    position: str

    @property
    def is_reset(self) -> bool:
        """Whether something may have been missed."""
        return RESET in self.notices


class Log:
    """The newest entries. Written from any thread, and read from any loop."""

    def __init__(self, start: Place, places: int) -> None:
        """Begin empty at `start`: what was before is not known."""
        self._lock = threading.Lock()
        self._places = places
        self._base = self._last = start
        self._ids: list[Place] = []
        self._entries: list[tuple[Notice, ...]] = []
        self._readers: set[Reader] = set()

    @property
    def last(self) -> Place:
        """Where the log ends."""
        return self._last

    def append(self, notices: Sequence[Notice], place: Place | None = None) -> None:
        """Add an entry, at the next place unless one is given, and wake the readers."""
        with self._lock:
            self._last = place or (self._last[0], self._last[1] + 1)
            self._ids.append(self._last)
            self._entries.append(tuple(dict.fromkeys(notices)))
            surplus = len(self._ids) - self._places
            if surplus > self._places // 10:  # seldom, for it moves everything
                self._base = self._ids[surplus - 1]
                del self._ids[:surplus], self._entries[:surplus]
        self.wake()

    def restart(self, start: Place) -> None:
        """Forget everything: every reader is told to read again."""
        with self._lock:
            self._base = self._last = start
            self._ids.clear()
            self._entries.clear()
        for reader in tuple(self._readers):
            reader.lose()  # its place may lie beyond the new beginning

    def has_news(self, place: Place) -> bool:
        """Whether something is to be handed out after `place`."""
        return place < self._last

    def after(self, place: Place) -> tuple[list[Notice], Place]:
        """Everything after `place`, a reset where the log does not reach back; and its end."""
        with self._lock:
            if place < self._base:
                return [RESET], self._last
            entries = self._entries[bisect_right(self._ids, place) :]
            return [notice for entry in entries for notice in entry], max(place, self._last)

    def wake(self) -> None:
        """Let the readers look."""
        for reader in tuple(self._readers):
            reader.wake()

    def enter(self, reader: Reader) -> None:
        """Wake this reader, too."""
        self._readers.add(reader)

    def leave(self, reader: Reader) -> None:
        """Wake it no more."""
        self._readers.discard(reader)


class Reader:
    """Somebody with a place in the log, on the loop it was made on."""

    def __init__(self, hub: Hub, place: Place) -> None:
        """Begin at `place`."""
        self._hub = hub
        self._place = place
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    @property
    def position(self) -> str:
        """The place to come back to."""
        return spelled(self._place)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come: the process ends."""
        return self._hub.is_over

    def wake(self) -> None:
        """Let `changed` look again; from any thread."""
        with suppress(RuntimeError):  # its loop has ended
            self._loop.call_soon_threadsafe(self._event.set)

    def lose(self) -> None:
        """Forget the place: the log it was in is gone."""
        self._place = NOWHERE
        self.wake()

    async def changed(self, seconds: float) -> bool:
        """Wait until there is something to take, or it is over; False after `seconds`."""
        self._event.clear()
        if self.is_over or self._hub.log.has_news(self._place):
            return True
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self._event.wait()
        except TimeoutError:
            return False
        return True

    def take(self) -> News:
        """Everything since the last time."""
        notices, self._place = self._hub.log.after(self._place)
        return News(tuple(dict.fromkeys(notices)), self.position)


class Hub(ABC):
    """The port. `core.live.MemoryHub` and `redis_client.RedisHub` implement it."""

    def __init__(self, start: Place, places: int = PLACES) -> None:
        """Begin with an empty log."""
        self.log = Log(start, places)
        self.is_over = False

    @property
    def position(self) -> str:
        """Where the log ends now: what a page that is read from here on need not be told."""
        return spelled(self.log.last)

    @contextmanager
    def reading(self, after: str | None) -> Iterator[Reader]:
        """A reader who has seen everything until `after`; without it, everything until now."""
        place = self.log.last
        if after is not None:
            named = place_of(after)
            place = named if named <= place or self.may_be_ahead(named) else NOWHERE
        reader = Reader(self, place)
        self.log.enter(reader)
        try:
            yield reader
        finally:
            self.log.leave(reader)

    def may_be_ahead(self, place: Place) -> bool:  # noqa: ARG002 - the port's question
        """Whether another process can know this place before we do."""
        return False

    @abstractmethod
    def listen(self, notices: list[Notice]) -> None:
        """The listener for `database.listeners[live.CHANNEL]`; returns at once."""

    async def start(self) -> None:  # noqa: B027 - where nothing is to be opened
        """Begin to hear what other processes tell."""

    def end(self) -> None:
        """Let every reader go; from any thread."""
        self.is_over = True
        self.log.wake()

    async def close(self) -> None:
        """End, and close what was opened."""
        self.end()


class MemoryHub(Hub):
    """The notices of one process. What another one gave an id to is not known here."""

    def __init__(self, places: int = PLACES) -> None:
        """Begin a log of its own: its ids are larger than those of any process before."""
        super().__init__((time.time_ns() // 1_000_000, 0), places)

    def listen(self, notices: list[Notice]) -> None:
        """See the port; called from any thread."""
        self.log.append(notices)
