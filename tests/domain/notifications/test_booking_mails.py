"""What stands in the mailbox after what happens to bookings, one mail of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID

import icalendar
import pytest
import time_machine
from ical.calendar_stream import IcsCalendarStream
from pydantic import SecretStr
from sqlalchemy import select

from src.core import mailbox
from src.core.actor import Actor
from src.core.mailbox import Mail
from src.core.settings import Settings
from src.domain import accounts, bookings, notifications
from src.domain.bookings import BookingView, Wish
from src.domain.bookings.displacement import Choice
from src.domain.notifications import Delivery, DeliveryState
from src.domain.resources.tables import Resource, ResourceState
from tests.support.world import HOUR, MINUTE, World, tomorrow

TITLE, TITLE_ESCAPED = "Slides <b>7</b> & more", "Slides &lt;b&gt;7&lt;/b&gt; &amp; more"
NOTE, NOTE_ESCAPED = "<script>late</script>", "&lt;script&gt;late&lt;/script&gt;"
START = tomorrow(9)


@dataclass
class Letterbox:
    """Sends what waits, and gives what came."""

    world: World
    folder: Path
    seen: set[str] = field(default_factory=set)

    async def come(self) -> list[Mail]:
        """The mails since the last look, each whole."""
        post = accounts.post.Post(
            mailbox.Mailbox(self.folder), "a@lab.example.org", "https://lab.example.org"
        )
        await self.world.announced()
        async with self.world.reading() as reads:
            waiting = list(
                await reads.scalars(
                    select(Delivery.id).where(Delivery.state == DeliveryState.WAITING)
                )
            )
        for delivery_id in waiting:
            async with self.world.writing() as session:
                letter = await notifications.letter(
                    session, delivery_id, sender=post.sender, base_url=post.base_url
                )
            assert letter is not None
            sent = await accounts.post.send(post, letter, key=str(delivery_id))
            async with self.world.writing() as session:
                await notifications.record(session, delivery_id, sent)
        listed = [one.id for one in mailbox.list_(self.folder) if one.id not in self.seen]
        self.seen |= set(listed)
        found = [mailbox.read(self.folder, mail_id) for mail_id in listed]
        return [one for one in found if one is not None]


@pytest.fixture
def box(world: World, tmp_path: Path) -> Letterbox:
    """The mailbox of all people."""
    return Letterbox(world, mailbox.folder_of(tmp_path))


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Five hours before the booking; tests go on from there. Links are signed with a key."""
    accounts.tokens.configure(Settings(secret_key=SecretStr("k" * 32)))
    with time_machine.travel(START - 5 * HOUR, tick=True) as traveller:
        yield traveller


async def resource(world: World, **policy: object) -> tuple[UUID, str]:
    """A resource and its name, which looks like markup."""
    id_ = await world.resource(**policy)  # type: ignore[arg-type]
    async with world.writing() as session:
        found = await session.get_one(Resource, id_)
        found.name = f"<i>{found.name}</i>"
        return id_, found.name


async def book(world: World, actor: Actor, on: UUID) -> BookingView:
    wish = Wish(on, START, START + 2 * HOUR, title=TITLE)
    async with world.writing() as session:
        return await bookings.create(session, actor, wish=wish)


def says(mail: Mail, subject: str, sentence: str, *, made: BookingView, note: bool = False) -> None:
    """The mail says what, when, where to go, and nothing in it is markup of somebody's making."""
    assert mail.subject == subject
    assert sentence in mail.text
    assert f"Title: {TITLE}" in mail.text
    assert f"https://lab.example.org/bookings/{made.id}" in mail.text
    assert TITLE_ESCAPED in mail.html
    assert f'href="https://lab.example.org/bookings/{made.id}"' in mail.html
    assert (NOTE in mail.text) is note
    assert (NOTE_ESCAPED in mail.html) is note
    for markup in ("<b>", "<script", "<i>"):
        assert markup not in mail.html


