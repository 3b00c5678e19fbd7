"""The Redis clients of a process, from the settings; None where the deployment is embedded.

The asynchronous one serves cache and limits, the plain one the queue. Timeouts are short and
retries few: what Redis does here can be done without for a while.
"""

from __future__ import annotations

from typing import Any

import redis
from redis import asyncio as redis_async
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from src.core.settings import Settings

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
