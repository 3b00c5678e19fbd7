"""The Redis clients of a process, from the settings; None where the deployment is embedded.

The asynchronous one serves cache and limits, the plain one the queue. Timeouts are short and
retries few: what Redis does here can be done without for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import orjson
import redis
import structlog
from redis import asyncio as redis_async
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from src.core.cache import Cache, Compute, Flights, MemoryCache, versioned
from src.core.settings import Settings

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT = 1.0
TIMEOUT = 2.0
QUEUE_TIMEOUT = 5.0  # longer than a worker's blocking read
POOL = 20

_BACKOFF = ExponentialBackoff(cap=0.1, base=0.02)


def _options(timeout: float) -> dict[str, Any]:
    return {
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "socket_timeout": timeout,
        "health_check_interval": 30,
        "retry_on_error": [redis.ConnectionError],
    }


def create_async(settings: Settings) -> redis_async.Redis | None:
    """The client for cache and limits, bound to the loop that first uses it. Close it."""
    if not settings.redis_url:
        return None
    pool = redis_async.BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=POOL,
        timeout=TIMEOUT,
        retry=AsyncRetry(_BACKOFF, 1),
        **_options(TIMEOUT),
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
