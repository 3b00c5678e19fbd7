from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from src.core import ids, language, mailbox
from src.core.actor import SYSTEM, Actor
from src.core.db import Database, reading, transaction
from src.core.errors import Kind
from src.core.language import mark
from src.core.mail import Letter, NullMailer
from src.core.outbox import Message
from src.core.paging import Paging
from src.core.settings import Settings
from src.domain import accounts, notifications
from src.domain.accounts import User, UserState, UserView
from src.domain.bookings import notices as _notices  # noqa: F401 - registers its kinds
from src.domain.notifications import (
    Delivery,
    DeliveryState,
    Notification,
    letters,
    rendering,
)
from tests.support.statements import counted

notifications.kind(
    "test.asked",
    title=mark("Please decide: %(resource)s"),
    body="%(by)s asks for %(resource)s until %(request_expires_at)s %(nothing)s",
    action=mark("Approve or reject"),
    facts=(("Note", "%(reason)s"), (mark("When"), mark("%(when)s"))),
    people=("by",),
)
notifications.kind("test.quiet", title="Quiet", body="", action="Open", mail=False)

ARGS: dict[str, Any] = {
    "resource": "Confocal <1>",
    "starts_at": datetime(2026, 11, 23, 9, tzinfo=UTC),
    "ends_at": datetime(2026, 11, 23, 11, tzinfo=UTC),
    "request_expires_at": datetime(2026, 11, 22, 23, 30, tzinfo=UTC),
}


@pytest.fixture(autouse=True)
def keyring() -> None:
    """Links at the foot of mails are sealed with it."""
    accounts.tokens.configure(Settings(secret_key=SecretStr("k" * 32)))


@pytest.fixture
async def people(database: Database) -> tuple[UserView, UserView]:
    """One who reads German in Berlin, and one in UTC."""
    async with transaction(database) as session:
        return (
            await accounts.create_user(
                session, SYSTEM, email="lena@example.org", name="Lena", locale="de",
                timezone="Europe/Berlin",
            ),
            await accounts.create_user(session, SYSTEM, email="bob@example.org", name="Bob"),
        )  # fmt: skip


async def actor_of(database: Database, user: UserView) -> Actor:
    async with reading(database) as reads:
        actor = await accounts.actor_of_user(reads, user.id)
    assert actor is not None
    return actor


async def tell(
    database: Database, user: UserView, kind: str = "test.asked", **args: object
) -> None:
    async with transaction(database) as session:
        await notifications.notify(
            session, user_id=user.id, kind=kind, args=ARGS | args, link="/bookings/1",
            subject=("booking", ids.new()),
        )  # fmt: skip


async def only_delivery(database: Database) -> Delivery:
    async with reading(database) as reads:
        return (await reads.scalars(select(Delivery))).one()


