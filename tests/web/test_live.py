"""Live updates over HTTP: who is told what, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids, live, operations
from src.core.actor import Actor
from src.core.db import transaction
from src.core.errors import DatabaseUnavailable
from src.core.outbox import Topic
from src.domain import bookings, notifications
from src.domain.accounts import sessions
from src.domain.accounts.tables import RoleAssignment, RoleName, User
from src.domain.bookings.tables import Booking
from src.web import streaming
from tests.support.application import Lab, logged_in, served
from tests.support.databases import Templates
from tests.support.streams import PATH, Listener, crowding, listening
from tests.web.test_jobs_api import write

NOBODYS = Topic("test.watched", "maintenance")


@pytest.fixture(scope="module")
def house(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The application with its worker on a socket; few connections, for streams hold none."""
    folder = tmp_path_factory.mktemp("live")
    with (
        templates.with_schema("sqlite") as url,
        served(url, folder, database_pool_size=2) as lab,
    ):
        yield lab


async def done(call: Any, *arguments: Any, **options: Any) -> Any:
    """Call what blocks, while streams go on."""
    return await asyncio.to_thread(call, *arguments, **options)


def address(lab: Lab) -> str:
    return str(lab.client.base_url)


async def open_(
    stack: AsyncExitStack, lab: Lab, person: str, *, after: str | None = None
) -> Listener:
    headers = lab.headers(person)
    return await stack.enter_async_context(listening(address(lab), headers, after=after))


@pytest.fixture
async def stack(house: Lab) -> AsyncIterator[AsyncExitStack]:
    """What is open until the end of the test; the server notices that it was closed."""
    async with AsyncExitStack() as made:
        yield made
    async with asyncio.timeout(60):
        while house.app.state.streams._by_person:
            await asyncio.sleep(0.01)


async def test_a_booking_is_told_to_whoever_looks(house: Lab, stack: AsyncExitStack) -> None:
    other = await open_(stack, house, "other")
    assert other.retry is not None
    began = asyncio.get_running_loop().time()
    booking = await done(house.book, 1)
    await other.calendar(house.ids.confocal)
    assert asyncio.get_running_loop().time() - began < crowding(), "within a second"
    assert other.kinds() == ["calendar"], "one event, and nobody else's notifications"
    await done(house.post, f"/bookings/{booking['id']}/cancel", json={})
    await other.until(lambda it: len(it.events) == 2)


async def test_answers_are_not_kept_or_compressed_on_the_way(
    house: Lab, stack: AsyncExitStack
) -> None:
    headers = house.headers("member", **{"Accept-Encoding": "br, gzip"})
    listener = await stack.enter_async_context(listening(address(house), headers))
    said = listener.response.headers
    assert said["content-type"] == "text/event-stream; charset=utf-8"
    assert said["cache-control"] == "no-store, no-transform"
    assert said["x-accel-buffering"] == "no"
    assert "content-encoding" not in said


async def test_nobody_is_refused_and_head_ends_at_once(house: Lab) -> None:
    assert (await done(house.get, "/events/stream", by=None)).status_code == 401
    bad = {"Authorization": "Bearer nothing"}
    assert (await done(house.client.get, PATH, headers=bad)).status_code == 401
    head = await done(house.client.head, PATH, headers=house.headers("member"))
    assert (head.status_code, head.content) == (200, b"")


async def test_a_request_is_told_to_those_who_decide_and_its_decision_to_who_asked(
    house: Lab, stack: AsyncExitStack
) -> None:
    rules = {"is_approval_required": True}
    path = f"/resources/{house.ids.cytometer}/policy"
    answer = await done(house.patch, path, by="admin", json=rules)
    assert answer.status_code == 200, answer.text
    member, manager, other = [
        await open_(stack, house, person) for person in ("member", "manager", "other")
    ]
    booking = await done(house.book, 2, resource_id=str(house.ids.cytometer))
    # The worker inside the server tells those who decide.
    await manager.until(lambda it: "notifications" in it.kinds())
    before = (await done(house.get, "/notifications/unread")).json()["data"]["unread"]
    answer = await done(house.post, f"/bookings/{booking['id']}/approve", by="manager", json={})
    assert answer.status_code == 200, answer.text
    await member.event("notifications", unread=before + 1)
    await done(house.post, "/notifications/read", json={"ids": None})
    await member.event("notifications", unread=0)
    await other.calendar(house.ids.cytometer)
    assert "notifications" not in other.kinds()


