"""One contract for both hubs, and what Redis adds to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from uuid import UUID

import orjson
import pytest
import structlog

from src import redis_client
from src.core import ids, live
from src.core.db import Database, savepoint, transaction
from src.core.live import RESET, Hub, Kind, MemoryHub, Notice, Reader
from src.core.settings import Settings
from src.redis_client import RedisHub
from tests.support import servers
from tests.support.databases import on_sqlite

PLACES = 20


def notice(number: int) -> Notice:
    return Notice(Kind.CALENDAR, UUID(int=number))


def redis_hub(url: str, prefix: str) -> RedisHub:
    client = redis_client.create_async(Settings(redis_url=url))
    assert client is not None
    return RedisHub(client, prefix, PLACES)


@pytest.fixture(params=["memory", "redis"])
async def hub(request: pytest.FixtureRequest) -> AsyncIterator[Hub]:
    """A hub nobody has told anything."""
    made: Hub = MemoryHub(PLACES)
    if request.param == "redis":
        space: servers.Redis = request.getfixturevalue("redis_space")
        made = redis_hub(space.url, space.prefix)
    await made.start()
    yield made
    await made.close()


async def heard(reader: Reader, *, until: Notice) -> list[Notice]:
    """Everything the reader is handed, up to the batch with `until`."""
    found: list[Notice] = []
    async with asyncio.timeout(60):
        while until not in found:
            await reader.changed(5)
            found += reader.take().notices
    return found


async def tell(hub: Hub, *numbers: int) -> str:
    """Tell of each, in a commit of its own, and give the place after the last."""
    with hub.reading(None) as reader:
        for number in numbers:
            hub.listen([notice(number)])
        await heard(reader, until=notice(numbers[-1]))
        return reader.position


async def test_a_reader_is_handed_what_comes_in_order_and_once(hub: Hub) -> None:
    await tell(hub, 1)
    with hub.reading(None) as reader:
        assert not await reader.changed(0)
        hub.listen([notice(2), notice(3), notice(2)])
        hub.listen([notice(4)])
        assert await heard(reader, until=notice(4)) == [notice(2), notice(3), notice(4)]
        assert not await reader.changed(0)
        assert reader.take().notices == ()


async def test_who_comes_back_is_handed_what_was_missed(hub: Hub) -> None:
    before = await tell(hub, 1)
    await tell(hub, 2, 3)
    with hub.reading(before) as reader:
        assert reader.take().notices == (notice(2), notice(3))
    with hub.reading(hub.position) as reader:
        assert reader.take().notices == ()


@pytest.mark.parametrize(
    "place", ["1-1", "", "-", "0-0", "-1--1", "x-y", "1", "99999999999999-0", "9" * 5000, "１-１"]
)
async def test_a_place_that_is_not_known_gives_one_reset(hub: Hub, place: str) -> None:
    end = await tell(hub, 1)
    with hub.reading(place) as reader:
        assert await reader.changed(0)
        news = reader.take()
        assert (news.notices, news.is_reset, news.position) == ((RESET,), True, end)
        assert not await reader.changed(0)
        await tell(hub, 2)
        assert reader.take().notices == (notice(2),)


async def test_a_place_too_long_ago_gives_a_reset_also_to_who_was_slow(hub: Hub) -> None:
    with hub.reading(None) as slow:
        long_ago = hub.position
        for number in range(1, 3 * PLACES):
            await tell(hub, number)
        assert slow.take().notices == (RESET,)
    with hub.reading(long_ago) as reader:
        assert reader.take().is_reset


async def test_a_log_that_begins_again_earlier_is_a_reset_too() -> None:
    hub = MemoryHub(PLACES)
    await tell(hub, 1)
    with hub.reading(None) as reader:
        hub.log.restart((1, 0))
        assert await reader.changed(0)
        assert reader.take().is_reset
        hub.listen([notice(2)])
        assert reader.take().notices == (notice(2),)


async def test_the_end_lets_every_reader_go_at_once(hub: Hub) -> None:
    with hub.reading(None) as reader:
        waiting = asyncio.create_task(reader.changed(60))
        await asyncio.sleep(0.01)
        threading.Thread(target=hub.end).start()
        async with asyncio.timeout(30):
            assert await waiting
        assert reader.is_over


@on_sqlite
async def test_only_what_is_committed_is_told(database: Database, hub: Hub) -> None:
    database.listeners[live.CHANNEL] = hub.listen
    with hub.reading(None) as reader:
        with pytest.raises(LookupError):
            async with transaction(database) as session:
                live.tell(session, notice(1))
                raise LookupError
        async with transaction(database) as session:
            live.tell(session, notice(2))
            with pytest.raises(LookupError):
                async with savepoint(session):
                    live.tell(session, notice(3))
                    raise LookupError
            assert not await reader.changed(0.05)
        assert await heard(reader, until=notice(2)) == [notice(2)]


async def test_another_thread_wakes_a_reader() -> None:
    hub = MemoryHub()
    with hub.reading(None) as reader:
        threading.Thread(target=hub.listen, args=([notice(1)],)).start()
        assert await heard(reader, until=notice(1)) == [notice(1)]


async def test_a_process_that_starts_later_knows_what_was_told_before(
    redis_space: servers.Redis,
) -> None:
    user = ids.new()
    whole = [
        notice(5),
        Notice(Kind.NOTIFICATIONS, user_id=user),
        Notice(Kind.OPERATION, user, user),
    ]
    first, worker = (redis_hub(redis_space.url, redis_space.prefix) for _ in range(2))
    await first.start()
    before = await tell(first, 1)
    worker.listen(whole)  # never started: it only tells
    with first.reading(before) as reader:
        assert await heard(reader, until=whole[-1]) == whole
        after = reader.position
    second = redis_hub(redis_space.url, redis_space.prefix)
    await second.start()
    with second.reading(before) as reader:
        assert reader.take().notices == tuple(whole)
    with second.reading(after) as reader:
        worker.listen([notice(6)])
        assert await heard(reader, until=notice(6)) == [notice(6)]
    for hub in (first, worker, second):
        await hub.close()


async def test_a_hub_ends_also_in_the_moment_it_hears_something(
    redis_space: servers.Redis,
) -> None:
    worker = redis_hub(redis_space.url, redis_space.prefix)
    for number in range(1, 4):
        hub = redis_hub(redis_space.url, redis_space.prefix)
        await hub.start()
        with hub.reading(None) as reader:
            worker.listen([notice(number)])
            await heard(reader, until=notice(number))
        async with asyncio.timeout(30):
            await hub.close()
    await worker.close()


async def test_what_a_newer_version_tells_is_heard_as_far_as_it_is_known(
    redis_space: servers.Redis,
) -> None:
    told = [["weather", "sunny"], ["calendar", str(UUID(int=1)), None, "more"]]
    client = redis_client.create_async(Settings(redis_url=redis_space.url))
    assert client is not None
    hub = redis_hub(redis_space.url, redis_space.prefix)
    await hub.start()
    with hub.reading(None) as reader:
        await client.xadd(f"{redis_space.prefix}:live", {"notices": orjson.dumps(told)})
        assert await heard(reader, until=notice(1)) == [notice(1)]
    await hub.close()
    await client.aclose()


@pytest.mark.parametrize("odd", [b"{", b"3", b'[["calendar", "no id"]]', b'[["calendar", 7]]'])
async def test_what_cannot_be_read_is_a_reset_and_ends_nothing(
    redis_space: servers.Redis, odd: bytes
) -> None:
    hub = redis_hub(redis_space.url, redis_space.prefix)
    await hub.start()
    with hub.reading(None) as reader:
        await hub._client.xadd(f"{redis_space.prefix}:live", {"notices": odd})
        assert await heard(reader, until=RESET) == [RESET]
        hub.listen([notice(1)])
        assert await heard(reader, until=notice(1)) == [notice(1)]
    await hub.close()


async def test_what_nobody_foresaw_is_logged_and_hearing_begins_anew(
    redis_space: servers.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = redis_hub(redis_space.url, redis_space.prefix)
    monkeypatch.setattr(hub, "PAUSES", (0.01,))
    follow, broken = hub._read, [RuntimeError("nobody foresaw this")]

    async def read() -> None:
        if broken:
            raise broken.pop()
        await follow()

    monkeypatch.setattr(hub, "_read", read)
    with structlog.testing.capture_logs() as said:
        await hub.start()
        with hub.reading(None) as reader:
            assert await heard(reader, until=RESET) == [RESET]
            hub.listen([notice(1)])
            assert await heard(reader, until=notice(1)) == [notice(1)]
    assert [one["event"] for one in said] == ["live updates broke off"]
    await hub.close()


@pytest.mark.faults
async def test_redis_away_stops_nobody_and_is_followed_by_a_reset(
    own_redis: servers.OwnRedis,
) -> None:
    server, worker = (redis_hub(own_redis.url, "aliquot") for _ in range(2))
    await server.start()
    before = await tell(server, 1)
    with server.reading(None) as reader:
        own_redis.kill()
        worker.listen([notice(2)])
        server.listen([notice(3)])
        await asyncio.sleep(0.3)
        assert not reader.take().notices
        own_redis.start()
        assert await heard(reader, until=RESET) == [RESET]
    with server.reading(before) as reader:
        assert reader.take().is_reset, "what was told before Redis lost its keys is not whole"
    with server.reading(None) as reader:
        async with asyncio.timeout(60):
            while notice(4) not in reader.take().notices:  # resets may still come
                worker.listen([notice(4)])
                await reader.changed(0.2)
    await server.close()
    await worker.close()


@pytest.mark.faults
async def test_a_hub_that_finds_no_redis_begins_when_it_comes(own_redis: servers.OwnRedis) -> None:
    own_redis.kill()
    hub = redis_hub(own_redis.url, "aliquot")
    async with asyncio.timeout(30):
        await hub.start()
    with hub.reading(None) as reader:
        hub.listen([notice(1)])
        own_redis.start()
        assert RESET in await heard(reader, until=RESET)
    async with asyncio.timeout(30):
        await tell(hub, 2)
    await hub.close()