async def test_it_is_read_in_the_readers_language_zone_and_with_todays_names(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    lena, bob = people
    await tell(database, lena, by=bob.id)
    async with transaction(database) as session:
        await accounts.update_user(session, SYSTEM, bob.id, changes={"name": "Robert"})
    async with reading(database) as reads:
        with language.reading_as("de"):
            (seen,) = (await notifications.list_for(reads, await actor_of(database, lena))).items
    assert seen.title == "Bitte entscheiden: Confocal <1>"
    assert seen.body == "Robert asks for Confocal <1> until 23.11.2026, 00:30:00"
    assert (seen.link, seen.read_at) == ("/bookings/1", None)


async def test_what_is_rolled_back_tells_nobody(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    with pytest.raises(RuntimeError, match="not after all"):
        async with transaction(database) as session:
            await notifications.notify(
                session, user_id=people[0].id, kind="test.asked", args=ARGS, link=None
            )
            raise RuntimeError("not after all")
    async with reading(database) as reads:
        for table in (Notification, Delivery, Message):
            assert not (await reads.scalars(select(table))).all()


async def test_a_notification_puts_its_mail_into_the_outbox(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    await tell(database, people[0])
    await tell(database, people[0], "test.quiet")
    delivery = await only_delivery(database)
    async with reading(database) as reads:
        job = (await reads.scalars(select(Message))).one()
    assert (job.topic, job.queue) == ("notifications.mail", "notifications")
    assert job.payload == {"delivery_id": str(delivery.id)}
    assert delivery.state is DeliveryState.WAITING


async def test_an_unknown_kind_and_a_time_without_zone_are_faults_of_ours(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    with pytest.raises(KeyError):
        await tell(database, people[0], "test.unknown")
    with pytest.raises(ValueError, match="without zone"):
        await tell(database, people[0], starts_at=datetime(2026, 1, 1))  # noqa: DTZ001


async def test_ones_own_are_listed_counted_and_marked(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    lena, bob = people
    for _ in range(3):
        await tell(database, lena)
    await tell(database, bob)
    actor, other = await actor_of(database, lena), await actor_of(database, bob)
    async with reading(database) as reads:
        page = await notifications.list_for(reads, actor, paging=Paging(limit=2))
        rest = await notifications.list_for(reads, actor, paging=Paging(2, page.next))
        assert await notifications.unread_count(reads, actor) == 3
    newest, second = page.items
    assert [item.created_at for item in (newest, second, *rest.items)] == sorted(
        (item.created_at for item in (*page.items, *rest.items)), reverse=True
    )
    async with transaction(database) as session:
        assert await notifications.mark_read(session, other, [newest.id]) == 0
        assert await notifications.mark_read(session, actor, [newest.id, ids.new()]) == 1
    async with reading(database) as reads:
        unread = await notifications.list_for(reads, actor, unread=True)
        assert newest.id not in {item.id for item in unread.items}
        assert await notifications.unread_count(reads, actor) == 2
    async with transaction(database) as session:
        assert await notifications.mark_read(session, actor) == 2
    async with reading(database) as reads:
        assert await notifications.unread_count(reads, actor) == 0
        assert await notifications.unread_count(reads, other) == 1


async def test_a_list_costs_two_statements_whatever_its_length(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    lena, bob = people
    for _ in range(5):
        await tell(database, lena, by=bob.id)
    actor = await actor_of(database, lena)
    async with reading(database) as reads:
        with counted(database) as said:
            await notifications.list_for(reads, actor)
    assert len(said) == 2


async def test_the_mail_says_what_when_and_what_to_do(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    lena, bob = people
    await tell(database, lena, "booking.reminder", by=bob.id)
    delivery = await only_delivery(database)
    async with transaction(database) as session:
        letter = await notifications.letter(
            session, delivery.id, sender="A <a@lab.example.org>", base_url="https://lab.example.org"
        )
    assert letter is not None
    assert (letter.to, letter.to_name, letter.locale) == ("lena@example.org", "Lena", "de")
    assert letter.subject == "Bald: Confocal <1>"
    with language.reading_as("de"):
        turn_off, choose = (
            language.gettext(words)
            for words in ("Turn these mails off", "Choose what you are told")
        )
    link = letter.text.partition(f"{turn_off}:\n")[2].partition("\n")[0]
    assert letter.text == (
        "Guten Tag Lena,\n\n"
        "Ihre Buchung von Confocal <1> beginnt bald:"
        " Montag, 23. November 2026, 10:00 – 12:00 (Europe/Berlin).\n\n"
        "Was: Confocal <1>\n"
        "Wann: Montag, 23. November 2026, 10:00 – 12:00 (Europe/Berlin)\n\n"
        "Buchung öffnen:\nhttps://lab.example.org/bookings/1\n\n"
        "--\nVon Aliquot für Aliquot gesandt. Bitte antworten Sie nicht auf diese Mail.\n"
        f"\n{turn_off}:\n{link}\n"
        f"\n{choose}:\nhttps://lab.example.org/me/notification-preferences\n"
    )
    assert link.startswith("https://lab.example.org/unsubscribe/")
    assert letter.unsubscribe == link.replace("/unsubscribe/", "/api/v1/unsubscribe/")
    assert f'<a href="{link}">{turn_off}</a>' in letter.html
    assert "Confocal &lt;1&gt;" in letter.html
    assert "Confocal <1>" not in letter.html
    assert 'href="https://lab.example.org/bookings/1"' in letter.html
    assert '<html lang="de">' in letter.html


async def test_who_chose_no_language_gets_mails_in_that_of_the_institute(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    _lena, bob = people
    await tell(database, bob, "booking.reminder")
    delivery = await only_delivery(database)
    async with transaction(database) as session:
        session.add(
            accounts.Institute(id=1, name="Labor", timezone="UTC", currency="EUR", locale="de")
        )
    async with transaction(database) as session:
        letter = await notifications.letter(session, delivery.id, sender="a@b.c", base_url="")
    assert letter is not None
    assert (letter.subject, letter.locale) == ("Bald: Confocal <1>", "de")


async def test_a_delivery_is_sent_once_and_written_down(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    await tell(database, people[0])
    delivery = await only_delivery(database)
    post = accounts.post.Post(NullMailer([]), "a@lab.example.org", "https://lab.example.org")

    async def letter() -> Letter | None:
        async with transaction(database) as session:
            return await notifications.letter(
                session, delivery.id, sender=post.sender, base_url=post.base_url
            )

    loaded = await letter()
    assert loaded is not None
    message_id = await accounts.post.send(post, loaded, key="job-1-send")
    async with transaction(database) as session:
        await notifications.record(session, delivery.id, message_id)
    done = await only_delivery(database)
    assert (done.state, done.message_id) == (DeliveryState.SENT, message_id)
    assert done.sent_at is not None
    assert await letter() is None


async def test_a_suspended_person_gets_no_mail(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    await tell(database, people[0])
    async with transaction(database) as session:
        await session.execute(
            update(User).where(User.id == people[0].id).values(state=UserState.SUSPENDED)
        )
    delivery = await only_delivery(database)
    async with transaction(database) as session:
        assert await notifications.letter(session, delivery.id, sender="a@b.c", base_url="") is None
    skipped = await only_delivery(database)
    assert (skipped.state, skipped.detail) == (DeliveryState.SKIPPED, "the person is suspended")


async def test_what_only_a_newer_worker_knows_waits_for_it(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    await tell(database, people[0])
    async with transaction(database) as session:
        await session.execute(update(Notification).values(kind="from.the.future"))
    delivery = await only_delivery(database)
    with pytest.raises(letters.KindUnknown) as refused:
        async with transaction(database) as session:
            await notifications.letter(session, delivery.id, sender="a@b.c", base_url="")
    assert refused.value.kind is Kind.UNAVAILABLE
    async with reading(database) as reads:
        with language.reading_as("de"):
            page = await notifications.list_for(reads, await actor_of(database, people[0]))
    assert page.items[0].title == "Es ist etwas geschehen"


async def test_the_institutes_address_is_the_sender(
    database: Database, people: tuple[UserView, UserView]
) -> None:
    async with transaction(database) as session:
        session.add(
            accounts.Institute(
                id=1, name="Institute, Ltd", timezone="UTC", currency="EUR",
                mail_from="lab@institute.example.org",
            )
        )  # fmt: skip
    await tell(database, people[0])
    delivery = await only_delivery(database)
    async with transaction(database) as session:
        letter = await notifications.letter(session, delivery.id, sender="a@b.c", base_url="")
    assert letter is not None
    assert letter.sender == '"Institute, Ltd" <lab@institute.example.org>'


async def test_a_test_mail_arrives(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    await notifications.test_mail(settings, to="ada@example.org")
    (arrived,) = mailbox.list_(mailbox.folder_of(tmp_path))
    assert (arrived.to, arrived.subject) == ("ada@example.org", "Mail from Aliquot works")
    with pytest.raises(accounts.BadEmail):
        await notifications.test_mail(settings, to="nobody")


@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_kind_can_be_told_in_every_language(locale: str) -> None:
    for kind in notifications.registered().values():
        told = rendering.render(
            Notification(kind=kind.name, args=rendering.plain(ARGS)), {}, locale, "UTC"
        )
        assert told.title
        assert "%(" not in "".join((told.title, told.body, told.action, *map(str, told.facts)))
