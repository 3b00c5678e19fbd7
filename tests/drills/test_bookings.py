"""Many people at one slot: whatever they use and wherever they land, one of them has it."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from itertools import cycle
from uuid import UUID

import pytest
from sqlalchemy import func, select

from src.core.db import reading
from src.domain.accounts import RoleName
from src.domain.bookings.tables import Booking
from src.domain.resources.tables import Hold
from tests.support.callers import Answer, Browser, Caller, browser, caller
from tests.support.system import Process, System

pytestmark = pytest.mark.faults

CROWD = 50


async def holds_and_bookings(system: System) -> tuple[int, int]:
    """How many holds and bookings there are."""
    async with system.database() as database, reading(database) as reads:
        holds = await reads.scalar(select(func.count()).select_from(Hold))
        bookings = await reads.scalar(select(func.count()).select_from(Booking))
    return holds or 0, bookings or 0


async def storm(processes: list[Process], resource_id: UUID) -> tuple[list[Answer], list[Answer]]:
    """Everybody books the same hour at once: the answers to programs and to browsers."""
    first, last = processes[0].url, processes[-1].url
    async with (
        caller(first) as here,
        caller(last) as there,
        browser(first) as desk,
        browser(last, RoleName.ADMIN) as phone,
    ):
        callers: list[Caller | Browser] = [here, desk, there, phone]
        requests = [
            who.book(resource_id, 9, title=f"Typed by person {number}")
            for number, who in zip(range(CROWD), cycle(callers), strict=False)
        ]
        answers = await asyncio.gather(*requests)
    return answers[::2], answers[1::2]


async def judge(system: System, processes: list[Process]) -> None:
    """Storm, and look at every answer and at what is stored."""
    programs, people = await storm(processes, system.institute.resource_ids[0])
    statuses = Counter(answer.status for answer in [*programs, *people])
    assert statuses[201] + statuses[303] == 1, statuses
    assert statuses[409] == CROWD - 1, statuses
    for answer in programs:
        if answer.status == 409:
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert answer.body["suggestions"]
    for number, answer in zip(range(1, CROWD, 2), people, strict=True):
        if answer.status == 409:
            assert 'name="use"' in answer.text, "no suggestion to choose"
            assert f'value="Typed by person {number}"' in answer.text, "what was typed is gone"
        else:
            assert re.match(r"/bookings/[0-9a-f-]{36}", answer.headers["location"])
    assert await holds_and_bookings(system) == (1, 1)


async def test_of_fifty_at_one_slot_one_has_it_embedded(embedded: System) -> None:
    server = embedded.start_server()
    await embedded.ready(server)
    await judge(embedded, [server])


async def test_of_fifty_at_one_slot_one_has_it_on_two_servers(deployed: System) -> None:
    servers = [deployed.start_server(), deployed.start_server()]
    await deployed.ready(*servers)
    await judge(deployed, servers)