async def test_booked_changed_displaced_and_cancelled(world: World, box: Letterbox) -> None:
    member, manager = await world.person(), await world.manager()
    on, name = await resource(world)
    made = await book(world, member, on)
    (mail,) = await box.come()
    says(mail, f"Booked: {name}", f"{name} is yours: ", made=made)
    assert "9:00" in mail.text
    async with world.writing() as session:
        changes = {"starts_at": START + HOUR}
        await bookings.change(session, member, made.id, changes=changes)
    (mail,) = await box.come()
    says(mail, f"Booking changed: {name}", f"Your booking of {name} is now ", made=made)
    twin, other = await resource(world)
    async with world.writing() as session:
        await bookings.displacement.take_down(
            session, manager, on, state=ResourceState.DOWN, reason=NOTE,
            choices={made.id: Choice("move", resource_id=twin)},
        )  # fmt: skip
    (mail,) = await box.come()
    says(mail, f"Your booking had to give way: {other}", "choose another time if that does not",
         made=made, note=True)  # fmt: skip
    async with world.writing() as session:
        await bookings.cancel(session, manager, made.id, reason=NOTE)
    (mail,) = await box.come()
    says(mail, f"Booking cancelled: {other}", "was cancelled.", made=made, note=True)
    async with world.writing() as session:
        await bookings.restore(session, manager, made.id)
    (mail,) = await box.come()
    says(mail, f"Booking restored: {other}", "The cancellation was taken back", made=made)


async def test_requested_approved_rejected_and_lapsed(
    world: World, box: Letterbox, clock: time_machine.Traveller
) -> None:
    member, manager = await world.person(name="Mia <u>"), await world.manager()
    on, name = await resource(world, units=3, is_approval_required=True, request_hold_minutes=60)
    one, two, three = [await book(world, member, on) for _ in range(3)]
    assert await box.come() == []
    async with world.writing() as session:
        await bookings.tell_deciders(session, one.id)
    (mail,) = await box.come()
    assert mail.subject == f"Please decide: {name}"
    assert f"Mia <u> asks for {name}" in mail.text
    # It leads to the page that needs no log-in.
    assert "https://lab.example.org/approvals/answer/" in mail.text
    assert f"https://lab.example.org/bookings/{one.id}" not in mail.text
    assert "Decide before: " in mail.text
    assert manager.name in mail.to
    assert "<u>" not in mail.html
    async with world.writing() as session:
        await bookings.approve(session, manager, one.id, note=NOTE)
    (mail,) = await box.come()
    says(mail, f"Approved: {name}", "was approved. It is booked.", made=one, note=True)
    async with world.writing() as session:
        await bookings.reject(session, manager, two.id, note=NOTE)
    (mail,) = await box.come()
    says(mail, f"Rejected: {name}", "was rejected. Choose another time.", made=two, note=True)
    clock.move_to(START - 3 * HOUR)
    async with world.writing() as session:
        assert await bookings.upkeep.expire_requests(session) == 1
    (mail,) = await box.come()
    says(mail, f"Request lapsed: {name}", "The slot is free again.", made=three)


async def test_reminded_and_released(
    world: World, box: Letterbox, clock: time_machine.Traveller
) -> None:
    member = await world.person()
    on, name = await resource(world, is_check_in_required=True, check_in_grace_minutes=15)
    made = await book(world, member, on)
    await box.come()
    clock.move_to(START - 30 * MINUTE)
    async with world.writing() as session:
        assert await bookings.reminders.remind(session) == 1
    (mail,) = await box.come()
    says(mail, f"Soon: {name}", f"Your booking of {name} begins soon: ", made=made)
    clock.move_to(START + 16 * MINUTE)
    async with world.writing() as session:
        assert await bookings.upkeep.release_no_shows(session) == 1
    (mail,) = await box.come()
    says(mail, f"Released: {name}", "so the time was given free.", made=made)


@dataclass(frozen=True)
class Entered:
    """What a mail says to calendars."""

    method: str
    event: Any