async def test_an_operation_is_told_to_whose_it_is_and_to_those_who_read_jobs(
    house: Lab, stack: AsyncExitStack
) -> None:
    member, other, admin = [
        await open_(stack, house, person) for person in ("member", "other", "admin")
    ]
    app = house.app.state

    async def work(session: AsyncSession) -> str:
        started = await operations.start(session, Actor(house.ids.member), NOBODYS, {}, of=2)
        return str(started.id)

    operation_id = await done(write, house, work)  # told by nobody: another process, no Redis
    assert member.events == []
    path = f"/operations/{operation_id}/cancel"
    assert (await done(house.post, path)).status_code == 200
    await member.event("operation", id=operation_id)
    await admin.event("operation", id=operation_id)
    app.live.listen([live.Notice(live.Kind.CALENDAR, house.ids.confocal)])
    await other.calendar(house.ids.confocal)
    assert other.kinds() == ["calendar"]


async def test_a_resource_one_may_not_see_is_never_named(house: Lab, stack: AsyncExitStack) -> None:
    narrow = ids.new()

    async def make(session: AsyncSession) -> None:
        session.add(User(id=narrow, email="narrow@example.org", name="Nora Narrow"))
        await session.flush()
        logged_in(session, narrow)
        session.add(
            RoleAssignment(
                id=ids.new(),
                user_id=narrow,
                role=RoleName.MEMBER,
                scope=f"resource:{house.ids.cytometer}",
                created_at=clock.now(),
            )
        )

    await done(write, house, make)
    headers = {"Authorization": f"Bearer {house.token_of(narrow)}"}
    listener = await stack.enter_async_context(listening(address(house), headers))
    everybody = await open_(stack, house, "other")
    await done(house.book, 3)
    await everybody.calendar(house.ids.confocal)
    await done(house.book, 3, resource_id=str(house.ids.cytometer))
    await listener.calendar(house.ids.cytometer)
    assert listener.named == {str(house.ids.cytometer)}
    assert listener.kinds() == ["calendar"]


async def test_who_comes_back_hears_what_was_missed_and_a_stranger_id_gives_one_reset(
    house: Lab, stack: AsyncExitStack
) -> None:
    async with AsyncExitStack() as first:
        before = (await open_(first, house, "other")).position
    await done(house.book, 4)
    async with AsyncExitStack() as again:
        back = await open_(again, house, "other", after=before)
        await back.calendar(house.ids.confocal)
        assert back.kinds() == ["calendar"]
        assert back.position != before
    lost = await open_(stack, house, "other", after="1-1")
    await lost.event("notifications", unread=0)
    assert lost.kinds() == ["reset", "notifications"]


async def test_what_happens_together_is_told_together(house: Lab, stack: AsyncExitStack) -> None:
    other = await open_(stack, house, "other")
    hub: live.Hub = house.app.state.live
    some = [ids.new() for _ in range(50)]
    for resource_id in some:
        hub.listen([live.Notice(live.Kind.CALENDAR, resource_id)])
    await other.until(lambda it: len(it.named) == len(some))
    assert len(other.events) <= 2


async def test_a_quiet_stream_is_kept_alive_and_goes_on_from_where_the_log_is(
    house: Lab, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.2)
    other = await open_(stack, house, "other")
    before = other.position
    house.app.state.live.listen([live.Notice(live.Kind.NOTIFICATIONS, user_id=ids.new())])
    await other.until(lambda it: len(it.comments) >= 3)
    assert other.events == []
    assert other.position != before


