"""How often each caller may come: one limit for each class of routes.

Counted in Redis, or in memory where there is none. When Redis is away, routes stay open, but
log-ins are counted in memory.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import structlog
from fastapi import Request
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.storage.redis import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis.asyncio import Redis

from src import redis_client
from src.core.actor import Actor
from src.core.errors import Limited
from src.core.language import ngettext
from src.core.settings import Settings

BREAKER = 2.0  # seconds without asking a Redis that did not answer

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Spent:
    """What a request was charged, for its RateLimit headers."""

    rate: str
    limit: int
    window: int
    remaining: int
    reset: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """`RateLimit` and `RateLimit-Policy` as in the IETF's draft."""
        policy = f'"{self.rate}";q={self.limit};w={self.window}'
        now = f'"{self.rate}";r={self.remaining};t={self.reset}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", now.encode())]


@dataclass(slots=True)
class Limiter:
    """The limits of one deployment."""

    limits: dict[str, RateLimitItem]
    shared: SlidingWindowCounterRateLimiter
    own: SlidingWindowCounterRateLimiter = field(
        default_factory=lambda: SlidingWindowCounterRateLimiter(MemoryStorage())
    )
    client: Redis | None = None
    away_until: float = 0.0

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self.client is not None:
            await self.client.aclose(close_connection_pool=True)

    async def spend(self, rate: str, who: str) -> Spent:
        """Count one request. Raises `Limited` with the seconds to wait."""
        limiter, allowed = self.shared, True
        try:
            if time.monotonic() < self.away_until:
                raise StorageError(TimeoutError())  # noqa: TRY301 - as if it had been asked
            allowed = await limiter.hit(self.limits[rate], who)
        except StorageError:
            self._note_outage()
            limiter = self.own
            allowed = await limiter.hit(self.limits[rate], who) if rate == "login" else True
        return await self._spent(limiter, rate, who, allowed=allowed)

    def _note_outage(self) -> None:
        """Do not let every request wait for a Redis that is away."""
        if time.monotonic() >= self.away_until:
            log.warning("the rate limits are out of reach")
            self.away_until = time.monotonic() + BREAKER

    async def charge(self, rate: str, who: str) -> Spent:
        """Count a request that was already served; never refuses."""
        try:
            return await self.spend(rate, who)
        except Limited:
            item = self.limits[rate]
            return Spent(rate, item.amount, item.get_expiry(), 0, item.get_expiry())

    async def peek(self, rate: str, who: str) -> None:
        """Raise `Limited` when nothing is left; count nothing."""
        if time.monotonic() < self.away_until:
            return
        try:
            allowed = await self.shared.test(self.limits[rate], who)
        except StorageError:
            return
        if not allowed:
            await self._spent(self.shared, rate, who, allowed=False)

    async def _spent(
        self, limiter: SlidingWindowCounterRateLimiter, rate: str, who: str, *, allowed: bool
    ) -> Spent:
        item = self.limits[rate]
        try:
            stats = await limiter.get_window_stats(item, who)
        except StorageError:
            return Spent(rate, item.amount, item.get_expiry(), item.amount, item.get_expiry())
        reset = max(1, round(stats.reset_time - time.time()))
        if not allowed:
            raise Limited(
                ngettext(
                    "Wait a second, then try again.", "Wait %(num)s seconds, then try again.", reset
                ),
                retry_after=reset,
            )
        return Spent(rate, item.amount, item.get_expiry(), max(0, stats.remaining), reset)


def create_limiter(settings: Settings) -> Limiter | None:
    """The limiter the settings ask for; None when limits are off."""
    if not settings.rate_limits:
        return None
    storage: Storage = MemoryStorage()
    client = redis_client.create_async(settings)
    if client is not None:
        storage = RedisStorage(
            f"async+{settings.redis_url}",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix=f"{settings.redis_prefix}:rate",
            connection_pool=client.connection_pool,  # type: ignore[arg-type]  # passed on to redis-py as it is
        )
    rates = {
        "read": settings.rate_read,
        "write": settings.rate_write,
        "login": settings.rate_login,
        "cached": settings.rate_cached,
    }
    return Limiter(
        {name: parse(rate) for name, rate in rates.items()},
        SlidingWindowCounterRateLimiter(storage),
        client=client,
    )


async def spend(request: Request, rate: str, actor: Actor) -> None:
    """Charge the caller for this request.

    A conditional read is charged to the generous class of its own; the middleware charges the
    ordinary one afterwards unless the answer was 304.
    """
    limiter: Limiter | None = request.app.state.limiter
    if limiter is None or rate == "unlimited":
        return
    who = str(actor.user_id) if actor.user_id and rate != "login" else f"ip:{actor.ip}"
    if rate == "read" and "if-none-match" in request.headers:
        await limiter.peek("read", who)
        request.state.charge_later = who
        rate = "cached"
    request.state.spent = await limiter.spend(rate, who)
