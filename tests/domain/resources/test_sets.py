"""Personal sets of resources: whose they are, what they hold, and what closes a resource soon."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from src.core import clock, ids
from src.core.actor import SYSTEM, Permission, resource_scope
from src.core.errors import DomainError, PreconditionFailed
from src.core.events import Event
from src.domain import resources
from src.domain.resources import sets
from src.domain.resources.closures import ClosureWish, upcoming
from src.domain.resources.errors import (
    NameTaken,
    NotInCatalogue,
    ResourceNotFound,
    ResourceSetNotFound,
    TooManyResourceSets,
)
from tests.domain.resources.conftest import STRANGER
from tests.support.statements import counted
from tests.support.world import HOUR, World


async def test_a_set_keeps_its_order_and_is_its_owners_alone(world: World) -> None:
    one, two, three = [await world.resource() for _ in range(3)]
    ada, bob = await world.person(), await world.person()
    async with world.writing() as session:
        made = await sets.create(session, ada, name=" Laser ", resource_ids=[two, one, two])
        assert (made.name, made.resource_ids) == ("Laser", (two, one))
        changed = await sets.update(
            session, ada, made.id, changes={"resource_ids": [three, two]},
            expected_version=made.version,
        )  # fmt: skip
        with pytest.raises(PreconditionFailed):
            await sets.delete(session, ada, made.id, expected_version=made.version)
        for call in (sets.get, sets.delete):
            with pytest.raises(ResourceSetNotFound):
                await call(session, bob, made.id)
        with pytest.raises(ResourceSetNotFound):
            await sets.update(session, bob, made.id, changes={"name": "Mine"})
        assert await sets.list_(session, bob) == []
        assert await sets.list_(session, ada) == [changed]
        await sets.delete(session, ada, made.id, expected_version=changed.version)
        assert await sets.list_(session, ada) == []
    async with world.reading() as reads:
        verbs = await reads.scalars(
            select(Event.verb).where(Event.subject_id == made.id).order_by(Event.id)
        )
        assert verbs.all() == [
            "resource-set.created", "resource-set.updated", "resource-set.deleted",
        ]  # fmt: skip
    assert changed.resource_ids == (three, two)


async def test_names_are_given_once_a_person_and_unknown_resources_are_told(world: World) -> None:
    one, ada, bob = await world.resource(), await world.person(), await world.person()
    async with world.writing() as session:
        for owner in (ada, bob):
            await sets.create(session, owner, name="Mine", resource_ids=[one])
        with pytest.raises(NameTaken):
            await sets.create(session, ada, name="Mine", resource_ids=[one])
        with pytest.raises(NotInCatalogue) as refused:
            await sets.create(session, ada, name="Other", resource_ids=[one, ids.new()])
        for wrong in ([], [ids.new() for _ in range(sets.MOST_RESOURCES + 1)]):
            with pytest.raises(NotInCatalogue):
                await sets.create(session, ada, name="Other", resource_ids=wrong)
    assert [fault.field for fault in refused.value.errors] == [("resource_ids", 1)]


async def test_what_its_owner_may_no_longer_see_is_left_out(world: World) -> None:
    one, two, ada = await world.resource(), await world.resource(), await world.person()
    async with world.writing() as session:
        made = await sets.create(session, ada, name="Both", resource_ids=[one, two])
    narrowed = replace(ada, granted={Permission.RESOURCES_READ: frozenset({resource_scope(two)})})
    async with world.reading() as reads:
        assert (await sets.get(reads, narrowed, made.id)).resource_ids == (two,)
        with pytest.raises(DomainError):
            await sets.list_(reads, STRANGER)


async def test_a_person_keeps_fifty_sets_and_reads_them_in_two_statements(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, ada = await world.resource(), await world.person()
    monkeypatch.setattr(sets, "MOST_SETS", 3)
    async with world.writing() as session:
        for number in range(3):
            await sets.create(session, ada, name=f"Set {number}", resource_ids=[one])
        with pytest.raises(TooManyResourceSets):
            await sets.create(session, ada, name="One more", resource_ids=[one])
    with counted(world.database) as said:
        async with world.reading() as reads:
            found = await sets.list_(reads, ada)
    assert [view.name for view in found] == ["Set 0", "Set 1", "Set 2"]
    assert len(said) == 2


async def test_the_next_closures_of_a_resource_are_told_and_no_others(world: World) -> None:
    one, other, ada = await world.resource(), await world.resource(), await world.person()
    start = clock.now() + HOUR

    async def close(reason: str, days: int, *which: object) -> None:
        at = start + timedelta(days=days)
        wish = ClosureWish(which or None, at, at + HOUR, reason)  # type: ignore[arg-type]
        async with world.writing() as session:
            await resources.closures.create(session, SYSTEM, wish=wish)

    await close("Power", 9)
    await close("Laser", 3, one)
    await close("Elsewhere", 2, other)
    await close("Later", 12, one)
    async with world.reading() as reads:
        found = await upcoming(reads, ada, one, limit=2)
        with pytest.raises(ResourceNotFound):
            await upcoming(reads, STRANGER, one)
    assert [closure.reason for closure in found] == ["Laser", "Power"]


async def test_the_rules_of_a_resource_are_part_of_its_history(world: World) -> None:
    one, manager = await world.resource(), await world.manager()
    async with world.writing() as session:
        level = resources.Level("resource", one)
        await resources.set_policy(session, manager, level, values={"slot_minutes": 30})
    async with world.reading() as reads:
        count = select(func.count()).where(Event.subject_id == one, Event.verb == "policy.set")
        assert await reads.scalar(count) == 1