async def test_a_stream_ends_with_its_log_in_and_keeps_none_alive(
    house: Lab, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.1)
    monkeypatch.setattr(streaming, "CHECK", 0.1)
    token = []

    async def begin(session: AsyncSession) -> None:
        token.append(sessions.begin(session, house.ids.other, device=None, ip=None))

    async def end(session: AsyncSession) -> None:
        await sessions.end_all(session, house.ids.other)

    await done(write, house, begin)
    headers = {"Cookie": f"aliquot_session={token[0]}"}
    listener = await stack.enter_async_context(listening(address(house), headers))
    await asyncio.sleep(0.5)
    assert not listener.is_over
    await done(write, house, end)
    await listener.until(lambda it: it.is_over)
    assert listener.events == []


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (DatabaseUnavailable("Nothing was stored."), []),
        (TimeoutError("the statement took too long"), ["a stream ended: the database failed"]),
        (
            OperationalError("SELECT", {}, Exception("out of memory")),
            ["a stream ended: the database failed"],
        ),
    ],
)
async def test_a_database_that_fails_ends_a_stream_without_a_word_of_the_code(
    house: Lab,
    stack: AsyncExitStack,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
    told: list[str],
) -> None:
    async def count(*_arguments: object) -> int:
        raise failure

    monkeypatch.setattr(notifications, "unread_count", count)
    with structlog.testing.capture_logs() as said:
        listener = await open_(stack, house, "member", after="0-0")  # a reset, which counts
        await listener.until(lambda it: it.is_over)
    worse = [one for one in said if one["log_level"] not in ("debug", "info")]
    assert [(one["event"], "exc_info" in one) for one in worse] == [(one, False) for one in told]


async def test_one_person_has_so_many_streams_and_no_more(
    house: Lab, stack: AsyncExitStack
) -> None:
    for _ in range(streaming.PER_PERSON):
        await open_(stack, house, "other")
    refused = await done(house.get, "/events/stream", by="other")
    assert refused.status_code == 429
    assert refused.json()["type"] == "/problems/too-many-streams"
    assert int(refused.headers["Retry-After"]) > 0


async def test_a_hundred_streams_leave_two_connections_to_everybody_else(
    house: Lab, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "PER_PERSON", 100)
    some = await asyncio.gather(*(open_(stack, house, "other") for _ in range(100)))
    answers = await asyncio.gather(
        *(done(house.get, "/bookings") for _ in range(10)),
        done(house.post, "/bookings", json=house.wish(5)),
    )
    assert {answer.status_code for answer in answers} == {200, 201}
    await asyncio.gather(*(each.calendar(house.ids.confocal) for each in some))


async def test_a_request_that_lapses_is_told(templates: Templates, tmp_path: Path) -> None:
    with templates.with_schema("sqlite") as url, served(url, tmp_path) as lab:
        rules = {"is_approval_required": True, "request_hold_minutes": 15}
        path = f"/resources/{lab.ids.confocal}/policy"
        answer = await done(lab.patch, path, by="admin", json=rules)
        assert answer.status_code == 200, answer.text
        booking = await done(lab.book, 9)

        async def lapse(session: AsyncSession) -> None:
            row = await session.get_one(Booking, UUID(booking["id"]))
            row.request_expires_at = clock.now()

        async with listening(str(lab.client.base_url), lab.headers("other")) as other:
            await done(write, lab, lapse)
            worker = lab.app.state.worker.worker

            async def expire() -> int:
                async with transaction(worker.database) as session:
                    return await bookings.upkeep.expire_requests(session)

            await done(worker.bridge.run, expire())
            await other.calendar(lab.ids.confocal)


def test_the_stream_is_described(shared_lab: Lab) -> None:
    described = shared_lab.app.openapi()["paths"][PATH]["get"]
    assert list(described["responses"]["200"]["content"]) == ["text/event-stream"]
    assert "too-many-streams" in described["responses"]["429"]["description"]
