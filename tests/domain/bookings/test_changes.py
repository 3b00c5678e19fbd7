"""Changing bookings: the rules hold as on creation, and several change together or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from src.core import clock, ids
from src.core.actor import Actor, Permission, resource_scope
from src.core.errors import Forbidden, Invalid, PreconditionFailed
from src.core.events import Event
from src.domain import bookings
from src.domain.bookings import BookingView, Change, Status, Wish
from src.domain.bookings.errors import (
    BookingNotFound,
    BookingOverlaps,
    BookingRefused,
    BookingStateConflict,
    TooManyChanges,
)
from src.domain.notifications import Notification
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.tables import Hold, Resource
from tests.support.world import HOUR, World, tomorrow


async def book(world: World, actor: Actor, resource: UUID, start: datetime, hours: float = 1,
               **more: object) -> BookingView:  # fmt: skip
    wish = Wish(resource, start, start + hours * HOUR, **more)  # type: ignore[arg-type]
    async with world.writing() as session:
        made = await bookings.create(session, actor, wish=wish)
    await world.announced()
    return made


async def change(world: World, actor: Actor, id_: UUID, version: int | None = None,
                 **changes: object) -> BookingView:  # fmt: skip
    async with world.writing() as session:
        return await bookings.change(session, actor, id_, changes=changes, expected_version=version)


async def holds(world: World) -> set[tuple[datetime, datetime]]:
    async with world.reading() as reads:
        return {(hold.starts_at, hold.ends_at) for hold in await reads.scalars(select(Hold))}


async def test_a_booking_moves_with_its_hold_and_its_people_are_told(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    made = await book(world, actor, resource, tomorrow(9))
    moved = await change(world, actor, made.id, starts_at=tomorrow(10), ends_at=tomorrow(12))
    assert moved.starts_at == tomorrow(10)
    assert moved.version == made.version + 1
    assert await holds(world) == {(tomorrow(10), tomorrow(12))}
    async with world.reading() as reads:
        (event,) = await reads.scalars(select(Event).where(Event.verb == "booking.changed"))
        kinds = list(await reads.scalars(select(Notification.kind).order_by(Notification.id)))
    assert event.changes.keys() == {"starts_at", "ends_at"}
    assert kinds == ["booking.confirmed", "booking.changed"]


async def test_rules_hold_on_a_change_as_on_creation(world: World) -> None:
    actor, resource = await world.person(), await world.resource(max_minutes=60, slot_minutes=15)
    made = await book(world, actor, resource, tomorrow(9))
    with pytest.raises(BookingRefused) as caught:
        await change(world, actor, made.id, ends_at=tomorrow(10, 20))
    assert {error.code for error in caught.value.errors} == {"too-long", "off-grid"}
    assert await holds(world) == {(tomorrow(9), tomorrow(10))}


async def test_a_title_changes_under_way_without_another_judgement(world: World) -> None:
    actor, resource = await world.person(), await world.resource(slot_minutes=60)
    start = clock.now().replace(minute=0, second=0, microsecond=0)
    made = await book(world, actor, resource, start, 2)
    changed = await change(world, actor, made.id, title="New", notes=None)
    assert (changed.title, changed.notes) == ("New", "")
    longer = await change(world, actor, made.id, ends_at=start + 3 * HOUR)
    assert longer.ends_at == start + 3 * HOUR


async def test_what_is_in_use_can_change_its_end_only(world: World) -> None:
    actor, resource = await world.person(), await world.resource(units=2, slot_minutes=60)
    start = clock.now().replace(minute=0, second=0, microsecond=0)
    made = await book(world, actor, resource, start, 2)
    async with world.writing() as session:
        await bookings.check_in(session, actor, made.id)
    for changes in ({"starts_at": start + HOUR}, {"unit": 2}):
        with pytest.raises(BookingRefused) as caught:
            await change(world, actor, made.id, **changes)
        assert "already-started" in {error.code for error in caught.value.errors}
    await change(world, actor, made.id, ends_at=start + 3 * HOUR)
    assert await holds(world) == {(start, start + 3 * HOUR)}


async def test_a_booking_keeps_its_unit_when_it_moves_in_time(world: World) -> None:
    actor, resource = await world.person(), await world.resource(units=2)
    await book(world, actor, resource, tomorrow(9))
    second = await book(world, actor, resource, tomorrow(9))
    assert second.unit == 2
    moved = await change(world, actor, second.id, starts_at=tomorrow(14), ends_at=tomorrow(15))
    assert moved.unit == 2
    there = await change(world, actor, second.id, unit=1)
    assert there.unit == 1


async def test_two_swap_in_one_transaction(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    a = await book(world, actor, resource, tomorrow(9))
    b = await book(world, actor, resource, tomorrow(10))
    swap = [
        Change(a.id, {"starts_at": b.starts_at, "ends_at": b.ends_at}, a.version),
        Change(b.id, {"starts_at": a.starts_at, "ends_at": a.ends_at}, b.version),
    ]
    async with world.writing() as session:
        now_a, now_b = await bookings.change_many(session, actor, changes=swap)
    assert (now_a.starts_at, now_b.starts_at) == (b.starts_at, a.starts_at)


async def test_a_row_of_bookings_shifts_by_an_hour_in_one_transaction(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    made = [await book(world, actor, resource, tomorrow(8 + n)) for n in range(8)]
    shift = [
        Change(each.id, {"starts_at": each.starts_at + HOUR, "ends_at": each.ends_at + HOUR})
        for each in made
    ]
    async with world.writing() as session:
        await bookings.change_many(session, actor, changes=shift)
    assert await holds(world) == {(tomorrow(9 + n), tomorrow(10 + n)) for n in range(8)}


async def test_of_several_changes_all_happen_or_none(world: World) -> None:
    actor, other = await world.person(), await world.person()
    resource = await world.resource()
    made = [await book(world, actor, resource, tomorrow(9 + n)) for n in range(2)]
    await book(world, other, resource, tomorrow(12))
    before = await holds(world)
    with pytest.raises(BookingOverlaps) as caught:
        async with world.writing() as session:
            await bookings.change_many(
                session,
                actor,
                changes=[
                    Change(made[0].id, {"title": "Changed"}),
                    Change(made[1].id, {"starts_at": tomorrow(12), "ends_at": tomorrow(13)}),
                ],
            )
    assert len(caught.value.members["conflicts"]) == 1
    assert await holds(world) == before
    async with world.reading() as reads:
        assert (await bookings.get(reads, actor, made[0].id)).title == ""


async def test_a_fault_among_several_names_its_place(world: World) -> None:
    actor, resource = await world.person(), await world.resource(max_minutes=60)
    made = [await book(world, actor, resource, tomorrow(9 + n)) for n in range(2)]
    with pytest.raises(BookingRefused) as caught:
        async with world.writing() as session:
            await bookings.change_many(
                session, actor, changes=[Change(made[0].id, {"title": "a"}),
                                         Change(made[1].id, {"ends_at": tomorrow(13)})]
            )  # fmt: skip
    assert caught.value.errors[0].field == ("changes", 1, "ends_at")


async def test_lists_of_changes_are_bounded_and_name_each_booking_once(world: World) -> None:
    actor = await world.person()
    async with world.writing() as session:
        with pytest.raises(TooManyChanges):
            many = [Change(ids.new(), {}) for _ in range(501)]
            await bookings.change_many(session, actor, changes=many)
        twice = Change(ids.new(), {})
        with pytest.raises(Invalid):
            await bookings.change_many(session, actor, changes=[twice, twice])


async def test_a_stale_version_changes_nothing(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    made = await book(world, actor, resource, tomorrow(9))
    await change(world, actor, made.id, made.version, title="First")
    with pytest.raises(PreconditionFailed):
        await change(world, actor, made.id, made.version, title="Second")


async def test_others_bookings_are_masked_and_not_theirs_to_change(world: World) -> None:
    actor, other, manager = await world.person(), await world.person(), await world.manager()
    resource = await world.resource()
    made = await book(world, actor, resource, tomorrow(9), title="Secret", notes="Patient 7")
    async with world.reading() as reads:
        seen = await bookings.get(reads, other, made.id)
        whole = await bookings.get(reads, manager, made.id)
        found = await bookings.list_(reads, other, which=bookings.Filter(q="secret"))
        listed = await bookings.list_(reads, other)
        words = [bookings.Filter(q=q) for q in ("7 secret", "secret nine")]
        own = [len((await bookings.list_(reads, actor, which=one)).items) for one in words]
    assert own == [1, 0], "every word, wherever it stands"
    assert (seen.title, seen.notes, seen.booked_by, seen.booked_for) == ("Booked", "", None, None)
    assert (seen.is_masked, seen.allowed) == (True, ())
    assert whole.title == "Secret"
    assert whole.allowed == ("edit", "cancel")
    assert found.items == []
    assert [view.title for view in listed.items] == ["Booked"]
    with pytest.raises(Forbidden):
        await change(world, other, made.id, title="Mine")
    await change(world, manager, made.id, title="Managed")
    async with world.writing() as session:
        await bookings.cancel(session, actor, made.id)
    with pytest.raises(BookingNotFound):
        await change(world, other, made.id, title="Mine")
    async with world.reading() as reads:
        assert (await bookings.list_(reads, other)).items == []


async def test_a_team_sees_its_own_bookings_whole(world: World) -> None:
    team, resource = await world.team(), await world.resource()
    one, mate = await world.person(team_ids=[team]), await world.person(team_ids=[team])
    made = await book(world, one, resource, tomorrow(9), title="Ours", team_id=team)
    async with world.reading() as reads:
        seen = await bookings.get(reads, mate, made.id)
    assert (seen.title, seen.allowed) == ("Ours", ())


async def test_what_is_over_cannot_be_changed(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    made = await book(world, actor, resource, tomorrow(9))
    async with world.writing() as session:
        await bookings.cancel(session, actor, made.id)
    with pytest.raises(BookingStateConflict):
        await change(world, actor, made.id, title="Late")
    with pytest.raises(Invalid):
        await change(world, actor, made.id, status=Status.CONFIRMED)


async def test_what_was_approved_may_be_shortened_and_not_moved_by_oneself(world: World) -> None:
    actor, manager = await world.person(), await world.manager()
    resource = await world.resource(is_approval_required=True)
    made = await book(world, actor, resource, tomorrow(9), 3)
    async with world.writing() as session:
        await bookings.approve(session, manager, made.id)
    await change(world, actor, made.id, ends_at=tomorrow(11))
    with pytest.raises(BookingRefused) as caught:
        await change(world, actor, made.id, starts_at=tomorrow(14), ends_at=tomorrow(15))
    assert caught.value.errors[0].code == "approval-needed"
    moved = await change(world, manager, made.id, starts_at=tomorrow(14), ends_at=tomorrow(15))
    assert moved.status is Status.CONFIRMED


async def test_a_request_that_moves_keeps_its_deadline(world: World) -> None:
    actor, free = await world.person(), await world.resource()
    resource = await world.resource(is_approval_required=True, request_hold_minutes=60)
    made = await book(world, actor, resource, tomorrow(9))
    moved = await change(world, actor, made.id, starts_at=tomorrow(12), ends_at=tomorrow(13))
    assert moved.request_expires_at == made.request_expires_at
    assert moved.status is Status.REQUESTED
    elsewhere = await change(world, actor, made.id, resource_id=free)
    assert elsewhere.status is Status.CONFIRMED
    assert elsewhere.request_expires_at is None
    async with world.reading() as reads:
        (hold,) = await reads.scalars(select(Hold))
    assert hold.expires_at is None


async def test_a_team_is_ones_own_on_a_change_too(world: World) -> None:
    team, resource = await world.team(), await world.resource()
    actor = await world.person()
    made = await book(world, actor, resource, tomorrow(9))
    for stranger in (team, ids.new()):
        with pytest.raises(BookingRefused) as caught:
            await change(world, actor, made.id, team_id=stranger)
        assert caught.value.errors[0].code == "unknown-team"


async def test_another_unit_is_a_change_of_record(world: World) -> None:
    actor, resource = await world.person(), await world.resource(units=2)
    made = await book(world, actor, resource, tomorrow(9))
    assert (await change(world, actor, made.id, unit=2)).unit == 2
    async with world.reading() as reads:
        (event,) = await reads.scalars(select(Event).where(Event.verb == "booking.changed"))
    assert event.changes.keys() == {"unit_id"}


def only_on(actor: Actor, resource: UUID, *permissions: Permission) -> Actor:
    """The actor, holding these permissions on one resource alone."""
    held = dict.fromkeys(permissions, frozenset[str | None]({resource_scope(resource)}))
    return replace(actor, granted={**actor.granted, **held})


async def test_nobody_moves_a_booking_to_where_they_may_not_book(world: World) -> None:
    person, here, there = await world.person(), await world.resource(), await world.resource()
    made = await book(world, person, here, tomorrow(9))
    actor = only_on(person, here, Permission.BOOKINGS_CREATE)
    with pytest.raises(Forbidden):
        await change(world, actor, made.id, resource_id=there)
    wish = Wish(there, tomorrow(9), tomorrow(10))
    with pytest.raises(Forbidden):
        async with world.reading() as reads:
            await bookings.check(reads, actor, wish=wish, booking_id=made.id)
    assert (await change(world, person, made.id, resource_id=there)).resource.id == there


async def test_a_refusal_names_nobody_of_a_resource_that_may_not_be_seen(world: World) -> None:
    person, manager = await world.person(), await world.manager()
    here, hidden = await world.resource(), await world.resource()
    made = await book(world, person, here, tomorrow(9))
    async with world.writing() as session:
        (await session.get_one(Resource, hidden)).contact_id = manager.user_id
    actor = only_on(person, here, Permission.RESOURCES_READ)
    with pytest.raises(BookingRefused) as caught:
        await change(world, actor, made.id, resource_id=hidden, team_id=ids.new())
    assert caught.value.members["contact"] is None
    with pytest.raises(ResourceNotFound):
        await change(world, actor, made.id, resource_id=hidden)
