"""Resources by a table: what it would do is what it does."""

from __future__ import annotations

import pytest

from src.domain import resources
from src.domain.resources import importing
from src.domain.resources.importing import Outcome, ResourcesNotImported
from tests.support.world import World

SCHEMA = {"type": "object", "properties": {"lasers": {"type": "integer", "minimum": 1}}}
TABLE = """name,type,location,tags,units,custom.lasers
Stellaris,Raman,North|Room 12,live|63x,2,6
Nowhere,Raman,South,,,
Nothing,Raman,North|Room 12,,,0
Stellaris,Raman,North|Room 12,,,
"""


async def prepared(world: World) -> None:
    manager = await world.manager()
    async with world.writing() as session:
        await resources.create_type(session, manager, name="Raman", custom_schema=SCHEMA)
        north = await resources.create_location(session, manager, name="North")
        await resources.create_location(session, manager, name="Room 12", parent_id=north.id)


async def test_a_table_does_what_its_preview_said(world: World) -> None:
    await prepared(world)
    manager = await world.manager()
    rows = importing.read(TABLE.encode())
    async with world.writing() as session:
        seen = await importing.preview(session, manager, rows)
    assert [(one.outcome, [fault.column for fault in one.faults]) for one in seen] == [
        (Outcome.CREATED, []),
        (Outcome.REFUSED, ["location"]),
        (Outcome.REFUSED, ["custom.lasers"]),
        (Outcome.REFUSED, ["name"]),
    ]
    async with world.reading() as reads:
        assert (await resources.list_(reads, manager)).items == []
    with pytest.raises(ResourcesNotImported) as caught:
        async with world.writing() as session:
            await importing.take_over(session, manager, rows)
    assert [error.field for error in caught.value.errors] == [
        ("rows", 3, "location"),
        ("rows", 4, "custom.lasers"),
        ("rows", 5, "name"),
    ]
    async with world.writing() as session:
        done = await importing.take_over(session, manager, rows, only_good=True)
    assert done == seen
    async with world.reading() as reads:
        (made,) = (await resources.list_(reads, manager)).items
    assert (made.units, made.tags, made.custom) == ((1, 2), ("live", "63x"), {"lasers": 6})


async def test_what_is_exported_changes_nothing_when_it_is_imported(world: World) -> None:
    await prepared(world)
    manager = await world.manager()
    async with world.writing() as session:
        rows = importing.read(TABLE.encode())[:1]
        await importing.take_over(session, manager, rows)
    async with world.reading() as reads:
        content = await importing.exported(reads, manager)
    async with world.writing() as session:
        done = await importing.take_over(session, manager, importing.read(content))
    assert [one.outcome for one in done] == [Outcome.UNCHANGED]
    changed = "name;custom.lasers;description\nStellaris;4;=1+1\n"
    async with world.writing() as session:
        done = await importing.take_over(session, manager, importing.read(changed.encode()))
    assert [one.outcome for one in done] == [Outcome.CHANGED]
    async with world.reading() as reads:
        assert b"'=1+1" in await importing.exported(reads, manager)
