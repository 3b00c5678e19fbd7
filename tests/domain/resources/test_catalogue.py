"""Types, locations, resources, units, opening hours and policies: who may change what, and how."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from src.core import clock, ids
from src.core.actor import Permission
from src.core.db import Database, transaction
from src.core.errors import DomainError, Forbidden, PreconditionFailed
from src.core.events import Event
from src.domain import resources
from src.domain.resources import errors
from src.domain.resources.hours import Weekly
from src.domain.resources.tables import HoldKind, ResourceState
from tests.domain.resources.conftest import MANAGER, MEMBER, STRANGER, Catalogue, scoped


async def verbs(database: Database, subject_id: UUID) -> list[str]:
    async with database.reads() as reads:
        rows = await reads.scalars(
            select(Event.verb).where(Event.subject_id == subject_id).order_by(Event.id)
        )
        return list(rows)


async def test_a_resource_is_made_with_its_units_and_read_with_its_place(
    database: Database, catalogue: Catalogue
) -> None:
    async with database.reads() as reads:
        view = await resources.get(reads, MEMBER, catalogue.twin)
    assert view.units == (1, 2)
    assert view.type.name == "Confocal microscope"
    assert view.location.path == ("Campus", "B 1.07")
    assert view.tags == ("laser", "fast")
    assert view.state is ResourceState.AVAILABLE
    assert await verbs(database, catalogue.twin) == ["resource.created"]


async def test_every_fault_of_a_wish_is_told_at_once(
    database: Database, catalogue: Catalogue
) -> None:
    wish = resources.ResourceWish(
        name=" ", type_id=catalogue.type, location_id=catalogue.room,
        timezone="Berlin", tags=("",), units=0,
    )  # fmt: skip
    async with transaction(database) as session:
        with pytest.raises(errors.NotInCatalogue) as refused:
            await resources.create(session, MANAGER, wish=wish)
    assert {fault.field[0] for fault in refused.value.errors} == {
        "name", "timezone", "tags", "units",
    }  # fmt: skip


async def test_a_name_is_given_once_and_the_session_goes_on(
    database: Database, catalogue: Catalogue
) -> None:
    async with transaction(database) as session:
        with pytest.raises(errors.NameTaken):
            await resources.update(session, MANAGER, catalogue.twin, changes={"name": "Confocal A"})
        with pytest.raises(errors.NameTaken):
            await resources.create_location(session, MANAGER, name="Campus")
        await resources.update(session, MANAGER, catalogue.twin, changes={"name": "Confocal C"})
    async with database.reads() as reads:
        assert (await resources.get(reads, MEMBER, catalogue.twin)).name == "Confocal C"


async def test_what_does_not_exist_cannot_be_referred_to(
    database: Database, catalogue: Catalogue
) -> None:
    async with transaction(database) as session:
        for field in ("type_id", "location_id", "contact_id"):
            with pytest.raises(errors.NotInCatalogue) as refused:
                await resources.update(session, MANAGER, catalogue.twin, changes={field: ids.new()})
            assert refused.value.errors[0].field == (field,)
        with pytest.raises(errors.NotInCatalogue) as refused:
            await resources.update(session, MANAGER, catalogue.twin, changes={"version": 7})
        assert refused.value.errors[0].code == "unknown-field"


async def test_a_change_needs_the_version_that_was_read(
    database: Database, catalogue: Catalogue
) -> None:
    twin = catalogue.twin
    async with transaction(database) as session:
        read = await resources.get(session, MANAGER, twin)
        changed = await resources.update(
            session, MANAGER, twin, changes={"description": "New"}, expected_version=read.version
        )
        assert changed.version == read.version + 1
        stale = read.version
        with pytest.raises(PreconditionFailed):
            await resources.update(
                session, MANAGER, twin, changes={"description": ""}, expected_version=stale
            )
        with pytest.raises(PreconditionFailed):
            await resources.add_units(session, MANAGER, twin, expected_version=stale)
        with pytest.raises(PreconditionFailed):
            await resources.deactivate_unit(session, MANAGER, twin, 1, expected_version=stale)
        with pytest.raises(PreconditionFailed):
            await resources.set_opening_hours(session, MANAGER, twin, [], expected_version=stale)
        with pytest.raises(PreconditionFailed):
            await resources.states.set_state(
                session, MANAGER, twin, state=ResourceState.DOWN, reason="x", expected_version=stale
            )
        same = await resources.update(session, MANAGER, twin, changes={"description": "New"})
    assert same.version == changed.version
    assert await verbs(database, twin) == ["resource.created", "resource.updated"]


async def test_who_may_not_change_is_told_and_who_may_not_see_finds_nothing(
    database: Database, catalogue: Catalogue
) -> None:
    reader = scoped([Permission.RESOURCES_READ], catalogue.confocal)
    owner = scoped([Permission.RESOURCES_READ, Permission.RESOURCES_MANAGE], catalogue.twin)
    async with transaction(database) as session:
        for actor, error in ((MEMBER, Forbidden), (STRANGER, errors.ResourceNotFound)):
            with pytest.raises(error):
                await resources.update(session, actor, catalogue.twin, changes={"name": "Mine"})
        with pytest.raises(errors.ResourceNotFound):
            await resources.get(session, reader, catalogue.twin)
        with pytest.raises(Forbidden):
            await resources.create_type(session, owner, name="Mine")
        found = await resources.list_(session, reader)
        await resources.add_units(session, owner, catalogue.twin)
        with pytest.raises(Forbidden):
            await resources.list_(session, STRANGER)
    assert [view.id for view in found.items] == [catalogue.confocal]


async def test_a_booked_unit_and_the_last_one_stay_in_service(
    database: Database, catalogue: Catalogue
) -> None:
    soon = clock.now() + timedelta(hours=1)
    holder = ids.new()
    async with transaction(database) as session:
        piece = resources.calendar.Piece(
            holder, HoldKind.BOOKING, catalogue.twin, soon, soon + timedelta(hours=1), 2
        )
        await resources.calendar.replace(session, [piece], holders=set())
    async with transaction(database) as session:
        with pytest.raises(errors.UnitInUse) as refused:
            await resources.deactivate_unit(session, MANAGER, catalogue.twin, 2)
        assert refused.value.members["bookings"] == 1
        with pytest.raises(errors.LastUnit):
            await resources.deactivate_unit(session, MANAGER, catalogue.confocal, 1)
        with pytest.raises(errors.UnitNotFound):
            await resources.deactivate_unit(session, MANAGER, catalogue.twin, 3)
        await resources.calendar.release(session, {holder})
        view = await resources.deactivate_unit(session, MANAGER, catalogue.twin, 2)
        assert view.units == (1,)
        view = await resources.add_units(session, MANAGER, catalogue.twin, count=2)
        assert view.units == (1, 3, 4)
        view = await resources.activate_unit(session, MANAGER, catalogue.twin, 2)
    assert view.units == (1, 2, 3, 4)


async def test_opening_hours_are_replaced_whole_and_must_not_overlap(
    database: Database, catalogue: Catalogue
) -> None:
    week = [Weekly(day, 540, 1020) for day in range(5)]
    async with transaction(database) as session:
        before = await resources.get(session, MANAGER, catalogue.confocal)
        await resources.set_opening_hours(session, MANAGER, catalogue.confocal, week)
        after = await resources.get(session, MANAGER, catalogue.confocal)
        with pytest.raises(errors.NotInCatalogue) as refused:
            await resources.set_opening_hours(
                session,
                MANAGER,
                catalogue.confocal,
                [Weekly(0, 540, 1020), Weekly(0, 1000, 1100), Weekly(7, 0, 10), Weekly(1, 9, 9)],
            )
    assert {fault.field for fault in refused.value.errors} == {
        ("intervals", 1), ("intervals", 2), ("intervals", 3),
    }  # fmt: skip
    assert after.version > before.version
    assert after.calendar_version > before.calendar_version
    async with database.reads() as reads:
        assert list(await resources.opening_hours(reads, MEMBER, catalogue.confocal)) == week


async def test_a_policy_is_said_per_level_and_counts_its_own_versions(
    database: Database, catalogue: Catalogue
) -> None:
    level = resources.Level("type", catalogue.type)
    async with transaction(database) as session:
        before = await resources.get(session, MANAGER, catalogue.confocal)
        nothing = await resources.get_policy(session, MEMBER, level)
        assert (nothing.version, nothing.slot_minutes) == (0, None)
        said = await resources.set_policy(
            session, MANAGER, level, values={"slot_minutes": 30, "min_minutes": 60},
            expected_version=0,
        )  # fmt: skip
        more = await resources.set_policy(
            session, MANAGER, level, values={"slot_minutes": None, "max_minutes": 240},
            expected_version=said.version,
        )  # fmt: skip
        assert (more.slot_minutes, more.min_minutes, more.max_minutes) == (None, 60, 240)
        with pytest.raises(PreconditionFailed):
            await resources.set_policy(session, MANAGER, level, values={}, expected_version=0)
        after = await resources.get(session, MANAGER, catalogue.confocal)
    assert after.calendar_version > before.calendar_version
    assert (after.version, after.updated_at) == (before.version, before.updated_at)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"slot_minutes": 7}, "slot_minutes"),
        ({"min_minutes": 90, "max_minutes": 60}, "max_minutes"),
        ({"is_approval_required": 1}, "is_approval_required"),
        ({"buffer_before_minutes": -1}, "buffer_before_minutes"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused(
    database: Database, values: dict[str, object], field: str
) -> None:
    async with transaction(database) as session:
        with pytest.raises(errors.NotInCatalogue) as refused:
            await resources.set_policy(session, MANAGER, resources.SITE, values=values)
    assert refused.value.errors[0].field == (field,)


async def test_the_tree_has_no_cycles_and_what_is_in_use_stays(
    database: Database, catalogue: Catalogue
) -> None:
    async with transaction(database) as session:
        with pytest.raises(errors.LocationCycle):
            await resources.update_location(
                session, MANAGER, catalogue.site, changes={"parent_id": catalogue.room}
            )
        for location_id in (catalogue.site, catalogue.room):
            with pytest.raises(errors.StillInUse):
                await resources.delete_location(session, MANAGER, location_id)
        with pytest.raises(errors.StillInUse):
            await resources.delete_type(session, MANAGER, catalogue.type)
        annex = await resources.create_location(session, MANAGER, name="Annex")
        moved = await resources.update_location(
            session, MANAGER, catalogue.room, changes={"parent_id": annex.id}
        )
        await resources.delete_location(session, MANAGER, catalogue.site)
        tree = await resources.list_locations(session, MEMBER)
    assert moved.path == ("Annex", "B 1.07")
    assert [place.path for place in tree] == [("Annex",), ("Annex", "B 1.07")]


async def test_a_state_other_than_available_says_why(
    database: Database, catalogue: Catalogue
) -> None:
    async with transaction(database) as session:
        with pytest.raises(errors.NotInCatalogue):
            await resources.states.set_state(
                session, MANAGER, catalogue.twin, state=ResourceState.DOWN, reason=" "
            )
        await resources.states.set_state(
            session, MANAGER, catalogue.twin, state=ResourceState.DOWN, reason="Laser"
        )
        view = await resources.get(session, MEMBER, catalogue.twin)
        assert (view.state, view.state_reason) == (ResourceState.DOWN, "Laser")
        await resources.states.set_state(
            session, MANAGER, catalogue.twin, state=ResourceState.AVAILABLE, reason="Replaced"
        )
        view = await resources.get(session, MEMBER, catalogue.twin)
    assert (view.state, view.state_reason) == (ResourceState.AVAILABLE, None)
    assert (await verbs(database, catalogue.twin))[1:] == ["resource.down", "resource.available"]


async def test_types_are_counted_and_changed(database: Database, catalogue: Catalogue) -> None:
    async with transaction(database) as session:
        view = await resources.get_type(session, MEMBER, catalogue.type)
        assert view.resource_count == 2
        renamed = await resources.update_type(
            session, MANAGER, catalogue.type, changes={"name": "Confocal"},
            expected_version=view.version,
        )  # fmt: skip
        with pytest.raises(PreconditionFailed):
            await resources.update_type(
                session, MANAGER, catalogue.type, changes={"name": "X"},
                expected_version=view.version,
            )  # fmt: skip
        empty = await resources.create_type(session, MANAGER, name="Centrifuge")
        listed = await resources.list_types(session, MEMBER)
        assert [item.name for item in listed.items] == ["Centrifuge", "Confocal"]
        await resources.delete_type(session, MANAGER, empty.id)
        with pytest.raises(errors.ResourceTypeNotFound):
            await resources.get_type(session, MEMBER, empty.id)
    assert renamed.name == "Confocal"
    assert issubclass(errors.ResourceTypeNotFound, DomainError)


async def test_of_two_changes_at_once_one_is_told(database: Database, catalogue: Catalogue) -> None:
    async with database.reads() as reads:
        version = (await resources.get(reads, MEMBER, catalogue.twin)).version

    async def rename(name: str) -> str:
        async with transaction(database) as session:
            changes = {"name": name}
            await resources.update(
                session, MANAGER, catalogue.twin, changes=changes, expected_version=version
            )
        return name

    async def say(minutes: int) -> int:
        async with transaction(database) as session:
            await resources.set_policy(
                session,
                MANAGER,
                resources.SITE,
                values={"max_minutes": minutes},
                expected_version=0,
            )
        return minutes

    for first, second in ((rename("One"), rename("Two")), (say(60), say(120))):
        done = await asyncio.gather(first, second, return_exceptions=True)
        refused = [each for each in done if isinstance(each, BaseException)]
        assert len(refused) == 1
        assert isinstance(refused[0], PreconditionFailed)
