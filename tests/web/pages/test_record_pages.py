"""The record as a page, and the operation that proves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import operations
from src.core.actor import Actor
from src.core.outbox import Topic
from tests.support import servers
from tests.support.application import Lab
from tests.web.pages.visitor import Shown, Visitor
from tests.web.test_jobs_api import write

REFRESH = '<noscript><meta http-equiv="refresh"'  # with scripts, live updates take its place
NOBODYS = Topic("test.nobodys-page", "maintenance")  # no handler: it stays as it is


def rows(page: Shown) -> int:
    return page.response.text.count("<tr><td")


def test_the_record_is_filtered_by_its_address(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    mine, others = lab.book(9), lab.book(11, by="other")
    manager = Visitor.logged_in(lab, "manager")

    def shown(**query: object) -> Shown:
        return manager.see(f"/events?{urlencode(query)}")

    everything = shown()
    assert f"/bookings/{mine['id']}" in everything.links
    assert rows(shown(verb="booking.confirmed")) == 2
    theirs = shown(verb="booking.", actor=lab.ids.other)
    assert rows(theirs) == 1
    assert f"/bookings/{others['id']}" in theirs.links
    assert theirs.value("actor") == str(lab.ids.other)
    assert rows(shown(subject="booking")) == 2
    today = datetime.now(UTC).date()
    assert rows(shown(subject="booking", since=today, until=today)) == 2
    assert rows(shown(subject="booking", until=today - timedelta(days=1))) == 0
    assert "Nothing fits." in shown(since=today + timedelta(days=1)).text
    wrong = shown(since="yesterday", actor="nobody")
    assert (wrong.status, rows(wrong)) == (200, rows(everything))
    assert "Enter a date" in wrong.text
    first = shown(limit=1)
    onward = next(link for link in first.links if "cursor=" in link)
    assert rows(first) == rows(manager.see(onward)) == 1


def test_what_stands_in_the_record_is_never_markup(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    made = lab.book(9)
    reason = "<script>alert(1)</script>"
    answer = lab.post(f"/bookings/{made['id']}/cancel", by="manager", json={"reason": reason})
    assert answer.status_code == 200, answer.text
    page = Visitor.logged_in(lab, "manager").see("/events?verb=booking.cancelled")
    assert "&lt;script&gt;" in page.response.text
    assert reason not in page.response.text


def test_the_record_is_verified_by_a_button_and_the_page_tells_how_far_it_is(lab: Lab) -> None:
    admin = Visitor.logged_in(lab, "admin")
    operation = admin.send(admin.see("/events").form("/events/verify"))
    assert operation.path.startswith("/operations/")

    def has_ended() -> bool:
        return REFRESH not in admin.see(operation.path).response.text

    servers.wait_until(has_ended, what="the report")
    assert "The record is whole" in admin.see(operation.path).text
    assert not admin.see(operation.path).has(f"{operation.path}/cancel")
    assert Visitor.logged_in(lab, "member").see(operation.path).status == 404


def test_an_operation_loads_itself_again_until_it_is_cancelled(sqlite_lab: Lab) -> None:
    lab = sqlite_lab

    async def work(session: AsyncSession) -> str:
        actor = Actor(user_id=lab.ids.member)
        operation = await operations.start(session, actor, NOBODYS, {}, of=8)
        await session.execute(text("UPDATE operations SET done = 3, message = 'So far <b>'"))
        return f"/operations/{operation.id}"

    path = write(lab, work)
    member = Visitor.logged_in(lab, "member")
    page = member.see(path)
    assert REFRESH in page.response.text
    assert 'hx-trigger="live:operation from:body' in page.response.text
    assert "3 of 8" in page.text
    assert 'max="8" value="3"' in page.response.text
    assert "So far &lt;b&gt;" in page.response.text
    ended = member.send(page.form(f"{path}/cancel"))
    assert "Cancelled" in ended.text
    assert REFRESH not in ended.response.text
    assert not ended.has(f"{path}/cancel")


def test_a_report_of_faults_is_listed_row_by_row(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    report = {
        "is_sound": False, "checked": 2, "last_seq": 2, "last_hash": "0" * 64, "found": 7,
        "faults": [{"kind": "edited", "seq": 1, "event_id": None, "detail": "its seal <i>"}],
    }  # fmt: skip

    async def work(session: AsyncSession) -> str:
        topic = Topic("events.verify", "reports")
        operation = await operations.start(session, Actor(user_id=lab.ids.admin), topic, {})
        await operations.finish(session, operation.id, result=report)
        return f"/operations/{operation.id}"

    page = Visitor.logged_in(lab, "admin").see(write(lab, work))
    assert "7 places do not fit." in page.text
    assert "its seal &lt;i&gt;" in page.response.text
    assert "The first 1 are listed." in page.text
