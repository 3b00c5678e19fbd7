"""One contract for both caches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from src import redis_client
from src.core import cache
from src.core.cache import Cache, MemoryCache
from src.core.db import Database, savepoint, transaction
from src.core.settings import Settings
from tests.support import servers


@pytest.fixture(params=["memory", "redis"])
async def cached(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    """An empty cache."""
    if request.param == "memory":
        yield MemoryCache()
        return
    space: servers.Redis = request.getfixturevalue("redis_space")
    made, client = redis_client.create_cache(
        Settings(redis_url=space.url, redis_prefix=space.prefix)
    )
    assert client is not None
    yield made
    await client.aclose()


class Counted:
    """A computation that counts."""

    def __init__(self, value: Any = None, seconds: float = 0) -> None:
        self.value = value
        self.seconds = seconds
        self.times = 0

    async def __call__(self) -> Any:
        self.times += 1
        await asyncio.sleep(self.seconds)
        if isinstance(self.value, Exception):
            raise self.value
        return self.times if self.value is None else self.value


async def test_a_value_is_computed_once_and_read_afterwards(cached: Cache) -> None:
    compute = Counted({"a": [1, 2.5, None, "ü"]})
    for _ in range(3):
        assert await cached.get(("g",), "k", compute, ttl=60) == {"a": [1, 2.5, None, "ü"]}
    assert compute.times == 1


async def test_what_a_reader_does_to_a_value_stays_with_him(cached: Cache) -> None:
    compute = Counted([1])
    (await cached.get(("g",), "k", compute, ttl=60)).append(2)
    assert await cached.get(("g",), "k", compute, ttl=60) == [1]


async def test_a_value_ends_with_its_time_to_live(cached: Cache) -> None:
    compute = Counted()
    assert await cached.get(("g",), "k", compute, ttl=0.05) == 1
    await asyncio.sleep(0.1)
    assert await cached.get(("g",), "k", compute, ttl=0.05) == 2


async def test_of_fifty_callers_one_computes(cached: Cache) -> None:
    compute = Counted(seconds=0.2)
    got = await asyncio.gather(*(cached.get(("g",), "k", compute, ttl=60) for _ in range(50)))
    assert (set(got), compute.times) == ({1}, 1)


async def test_a_drop_reaches_every_key_of_its_groups_and_no_other(cached: Cache) -> None:
    both, one = Counted(), Counted()
    await cached.get(("g", "h"), "k", both, ttl=60)
    await cached.get(("h",), "k", one, ttl=60)
    await cached.drop("g")
    assert await cached.get(("g", "h"), "k", both, ttl=60) == 2
    assert await cached.get(("h",), "k", one, ttl=60) == 1


async def test_what_was_computed_before_a_change_is_not_found_after_it(cached: Cache) -> None:
    slow = Counted("old", seconds=0.2)
    reader = asyncio.create_task(cached.get(("g",), "k", slow, ttl=60))
    while not slow.times:
        await asyncio.sleep(0.005)
    await cached.drop("g")
    assert await reader == "old"  # it asked before the change
    assert await cached.get(("g",), "k", Counted("new"), ttl=60) == "new"


async def test_an_error_reaches_the_caller_and_is_not_kept(cached: Cache) -> None:
    with pytest.raises(LookupError):
        await cached.get(("g",), "k", Counted(LookupError()), ttl=60)
    assert await cached.get(("g",), "k", Counted("fine"), ttl=60) == "fine"


async def test_a_caller_that_goes_away_leaves_the_result_to_the_others(cached: Cache) -> None:
    compute = Counted(seconds=0.2)
    first = asyncio.create_task(cached.get(("g",), "k", compute, ttl=60))
    while not compute.times:
        await asyncio.sleep(0.005)
    second = asyncio.create_task(cached.get(("g",), "k", compute, ttl=60))
    await asyncio.sleep(0.05)
    first.cancel()
    assert await second == 1
    assert compute.times == 1


async def test_a_commit_makes_its_groups_stale_and_a_rollback_does_not(
    database: Database, cached: Cache
) -> None:
    database.listeners[cache.CHANNEL] = cached.listen
    compute = Counted()
    await cached.get(("g",), "k", compute, ttl=60)
    with pytest.raises(LookupError):
        async with transaction(database) as session:
            cache.stale(session, "g")
            raise LookupError
    async with transaction(database) as session:
        with pytest.raises(LookupError):
            async with savepoint(session):
                cache.stale(session, "g")
                raise LookupError
    await asyncio.sleep(0.05)
    assert await cached.get(("g",), "k", compute, ttl=60) == 1
    async with transaction(database) as session:
        cache.stale(session, "g")
    async with asyncio.timeout(60):
        while await cached.get(("g",), "k", compute, ttl=60) == 1:
            await asyncio.sleep(0.01)


async def test_two_processes_compute_once_between_them(redis_space: servers.Redis) -> None:
    settings = Settings(redis_url=redis_space.url, redis_prefix=redis_space.prefix)
    made = [redis_client.create_cache(settings) for _ in range(2)]
    compute = Counted(seconds=0.2)
    got = await asyncio.gather(
        *(each.get(("g",), "k", compute, ttl=60) for each, _ in made for _ in range(5))
    )
    assert (set(got), compute.times) == ({1}, 1)
    for _, client in made:
        assert client is not None
        await client.aclose()


async def test_without_redis_every_caller_computes() -> None:
    made, client = redis_client.create_cache(Settings(redis_url="redis://127.0.0.1:1/0"))
    assert client is not None
    compute = Counted()
    assert [await made.get(("g",), "k", compute, ttl=60) for _ in range(2)] == [1, 2]
    await client.aclose()


async def test_the_least_used_make_room() -> None:
    small = MemoryCache(places=2)
    compute = {key: Counted() for key in "abc"}
    for key in "abac":
        await small.get((), key, compute[key], ttl=60)
    assert await small.get((), "a", compute["a"], ttl=60) == 1
    assert await small.get((), "b", compute["b"], ttl=60) == 2
