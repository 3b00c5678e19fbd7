"""A cache: values with a time to live, dropped by the commit that changes them, computed by one.

A key belongs to groups ("policies", "institute"). Each group has a version that stands in the
stored key, so what was computed before a change can never be found after it. A service that
changes something announces it (`stale`); once its transaction has committed, the listener of
`CHANNEL` makes the groups' versions new.

    cache.get(("policies",), f"effective:{resource_id}", compute, ttl=60)

Values are what JSON can say. A cache that does not answer is done without.
"""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.db import announce

CHANNEL = "cache"
PLACES = 10_000

Compute = Callable[[], Awaitable[Any]]


def stale(session: AsyncSession, *groups: str) -> None:
    """What is cached of these groups is wrong as soon as this transaction has committed."""
    for group in groups:
        announce(session, CHANNEL, group)


class Cache(ABC):
    """The port. `core.cache.MemoryCache` and `redis_client.RedisCache` implement it."""

    @abstractmethod
    async def get(self, groups: Sequence[str], key: str, compute: Compute, *, ttl: float) -> Any:  # noqa: ANN401 - whatever JSON can say
        """The value of `key`, computed by one caller if it is not there; kept for `ttl` seconds."""

    @abstractmethod
    async def drop(self, *groups: str) -> None:
        """Forget everything of these groups."""

    @abstractmethod
    def listen(self, groups: list[str]) -> None:
        """The listener for `database.listeners[cache.CHANNEL]`; returns at once."""


@dataclass(slots=True)
class _Entry:
    value: bytes
    until: float


class MemoryCache(Cache):
    """A cache within one process, for any of its event loops; the least used make room."""

    def __init__(self, places: int = PLACES) -> None:
        """Start empty."""
        self._places = places
        self._lock = threading.Lock()
        self._versions: dict[str, int] = {}
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._flights = Flights()

    async def get(self, groups: Sequence[str], key: str, compute: Compute, *, ttl: float) -> Any:  # noqa: ANN401
        """See the port."""
        name = self._name(groups, key)
        found = self._read(name)
        if found is None:

            async def work() -> bytes:
                made = orjson.dumps(await compute())
                self._write(name, made, ttl)
                return made

            found = await self._flights.one(name, work)
        return orjson.loads(found)

    async def drop(self, *groups: str) -> None:
        """See the port."""
        self.listen(list(groups))

    def listen(self, groups: list[str]) -> None:
        """See the port."""
        with self._lock:
            for group in groups:
                self._versions[group] = self._versions.get(group, 0) + 1

    def _name(self, groups: Sequence[str], key: str) -> str:
        with self._lock:
            return versioned([(group, self._versions.get(group, 0)) for group in groups], key)

    def _read(self, name: str) -> bytes | None:
        with self._lock:
            entry = self._entries.get(name)
            if entry is None:
                return None
            if entry.until <= time.monotonic():
                del self._entries[name]
                return None
            self._entries.move_to_end(name)
            return entry.value

    def _write(self, name: str, value: bytes, ttl: float) -> None:
        with self._lock:
            self._entries[name] = _Entry(value, time.monotonic() + ttl)
            self._entries.move_to_end(name)
            while len(self._entries) > self._places:
                self._entries.popitem(last=False)


def versioned(versions: Sequence[tuple[str, int]], key: str) -> str:
    """The stored key: it changes with each group's version."""
    return "|".join([*(f"{group}:{version}" for group, version in sorted(versions)), key])


class Flights:
    """Computations under way in one process: those who want the same wait for the first.

    Each event loop has its own, for a future cannot be awaited from another loop.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._futures: dict[tuple[int, str], asyncio.Task[bytes]] = {}

    async def one(self, name: str, work: Callable[[], Awaitable[bytes]]) -> bytes:
        """The result of `work`, done by one caller; an error reaches all of them."""
        loop = asyncio.get_running_loop()
        place = (id(loop), name)
        task = self._futures.get(place)
        if task is None:
            task = loop.create_task(_run(work))
            self._futures[place] = task
            task.add_done_callback(lambda _: self._futures.pop(place, None))
        # Shielded: a caller that goes away must not take the others' result along.
        return await asyncio.shield(task)


async def _run(work: Callable[[], Awaitable[bytes]]) -> bytes:
    return await work()
