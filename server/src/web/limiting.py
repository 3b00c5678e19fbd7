"""How often each caller may come: one limit for each class of routes.

People are counted by who they are, programs by their key, everybody else by address. Log-ins and
resets are counted by address and by account as typed, but for a browser that is known to the account.
Counted in Redis, or in memory where there is none. When Redis is away, reading stays open; what
protects is counted in memory, which has counted along all the time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog
from fastapi import Request
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.storage.redis import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis import RedisError
from redis.asyncio import Redis

from src import redis_client
from src.core import networks
from src.core.actor import Actor
from src.core.errors import Limited
from src.core.language import ngettext
from src.core.settings import Settings
from src.domain import accounts
from src.web.callers import client_ip

PATIENCE = 0.2  # seconds an answer of Redis is waited for
PAUSE = 1.0  # seconds between looks for a Redis that is away
# Nobody comes to an account more often than this many addresses would.
ADDRESSES = 10
BY_ACCOUNT = frozenset({"login", "reset"})
PROTECTS = frozenset({"login", "reset", "write", "export"})
_NAMES = ("email", "username", "account", "client_id")
_READABLE = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
_ACCOUNT = "account:"

log = structlog.get_logger(__name__)

KnowsDevice = Callable[[Request, str], Awaitable[bool]]
"""Whether the request's browser has proved that it logged in to the account before.

Put into `app.state.knows_device` by whoever keeps that proof.
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a request was charged, for its RateLimit headers."""

    rate: str
    limit: int
    window: int
    remaining: int
    reset: int
    is_over: bool = False

    def headers(self) -> list[tuple[bytes, bytes]]:
        """`RateLimit` and `RateLimit-Policy` as in the IETF's draft."""
        policy = f'"{self.rate}";q={self.limit};w={self.window}'
        now = f'"{self.rate}";r={self.remaining};t={self.reset}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", now.encode())]

    def refuse(self) -> None:
        """Raise `Limited` with the seconds to wait, if too much was spent."""
        if self.is_over:
            raise Limited(
                ngettext(
                    "Wait a second, then try again.",
                    "Wait %(num)s seconds, then try again.",
                    self.reset,
                ),
                retry_after=self.reset,
            )


def _in_memory() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(MemoryStorage())


@dataclass(slots=True)
class Limiter:
    """The limits of one deployment. `shared` counts in Redis, `own` in this process."""

    limits: dict[str, RateLimitItem]
    shared: SlidingWindowCounterRateLimiter | None = None
    own: SlidingWindowCounterRateLimiter = field(default_factory=_in_memory)
    client: Redis | None = None
    is_away: bool = False
    _waiting: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._waiting is not None:
            self._waiting.cancel()
        if self.client is not None:
            await self.client.aclose(close_connection_pool=True)

    async def spend(self, rate: str, who: str) -> Spent:
        """Count one request, and say whether it was one too many."""
        item, counted, is_allowed = self._item(rate, who), self.own, True
        if self.shared is None or self.is_away or rate in PROTECTS:
            is_allowed = await self.own.hit(item, rate, who)
        if self.shared is not None and not self.is_away:
            try:
                is_allowed = await self.shared.hit(item, rate, who) and is_allowed
                counted = self.shared
            except StorageError:
                self._note_outage()
        if self.is_away and rate not in PROTECTS:
            is_allowed = True
        spent = await self._spent(counted, rate, who)
        return spent if is_allowed else replace(spent, remaining=0, is_over=True)

    def _item(self, rate: str, who: str) -> RateLimitItem:
        item = self.limits[rate]
        if not who.startswith(_ACCOUNT):
            return item
        return type(item)(item.amount * ADDRESSES, item.multiples, item.namespace)

    def _note_outage(self) -> None:
        """Let nobody wait for a Redis that is away: one task asks until it is back."""
        if not self.is_away:
            log.warning("the rate limits are out of reach")
            self.is_away = True
            self._waiting = asyncio.get_running_loop().create_task(self._come_back())

    async def _come_back(self) -> None:
        while self.is_away and self.client is not None:
            await asyncio.sleep(PAUSE)
            with suppress(RedisError, OSError):
                await self.client.ping()
                self.is_away = False
        log.info("the rate limits are shared again")

    async def peek(self, rate: str, who: str) -> Spent | None:
        """Nothing if there is something left, else what was spent; counts nothing."""
        if self.is_away:
            return None
        counted, item = self.shared or self.own, self._item(rate, who)
        try:
            if await counted.test(item, rate, who):
                return None
        except StorageError:
            self._note_outage()
            return None
        return replace(await self._spent(counted, rate, who), remaining=0, is_over=True)

    async def _spent(self, counted: SlidingWindowCounterRateLimiter, rate: str, who: str) -> Spent:
        item = self._item(rate, who)
        window = item.get_expiry()
        try:
            stats = await counted.get_window_stats(item, rate, who)
        except StorageError:
            return Spent(rate, item.amount, window, item.amount, window)
        reset = max(1, round(stats.reset_time - time.time()))
        return Spent(rate, item.amount, window, max(0, stats.remaining), reset)


