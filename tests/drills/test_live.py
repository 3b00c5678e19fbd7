"""Live updates of a whole system: several processes, a restart of Redis, an end with open streams."""

from __future__ import annotations

import asyncio
import signal
import time
from uuid import UUID

import pytest

from src.domain.accounts import RoleName
from tests.support import servers
from tests.support.callers import Caller, browser, caller
from tests.support.streams import Listener, crowding, listening
from tests.support.system import Post, System, eventually

pytestmark = pytest.mark.faults

ENDS_WITHIN = 2.0  # seconds, as without streams


def credential(program: Caller) -> dict[str, str]:
    return {"Authorization": program.client.headers["Authorization"]}


async def need_approval(url: str, resource_id: UUID) -> None:
    """Let the worker tell managers of requests."""
    async with caller(url, RoleName.ADMIN) as admin:
        answer = await admin.client.patch(
            f"/api/v1/resources/{resource_id}/policy",
            json={"is_approval_required": True},
            headers={"If-Match": "*"},
        )
        assert answer.status_code == 200, answer.text


async def test_what_one_server_does_reaches_the_browsers_of_another_within_a_second(
    deployed: System, post: Post
) -> None:
    one, other, worker = deployed.start_server(), deployed.start_server(), deployed.start_worker()
    await deployed.ready(one, other, worker)
    first, second, _ = deployed.institute.resource_ids
    await need_approval(one.url, second)
    async with (
        caller(one.url) as member,
        caller(other.url, RoleName.MANAGER) as manager,
        listening(other.url, credential(manager)) as far,
    ):
        began = time.monotonic()
        assert (await member.book(first, 0)).status == 201
        await far.calendar(first)
        assert time.monotonic() - began < crowding()
        assert (await member.book(second, 1)).status == 201
        # The worker writes and tells this, in a process that serves no browser.
        await far.event("notifications", unread=1)
        position = far.position
        assert (await member.book(first, 2)).status == 201
        await far.until(lambda it: it.position != position)
        async with listening(one.url, credential(manager), after=position) as near:
            await near.calendar(first)
            assert near.kinds() == ["calendar"], "the other server knows the place, too"


async def test_redis_starts_again_and_every_stream_is_told_to_read_again(
    with_own_redis: System, own_redis: servers.OwnRedis
) -> None:
    server = with_own_redis.start_server()
    await with_own_redis.ready(server)
    resource_id = with_own_redis.institute.resource_ids[0]
    async with (
        caller(server.url) as member,
        listening(server.url, credential(member)) as listener,
    ):
        own_redis.kill()
        answer = await member.book(resource_id, 0)
        assert answer.status == 201, "nothing waits for live updates"
        own_redis.start()
        await listener.until(lambda it: "reset" in it.kinds())
        assert not listener.is_over
        await told_of_the_next(member, resource_id, listener)


async def told_of_the_next(member: Caller, resource_id: UUID, listener: Listener) -> None:
    listener.events.clear()
    assert (await member.book(resource_id, 1)).status == 201
    await listener.until(lambda it: bool({"calendar", "reset"} & set(it.kinds())))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["server", "make-run"])
async def test_open_streams_do_not_hold_up_the_end(
    embedded: System, number: signal.Signals
) -> None:
    server = embedded.start_server(is_runner=number == signal.SIGINT)
    await embedded.ready(server)
    async with (
        browser(server.url) as person,
        listening(server.url, {"Cookie": cookies(person.client)}) as one,
        listening(server.url, {"Cookie": cookies(person.client)}, after="1-1") as other,
    ):
        await other.until(lambda it: it.kinds() == ["reset", "notifications"])
        began = time.monotonic()
        code = await asyncio.to_thread(server.end, number)
        assert (time.monotonic() - began) / crowding() < ENDS_WITHIN
        await eventually(lambda: one.is_over and other.is_over, what="the streams' end")
    assert code in (0, -number)
    assert "Traceback" not in server.said()
    assert "timeout graceful shutdown" not in server.said()


def cookies(client: object) -> str:
    jar = client.cookies  # type: ignore[attr-defined]
    return "; ".join(f"{name}={value}" for name, value in jar.items())