def invitation(folder: Path, mail: Mail) -> Entered | None:
    """The calendar's part of a mail, which stands twice in it: to be read, and to be opened."""
    raw = (folder / f"{mail.id}.eml").read_bytes()
    message = message_from_bytes(raw, policy=policy.default)
    parts = [part for part in message.walk() if not part.is_multipart()]
    kinds = [part.get_content_type() for part in parts]
    if kinds == ["text/plain", "text/html"]:
        return None
    assert kinds == ["text/plain", "text/html", "text/calendar", "application/ics"]
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "multipart/alternative", "application/ics"]  # fmt: skip
    content: Any = parts[2].get_payload(decode=True)
    assert content == parts[3].get_payload(decode=True)
    assert parts[3].get_filename() == "invite.ics"
    calendar = icalendar.Calendar.from_ical(content)
    assert calendar["method"] == parts[2].get_param("method")
    (event,) = calendar.walk("VEVENT")
    IcsCalendarStream.calendar_from_ics(bytes(content).decode())
    return Entered(str(calendar["method"]), event)


async def test_a_calendar_is_brought_up_to_date_by_each_mail(world: World, box: Letterbox) -> None:
    member, manager = await world.person(), await world.manager()
    on, name = await resource(world)
    made = await book(world, member, on)
    steps: tuple[Any, ...] = (
        lambda session: bookings.change(
            session, member, made.id, changes={"starts_at": START + HOUR}
        ),
        lambda session: bookings.cancel(session, manager, made.id),
        lambda session: bookings.restore(session, manager, made.id),
    )
    told = []
    for step in (None, *steps):
        if step is not None:
            async with world.writing() as session:
                await step(session)
        (mail,) = await box.come()
        told.append(invitation(box.folder, mail))
    found = [each for each in told if each is not None]
    assert [(each.method, int(each.event["sequence"])) for each in found] == [
        ("REQUEST", 0), ("REQUEST", 1), ("CANCEL", 2), ("REQUEST", 3)]  # fmt: skip
    assert {str(each.event["uid"]) for each in found} == {f"{made.id}@aliquot"}
    assert [str(each.event["status"]) for each in found] == [
        "CONFIRMED", "CONFIRMED", "CANCELLED", "CONFIRMED"]  # fmt: skip
    assert found[1].event.decoded("dtstart") == START + HOUR
    assert str(found[0].event["summary"]) == f"{name}: {TITLE}"
    assert str(found[0].event["organizer"]) == "mailto:a@lab.example.org"
    assert str(found[0].event["attendee"]).startswith("mailto:person")
    assert found[0].event["attendee"].params["PARTSTAT"] == "ACCEPTED"


async def test_a_request_is_entered_when_it_is_approved_and_for_whom_it_is(
    world: World, box: Letterbox
) -> None:
    member, manager = await world.person(), await world.manager()
    on, _name = await resource(world, units=2, is_approval_required=True)
    one, two = await book(world, member, on), await book(world, member, on)
    async with world.writing() as session:
        await bookings.cancel(session, manager, two.id)
    (mail,) = await box.come()
    assert invitation(box.folder, mail) is None
    async with world.writing() as session:
        await bookings.approve(session, manager, one.id)
    (mail,) = await box.come()
    told = invitation(box.folder, mail)
    assert told is not None
    assert (told.method, int(told.event["sequence"])) == ("REQUEST", 1)


async def test_who_is_invited_has_it_on_their_calendar_until_they_are_not_expected(
    world: World, box: Letterbox
) -> None:
    member, guest = await world.person(), await world.person()
    on, _name = await resource(world)
    made = await book(world, member, on)
    await box.come()
    people, id_ = bookings.parties.attendees, guest.user_id
    assert id_ is not None
    steps: tuple[Any, ...] = (
        lambda session: people.add(session, member, made.id, user_ids=[id_]),
        lambda session: people.remove(session, member, made.id, id_),
    )
    told = []
    for step in steps:
        async with world.writing() as session:
            await step(session)
        (mail,) = await box.come()
        assert guest.name in mail.to
        told.append(invitation(box.folder, mail))
    assert [(each.method, each.event["attendee"].params["PARTSTAT"]) for each in told if each] == [
        ("REQUEST", "NEEDS-ACTION"),
        ("CANCEL", "DECLINED"),
    ]


def test_these_are_all_kinds_there_are() -> None:
    told = {name for name in notifications.registered() if name.startswith("booking.")}
    assert told == {
        f"booking.{kind}"
        for kind in (
            "confirmed", "changed", "displaced", "cancelled", "requested", "approved", "rejected",
            "expired", "reminder", "no-show", "restored", "checklist",
        )
    }  # fmt: skip
