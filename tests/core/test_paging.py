"""Pages of a list: nothing twice, nothing left out, whatever happens in between."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from src.core import ids
from src.core.db import Database, create_database, transaction
from src.core.paging import BadCursor, BadPaging, BadSort, Key, Page, Paging, paginate, sorted_by
from src.domain.bookings.tables import Booking
from src.domain.resources.tables import Closure, ResourceType
from tests.support import servers

DAY = datetime(2026, 11, 21, tzinfo=UTC)


def closure(name: str, minutes: int = 0) -> Closure:
    return Closure(
        id=ids.new(),
        reason=name,
        starts_at=DAY + timedelta(minutes=minutes),
        ends_at=DAY + timedelta(days=1),
    )


async def add(database: Database, *rows: object) -> None:
    async with transaction(database) as session:
        session.add_all(rows)


async def page_of(database: Database, keys: list[Key], **wanted: int | str | None) -> Page[Closure]:
    paging = Paging(**wanted)  # type: ignore[arg-type]
    async with database.reads() as reads:
        return await paginate(reads, select(Closure), keys=keys, paging=paging)


BY_NAME = [Key(Closure.reason), Key(Closure.id)]
BY_AGE = [Key(Closure.starts_at, descending=True), Key(Closure.reason), Key(Closure.id)]


@dataclass
class Walk:
    """Goes through a list page by page, while rows come and go."""

    database: Database
    keys: list[Key]
    limit: int
    seen: list[UUID] = field(default_factory=list)

    async def forward(self, intruders: list[Closure]) -> Page[Closure]:
        cursor = None
        while True:
            page = await page_of(self.database, self.keys, limit=self.limit, cursor=cursor)
            self.seen += [row.id for row in page.items]
            if page.next is None:
                return page
            cursor = page.next
            if intruders:
                await add(self.database, intruders.pop())

    async def back(self, page: Page[Closure]) -> None:
        self.seen = [row.id for row in page.items]
        while page.previous is not None:
            page = await page_of(self.database, self.keys, limit=self.limit, cursor=page.previous)
            self.seen = [row.id for row in page.items] + self.seen


Rows: TypeAlias = list[tuple[str, int]]
ROWS = st.lists(st.tuples(st.sampled_from("aäbB ~"), st.integers(0, 3)), max_size=12)


@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(rows=ROWS, intruders=ROWS, limit=st.integers(1, 5), keys=st.sampled_from([BY_NAME, BY_AGE]))
def test_a_walk_sees_each_row_once_though_others_are_inserted(
    database_url: str, rows: Rows, intruders: Rows, limit: int, keys: list[Key]
) -> None:
    async def work() -> None:
        database = create_database(database_url)
        try:
            async with transaction(database) as session:
                for row in await session.scalars(select(Closure)):
                    await session.delete(row)
            before = [closure(*row) for row in rows]
            coming = [closure(*row) for row in intruders]
            await add(database, *before)
            walk = Walk(database, keys, limit)
            last = await walk.forward(coming)
            assert len(walk.seen) == len(set(walk.seen))
            assert {row.id for row in before} <= set(walk.seen)
            async with database.reads() as reads:
                ordered = [
                    row.id
                    for row in await reads.scalars(
                        select(Closure).order_by(
                            *(k.column.desc() if k.descending else k.column for k in keys)
                        )
                    )
                ]
            await walk.back(last)
            assert walk.seen == ordered
        finally:
            await database.dispose()

    servers.in_thread(work)


async def test_a_numbered_page_tells_the_total_and_its_neighbours(database: Database) -> None:
    await add(database, *(closure(name) for name in "abcde"))
    page = await page_of(database, BY_NAME, limit=2, page=2)
    assert [row.reason for row in page.items] == ["c", "d"]
    assert (page.page, page.total) == (2, 5)
    after = await page_of(database, BY_NAME, limit=2, cursor=page.next)
    before = await page_of(database, BY_NAME, limit=2, cursor=page.previous)
    assert [row.reason for row in after.items] == ["e"]
    assert [row.reason for row in before.items] == ["a", "b"]
    assert (after.next, before.previous) == (None, None)


async def test_past_the_end_there_is_a_way_back(database: Database) -> None:
    rows = [closure(name) for name in "abc"]
    await add(database, *rows)
    page = await page_of(database, BY_NAME, limit=2)
    async with transaction(database) as session:
        await session.delete(await session.get_one(Closure, rows[2].id))
    gone = await page_of(database, BY_NAME, limit=2, cursor=page.next)
    assert gone.items == []
    back = await page_of(database, BY_NAME, limit=2, cursor=gone.previous)
    assert [row.reason for row in back.items] == ["a", "b"]


async def test_a_cursor_that_was_altered_or_belongs_elsewhere_is_refused(
    database: Database,
) -> None:
    await add(database, *(closure(name) for name in "abc"))
    cursor = (await page_of(database, BY_NAME, limit=1)).next
    assert cursor is not None
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    altered = [
        base64.urlsafe_b64encode(bytes([*raw[:i], raw[i] ^ 1, *raw[i + 1 :]])).decode()
        for i in range(len(raw))
    ]
    for wrong in ["", "x", "é", "====", "AAAA", cursor[:-3], cursor + "AAAA", *altered]:
        with pytest.raises(BadCursor) as refused:
            await page_of(database, BY_NAME, limit=1, cursor=wrong)
        assert refused.value.errors[0].field == ("cursor",)
    for keys in (BY_AGE, [Key(Closure.reason, descending=True), Key(Closure.id)]):
        with pytest.raises(BadCursor):
            await page_of(database, keys, limit=1, cursor=cursor)


def test_what_no_list_has_is_refused() -> None:
    for wrong in ({"limit": 0}, {"limit": 201}, {"page": 0}, {"page": 1, "cursor": "x"}):
        with pytest.raises(BadPaging):
            Paging(**wrong)


async def test_several_columns_come_as_tuples(database: Database) -> None:
    await add(database, ResourceType(id=ids.new(), name="Confocal"))
    statement = select(ResourceType.name, ResourceType.version)
    async with database.reads() as reads:
        page = await paginate(reads, statement, keys=[Key(ResourceType.id)], paging=Paging())
    assert page.map(lambda row: row[0]).items == ["Confocal"]
    assert page.items == [("Confocal", 1)]


def test_an_order_is_read_from_the_address_and_closed_by_the_id() -> None:
    columns = {"starts_at": Booking.starts_at, "title": Booking.title}
    keys = sorted_by("-starts_at,title", columns, default="title", unique=Booking.id)
    assert [key.signature for key in keys] == ["-starts_at", "title", "-id"]
    with pytest.raises(BadSort):
        sorted_by("password_hash", columns, default="title", unique=Booking.id)
