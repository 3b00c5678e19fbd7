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
from tests.web.test_events_api import happened, old_months
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


def test_the_record_is_narrowed_to_a_kind_in_words_and_to_one_thing(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    mine = lab.book(9)
    lab.book(11, by="other")
    manager = Visitor.logged_in(lab, "manager")
    page = manager.see("/events?verb=kind:log-in")
    assert rows(page) == 1
    assert page.value("verb") == "kind:log-in"
    for words in ("Log-in", "Failed log-in", "Restricted data read", "Checked in"):
        assert f">{words}</option>" in page.response.text
    one = manager.see(f"/events?about={mine['id']}&subject=booking")
    assert rows(one) == 1
    assert one.value("about") == mine["id"]
    assert rows(manager.see("/events?verb=kind:gossip")) > 2


def test_what_the_list_shows_is_exported_and_offered_on_the_page_of_the_operation(
    lab: Lab,
) -> None:
    lab.book(9)
    lab.book(11, by="other")
    admin = Visitor.logged_in(lab, "admin")
    page = admin.see(f"/events?verb=booking.&actor={lab.ids.other}")
    form = next(one for one in page.forms if one.fields.get("format") == ["jsonl"])
    operation = admin.send(form)

    def is_done() -> bool:
        return REFRESH not in admin.see(operation.path).response.text

    servers.wait_until(is_done, what="the export")
    done = admin.see(operation.path)
    file = next(link for link in done.links if link.endswith("/file"))
    answer = admin.request("GET", file)
    assert answer.status_code == 200
    assert len(answer.text.splitlines()) == 1
    assert answer.headers["content-disposition"].endswith('.jsonl"')
    wrong = {"since": "yesterday", "format": "csv"}
    refused = admin.send(form, **wrong)
    assert refused.path == "/events"
    assert "Enter a date" in refused.text


def test_an_archived_month_is_read_on_a_page(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    manager = Visitor.logged_in(lab, "admin")
    assert not manager.see("/events").has("/events/archives")
    assert "Nothing has been archived." in manager.see("/events/archives").text
    old_months(lab)
    record = manager.see("/events")
    assert "2024-09 stands in the archive" in record.text
    months = manager.see("/events/archives")
    address = next(link for link in months.links if link.startswith("/events/archives/"))
    month = manager.see(address)
    assert rows(month) == 3
    assert rows(manager.see(f"{address}?after=2")) == 1
    assert "Nothing fits." in manager.see(f"{address}?verb=kind:log-in").text
    assert Visitor.logged_in(lab, "member").see(address).status == 403


def test_people_see_what_happened_to_their_access_with_device_and_address(
    sqlite_lab: Lab,
) -> None:
    lab = sqlite_lab
    member = Visitor.logged_in(lab, "member")
    happened(lab, "user.log_in_refused", ("user", lab.ids.member), ip="192.0.2.8")
    happened(lab, "user.password_changed", ("user", lab.ids.member), by=lab.ids.admin, ip="::1")
    assert "/me/security" in member.see("/me").links
    page = member.see("/me/security")
    assert page.text.index("Password changed") < page.text.index("Log-in refused")
    assert page.text.index("Log-in refused") < page.text.index("Logged in")
    assert "192.0.2.8" in page.text
    assert "by Ada Admin" in page.text
    assert "::1" not in page.text
    assert "Further in the list" in member.see("/me/security?limit=1").text


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
