"""The Redis clients of a process, from the settings; None where the deployment is embedded.

The asynchronous one serves cache, limits and live updates, the plain one the queue. Timeouts are
short and retries few: what Redis does here can be done without for a while.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast
from uuid import UUID

import orjson
import redis
import structlog
from redis import asyncio as redis_async
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from src.core import live
from src.core.cache import Cache, Compute, Flights, MemoryCache, versioned
from src.core.live import RESET, Hub, Kind, MemoryHub, Notice, Place
from src.core.settings import Settings

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT = 1.0
TIMEOUT = 2.0
QUEUE_TIMEOUT = 5.0  # longer than a worker's blocking read
POOL = 20

_BACKOFF = ExponentialBackoff(cap=0.1, base=0.02)


def _options(timeout: float) -> dict[str, Any]:
    return {
        "socket_connect_timeout": min(CONNECT_TIMEOUT, timeout),
        "socket_timeout": timeout,
        "health_check_interval": 30,
        "retry_on_error": [redis.ConnectionError],
    }


def create_async(settings: Settings, *, patience: float = TIMEOUT) -> redis_async.Redis | None:
    """The client for cache and limits, bound to the loop that first uses it. Close it.

    An answer is waited for `patience` seconds.
    """
    if not settings.redis_url:
        return None
    pool = redis_async.BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=POOL,
        timeout=patience,
        retry=AsyncRetry(_BACKOFF, 1),
        **_options(patience),
    )
    return redis_async.Redis.from_pool(pool)


def create_queue_pool(settings: Settings, connections: int) -> redis.ConnectionPool | None:
    """The pool of the queue: one connection per blocking reader, and some for senders."""
    if not settings.redis_url:
        return None
    return redis.BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=connections,
        timeout=TIMEOUT,
        retry=Retry(_BACKOFF, 1),
        **_options(QUEUE_TIMEOUT),
    )


class RedisCache(Cache):
    """The cache of several processes. While Redis is away, every caller computes.

    A drop that does not reach Redis is repeated for a while in the background; until then, at the
    latest until the time to live ends, an old value may be read.
    """

    LOCK = 10.0  # seconds one process may compute before another does too
    WAIT = 0.03  # seconds between looks at what the other is computing
    AGAIN = (0.2, 1.0, 3.0, 10.0, 30.0)  # pauses between attempts to drop

    def __init__(self, client: redis_async.Redis, prefix: str) -> None:
        """Use `client`; every key begins with `prefix`."""
        self._client = client
        self._prefix = f"{prefix}:cache"
        self._flights = Flights()
        self._dropping: set[asyncio.Task[None]] = set()

    async def get(self, groups: Sequence[str], key: str, compute: Compute, *, ttl: float) -> Any:  # noqa: ANN401
        """See the port."""
        try:
            name = await self._name(groups, key)
            found = await self._found(name)
        except (redis.RedisError, OSError) as error:
            log.warning("the cache does not answer", error=str(error))
            return orjson.loads(orjson.dumps(await compute()))
        if found is None:
            found = await self._flights.one(name, lambda: self._computed(name, compute, ttl))
        return orjson.loads(found)

    async def drop(self, *groups: str) -> None:
        """See the port. Raises RedisError when Redis is away."""
        async with self._client.pipeline(transaction=True) as pipe:
            for group in groups:
                pipe.incr(self._version_key(group))
            await pipe.execute()

    def listen(self, groups: list[str]) -> None:
        """See the port."""
        task = asyncio.get_running_loop().create_task(self._drop_surely(tuple(set(groups))))
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)

    async def _drop_surely(self, groups: tuple[str, ...]) -> None:
        for pause in (*self.AGAIN, None):
            try:
                await self.drop(*groups)
            except (redis.RedisError, OSError) as error:
                log.warning("the cache was not told of a change", groups=groups, error=str(error))
            else:
                return
            if pause is not None:
                await asyncio.sleep(pause)

    def _version_key(self, group: str) -> str:
        return f"{self._prefix}:version:{group}"

    async def _name(self, groups: Sequence[str], key: str) -> str:
        found = await self._client.mget([self._version_key(group) for group in groups])
        versions = [int(version or 0) for version in found]
        return f"{self._prefix}:{versioned(list(zip(groups, versions, strict=True)), key)}"

    async def _computed(self, name: str, compute: Compute, ttl: float) -> bytes:
        lock = f"{name}:lock"
        try:
            mine = await self._client.set(lock, b"1", nx=True, px=int(self.LOCK * 1000))
            if not mine:
                found = await self._others(name, lock)
                if found is not None:
                    return found
        except (redis.RedisError, OSError) as error:
            log.warning("the cache does not answer", error=str(error))
            return orjson.dumps(await compute())
        try:
            value = orjson.dumps(await compute())
            with suppress(redis.RedisError, OSError):
                await self._client.set(name, value, px=max(1, int(ttl * 1000)))
        finally:
            with suppress(redis.RedisError, OSError):
                await self._client.delete(lock)
        return value

    async def _others(self, name: str, lock: str) -> bytes | None:
        """What another process computes; None when it gave up."""
        while await self._client.exists(lock):
            await asyncio.sleep(self.WAIT)
            found = await self._found(name)
            if found is not None:
                return found
        return await self._found(name)

    async def _found(self, name: str) -> bytes | None:
        return cast("bytes | None", await self._client.get(name))


def create_cache(settings: Settings) -> tuple[Cache, redis_async.Redis | None]:
    """The cache of this deployment, and the client to close at the end."""
    client = create_async(settings)
    if client is None:
        return MemoryCache(), None
    return RedisCache(client, settings.redis_prefix), client


_Entries = list[tuple[bytes, Mapping[bytes, bytes]]]
_KINDS = frozenset(Kind)


class RedisHub(Hub):
    """The notices of several processes: one stream in Redis, one reader in each process.

    While Redis is away nothing is told and nobody is stopped. Whoever could not tell something,
    or could not read, writes a reset into the stream as soon as Redis is back.
    """

    BLOCK = 1000  # milliseconds a read waits; less than the client's TIMEOUT
    AT_ONCE = 500  # entries of a read
    PAUSES = (0.1, 0.3, 1.0, 2.0)  # seconds between attempts; the last one is repeated
    LAST_WORDS = 1.0  # seconds for what is still to be told at the end
    INSIST = 0.2  # seconds until what goes on at the end is cancelled once more
    AHEAD = 60_000  # milliseconds a clock may be wrong

    def __init__(self, client: redis_async.Redis, prefix: str, places: int = live.PLACES) -> None:
        """Use `client`, which is closed at the end; the stream is one key."""
        super().__init__((0, 0), places)
        self._client = client
        self._key = f"{prefix}:live"
        self._places = places
        self._waiting: deque[list[Notice]] = deque()
        self._has_lost = False
        self._telling: asyncio.Task[None] | None = None
        self._hearing: asyncio.Task[None] | None = None

    def listen(self, notices: list[Notice]) -> None:
        """See the port; called on the one loop that this hub belongs to."""
        self._waiting.append(notices)
        if len(self._waiting) > self._places:
            self._waiting.clear()
            self._has_lost = True
        if self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        failures = 0
        while self._waiting or self._has_lost:
            batch = [[RESET]] if self._has_lost else list(self._waiting)
            self._waiting.clear()
            try:
                await self._add(batch)
            except (redis.RedisError, OSError) as error:
                if not self._has_lost:
                    log.warning("live updates are not told", error=str(error))
                self._has_lost = True
                await asyncio.sleep(self.PAUSES[min(failures, len(self.PAUSES) - 1)])
                failures += 1
            else:
                self._has_lost = False

    async def _add(self, commits: Sequence[Sequence[Notice]]) -> Place:
        """Write an entry for each commit; the place of the last."""
        async with self._client.pipeline(transaction=False) as pipe:
            for notices in commits:
                entry = {"notices": orjson.dumps([_wire(n) for n in dict.fromkeys(notices)])}
                pipe.xadd(self._key, entry, maxlen=self._places, approximate=True)  # type: ignore[arg-type]  # a dict is invariant
            return _place((await pipe.execute())[-1])

    async def start(self) -> None:
        """Know the tail of the stream, and follow it; without Redis, as soon as it comes."""
        is_known = False
        try:
            await self._load()
            is_known = True
        except (redis.RedisError, OSError) as error:
            log.warning("live updates wait for Redis", error=str(error))
        self._hearing = asyncio.get_running_loop().create_task(self._hear(is_known=is_known))

    async def _hear(self, *, is_known: bool) -> None:
        failures = 0
        while True:
            try:
                if not is_known:
                    await self._load()
                elif failures:
                    await self._come_back()
                is_known, failures = True, 0
                while True:
                    await self._read()
            except (redis.RedisError, OSError) as error:
                if not failures:
                    log.warning("live updates are not heard", error=str(error))
                await asyncio.sleep(self.PAUSES[min(failures, len(self.PAUSES) - 1)])
                failures += 1
            except Exception:
                # What nobody foresaw must not end live updates: begin anew, and readers read again.
                log.exception("live updates broke off")
                is_known = False
                await asyncio.sleep(self.PAUSES[-1])

    async def _load(self) -> None:
        """Make the log what the stream holds; whoever waited for it is told to read again."""
        newest: _Entries = cast("Any", await self._client.xrevrange(self._key, count=self._places))
        if not newest:
            seconds, micros = await self._client.time()
            self.log.restart((seconds * 1000 + micros // 1000 - 1, 0))
            return
        self.log.restart(_place(newest[-1][0]))
        for name, fields in reversed(newest[:-1]):
            self.log.append(_notices(fields), _place(name))

    async def _come_back(self) -> None:
        """What was told meanwhile may be lost, with all of the stream."""
        here = await self._add([[RESET]])
        if here <= self.log.last:
            self.log.restart(here)

    async def _read(self) -> None:
        streams: dict[Any, Any] = {self._key: live.spelled(self.log.last)}
        found: list[tuple[bytes, _Entries]] = cast(
            "Any", await self._client.xread(streams, count=self.AT_ONCE, block=self.BLOCK)
        )
        for _stream, entries in found:
            for name, fields in entries:
                self.log.append(_notices(fields), _place(name))

    def may_be_ahead(self, place: Place) -> bool:
        """Another process may have read further than this one; none is in the future."""
        return place[0] <= time.time() * 1000 + self.AHEAD

    async def close(self) -> None:
        """See the port; what waits is told if Redis answers."""
        self.end()
        if self._telling is not None:
            await asyncio.wait([self._telling], timeout=self.LAST_WORDS)
        tasks = {task for task in (self._telling, self._hearing) if task is not None}
        while tasks:  # the client takes some cancellations for its own, and goes on
            for task in tasks:
                task.cancel()
            _ended, tasks = await asyncio.wait(tasks, timeout=self.INSIST)
        await self._client.aclose()


def _place(name: bytes) -> Place:
    return live.place_of(name.decode())


def _wire(notice: Notice) -> list[str | None]:
    parts = (notice.kind, notice.id, notice.user_id)
    return [None if part is None else str(part) for part in parts]


def _notices(fields: Mapping[bytes, bytes]) -> list[Notice]:
    """What an entry says; kinds, and parts of a notice, that a newer version added are left out.

    What cannot be read at all may have been anything: readers read again.
    """
    try:
        return [
            Notice(Kind(kind), *(part and UUID(part) for part in parts[:2]))
            for kind, *parts in orjson.loads(fields.get(b"notices", b"[]"))
            if kind in _KINDS
        ]
    except (ValueError, TypeError, AttributeError) as error:
        log.warning("an entry of the live updates cannot be read", error=str(error))
        return [RESET]


def create_hub(settings: Settings) -> Hub:
    """The hub of this deployment, to be started where it is listened to, and closed."""
    client = create_async(settings)
    if client is None:
        return MemoryHub()
    return RedisHub(client, settings.redis_prefix)