def create_limiter(settings: Settings) -> Limiter | None:
    """The limiter the settings ask for; None when limits are off."""
    if not settings.rate_limits:
        return None
    client = redis_client.create_async(settings, patience=PATIENCE)
    rates = {
        "read": settings.rate_read,
        "write": settings.rate_write,
        "login": settings.rate_login,
        "reset": settings.rate_reset,
        "export": settings.rate_export,
        "cached": settings.rate_cached,
    }
    limits = {name: parse(rate) for name, rate in rates.items()}
    if client is None:
        return Limiter(limits)
    storage = RedisStorage(
        f"async+{settings.redis_url}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix=f"{settings.redis_prefix}:rate",
        connection_pool=client.connection_pool,  # type: ignore[arg-type]  # passed on to redis-py as it is
    )
    return Limiter(limits, SlidingWindowCounterRateLimiter(storage), client=client)


async def spend(request: Request, rate: str, actor: Actor) -> None:
    """Charge the caller for this request. Raises `Limited`.

    A conditional read is charged to the generous class of its own; the middleware charges the
    ordinary one afterwards unless the answer was 304.
    """
    limiter: Limiter | None = request.app.state.limiter
    if limiter is None or rate == "unlimited":
        return
    if rate in BY_ACCOUNT:
        await _spend_on_account(request, limiter, rate, actor)
        return
    who = _who(actor)
    if rate == "read" and "if-none-match" in request.headers:
        over = await limiter.peek("read", who)
        if over is not None:
            _charged(request, over)
        request.state.charge_later = who
        rate = "cached"
    _charged(request, await limiter.spend(rate, who))


async def spend_late(request: Request) -> None:
    """Charge the address for a request that was refused before anybody knew who sends it.

    Raises `Limited`: guessing credentials and sending what nobody can read is counted too.
    """
    limiter: Limiter | None = request.app.state.limiter
    rate = rate_of(request)
    if limiter is None or rate is None or getattr(request.state, "spent", None) is not None:
        return
    address = client_ip(request)
    _charged(request, await limiter.spend(rate, f"ip:{networks.group(address)}"))


def rate_of(request: Request) -> str | None:
    """The class of the request's route; None where there is none, or no limit."""
    for dependency in getattr(request.scope.get("route"), "dependencies", ()):
        rate: str | None = getattr(dependency.dependency, "rate", None)
        if rate is not None:
            return None if rate == "unlimited" else rate
    return None


def _charged(request: Request, spent: Spent) -> None:
    request.state.spent = spent
    spent.refuse()


def _who(actor: Actor) -> str:
    if actor.credential_id is not None:
        return f"key:{actor.credential_id}"
    if actor.user_id is not None:
        return str(actor.user_id)
    return f"ip:{networks.group(actor.ip)}"


async def _spend_on_account(request: Request, limiter: Limiter, rate: str, actor: Actor) -> None:
    group, typed = networks.group(actor.ip), await _account_of(request, actor)
    account = None if typed is None else accounts.lockout.pseudonym(typed)
    if account is not None and await _is_known(request, typed or ""):
        # Whatever others do from this address or to this account, it goes on.
        _charged(request, await limiter.spend(rate, f"known:{account}:{group}"))
        return
    _charged(request, await limiter.spend(rate, f"ip:{group}"))
    if account is not None:
        spent = await limiter.spend(rate, f"{_ACCOUNT}{account}")
        if spent.is_over:
            _charged(request, spent)


async def _is_known(request: Request, account: str) -> bool:
    knows: KnowsDevice | None = getattr(request.app.state, "knows_device", None)
    return knows is not None and await knows(request, account)


async def _account_of(request: Request, actor: Actor) -> str | None:
    """The account whose secret is tried: one's own, or what was typed."""
    if actor.user_id is not None:
        return str(actor.user_id)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or kind not in _READABLE:
        return None
    if kind == "application/json":
        try:
            sent = await request.json()
        except ValueError:
            return None
    else:
        sent = await request.form()
    if not hasattr(sent, "get"):
        return None
    return next((sent.get(name) for name in _NAMES if isinstance(sent.get(name), str)), None)
