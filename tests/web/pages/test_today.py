"""Today, the search and one's own details: each shows what is the reader's, and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest

from src.core.actor import Permission
from src.domain.accounts import RoleName
from src.web.pages import permissions
from tests.support.application import PASSWORD, Lab
from tests.support.servers import wait_until
from tests.web.pages.visitor import Visitor
from tests.web.test_approvals_api import named_by_policy

FRAGMENT = {"HX-Request": "true", "Accept": "text/html"}


def soon(minutes: float) -> str:
    """A moment from now on."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


def part(visitor: Visitor, path: str) -> httpx2.Response:
    """What htmx gets."""
    client = visitor.lab.client
    client.cookies = visitor.cookies
    return client.get(path, headers=FRAGMENT, follow_redirects=False)


def test_what_is_about_to_begin_can_be_checked_in_to(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    member, other = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "other")
    now = lab.book(starts_at=soon(10), ends_at=soon(70), title="Now")
    lab.book(10, title="Later")
    page = member.see("/")
    assert "Begins at" in page.text
    assert "Later" in page.text
    action = f"/bookings/{now['id']}/check-in"
    assert [one.action for one in page.forms if one.action.endswith("/check-in")] == [action]
    assert not other.see("/").has(action)
    member.send(page.form(action))
    page = member.see("/")
    assert "In use until" in page.text
    assert page.has(f"/bookings/{now['id']}/check-out")


def test_requests_are_shown_to_those_who_may_decide_and_to_nobody_else(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    address = f"/resources/{lab.ids.confocal}/policy"
    answer = lab.call("PATCH", address, by="manager", json={"is_approval_required": True},
                      headers={"If-Match": "*"})  # fmt: skip
    assert answer.status_code == 200, answer.text
    asked, own = lab.book(9, by="member", title="Asked"), lab.book(12, by="manager", title="Own")
    manager = Visitor.logged_in(lab, "manager").see("/")
    assert manager.has(f"/bookings/{asked['id']}/approve")
    assert not manager.has(f"/bookings/{own['id']}/approve"), "nobody decides on their own"
    assert "Waiting for your decision" not in Visitor.logged_in(lab, "member").see("/").text


def test_who_is_asked_by_name_finds_it_whatever_their_role(lab: Lab) -> None:
    other = Visitor.logged_in(lab, "other")
    page = other.see("/")
    assert "Waiting for your decision" not in page.text
    assert "/requests" not in page.links
    steps = [{"approvers": [{"kind": "person", "value": str(lab.ids.other)}]}]
    made = lab.post("/approval-rules", by="manager", json={"name": "By name", "steps": steps})
    assert made.status_code == 201, made.text
    named_by_policy(lab, UUID(made.json()["data"]["id"]))
    asked = lab.book(9, by="member", title="Asked")
    assert other.see("/").has(f"/bookings/{asked['id']}/approve")
    wait_until(lambda: "/requests" in other.see("/me").links, what="the entry of requests")
    assert "Asked" in other.see("/requests").text


def test_what_is_down_says_since_when_and_whom_to_ask(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    member, manager = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "manager")
    assert "Everything works." in member.see("/").text
    path = f"/resources/{lab.ids.confocal}"
    lab.patch(path, by="manager", json={"contact_id": str(lab.ids.manager)})
    state = f"{path}/state"
    manager.send(manager.see(state).form(state), state="down", reason="The laser is dead")
    page = member.see("/")
    assert "The laser is dead" in page.text
    assert f"Since {datetime.now(UTC):%a} {datetime.now(UTC).day}" in page.text
    assert "mailto:manager@example.org" in page.links
    assert "Confocal" not in page.text.split("Free now")[-1]


def test_one_tap_leads_from_what_is_free_to_the_form(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    lab = sqlite_lab
    lab.book(resource_id=str(lab.ids.cytometer), starts_at=soon(120), ends_at=soon(180))
    page = member.see("/")
    assert "free for two weeks" in page.text
    assert "free until" in page.text
    links = [one for one in page.links if one.startswith("/bookings/new")]
    assert len(links) == 2
    assert str(lab.ids.cytometer) in links[0], "what one uses comes first"
    assert member.see(links[0]).status == 200


def test_today_costs_the_same_whatever_there_is(lab: Lab) -> None:
    manager = Visitor.logged_in(lab, "manager")
    costs, told = [], 0
    for hours in ((9,), (10, 11, 12, 13, 14, 15)):
        for hour in hours:
            lab.book(hour, by="manager")
        told += len(hours)
        manager.waits_for_unread(told)
        costs.append(manager.cost("/"))
    assert costs[0] == costs[1] <= 12 + 6 - 1, "and the bell; six for the team's morning"


def test_a_part_of_the_page_comes_alone_and_leads_to_the_log_in_after_its_end(
    sqlite_lab: Lab,
) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    alone = part(member, "/")
    assert alone.text.strip().startswith('<div class="columns" id="today"')
    assert "<main" not in alone.text
    member.cookies.clear()
    ended = part(member, "/resources")
    assert (ended.status_code, ended.text) == (204, "")
    assert ended.headers["HX-Redirect"].startswith("/login?next=")


def test_the_search_finds_what_the_reader_may_see(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    made = lab.book(9, by="member", title="Zebrafish")
    member, other, manager = (Visitor.logged_in(lab, one) for one in ("member", "other", "manager"))
    link = f"/bookings/{made['id']}"
    assert link in member.see("/search?q=zebra").links
    assert link in manager.see("/search?q=ZEBRA").links
    assert link not in other.see("/search?q=zebra").links
    assert "Nothing was found" in other.see("/search?q=zebra").text
    assert f"/resources/{lab.ids.confocal}" in other.see("/search?q=conf micro").links
    assert part(member, "/search?q=").text.strip() == ""
    below = part(member, "/search?q=zebra").text
    assert link in below
    assert "<html" not in below
    assert Visitor(lab).request("GET", "/search?q=zebra").status_code == 303


def test_one_changes_ones_own_name_zone_and_language(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    stale = member.see("/me").form("/me")
    done = member.send(stale, name="Mia Example", timezone="Asia/Tokyo", locale="de")
    assert (done.status, done.value("name")) == (200, "Mia Example")
    assert done.response.headers["content-language"] == "de"
    assert "Asia/Tokyo" in done.text
    assert member.send(stale, name="Too late").status == 412
    for field, value in (("timezone", "Mars/Olympus"), ("name", "x" * 201), ("locale", "xx")):
        refused = member.send(member.see("/me").form("/me"), **{field: value})
        assert refused.status == 422, field
        assert f'aria-describedby="{field}' in refused.response.text


def test_a_new_password_ends_the_other_log_ins(sqlite_lab: Lab) -> None:
    here, there = (Visitor.logged_in(sqlite_lab, "member") for _ in range(2))
    form = here.see("/me").form("/me/password")
    wrong = here.send(form, current_password="not this one", new_password="quite another phrase")
    assert wrong.status == 422
    assert "This is not your current password." in wrong.text
    assert "quite another phrase" not in wrong.response.text
    done = here.send(form, current_password=PASSWORD, new_password="quite another phrase")
    assert "Your password was changed" in done.text
    assert there.request("GET", "/me").status_code == 303


def test_every_permission_and_role_is_told_in_words(sqlite_lab: Lab) -> None:
    assert set(permissions.WORDS) == set(Permission)
    assert set(permissions.ROLES) == set(permissions.MEANINGS) == set(RoleName)
    member, admin = (
        Visitor.logged_in(sqlite_lab, one).see("/me").text for one in ("member", "admin")
    )
    assert "Book and request for yourself" in member
    assert "Add people" not in member
    assert "Add people" in admin
    refused = Visitor.logged_in(sqlite_lab, "member").see("/jobs")
    assert "allowed to the role Administrator" in refused.text


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_light_or_dark_is_kept_by_the_browser(sqlite_lab: Lab, theme: str) -> None:
    stranger = Visitor(sqlite_lab)
    form = stranger.see("/login").form("/theme")
    html = stranger.send(form, theme=theme).response.text
    assert f'data-theme="{theme}"' in html
    assert ("data-bs-theme" in html.split(">")[1]) is (theme != "system")


def test_notifications_lie_under_their_days_and_lead_where_they_say(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    member = Visitor.logged_in(lab, "member")
    assert "Nobody has told you anything yet." in member.see("/notifications").text
    made = lab.book(9, by="member")
    member.waits_for_unread(1)
    page = member.see("/notifications")
    assert "Today" in page.text
    opening = next(f for f in page.forms if f.fields.get("next") == [f"/bookings/{made['id']}"])
    assert member.send(opening).path == f"/bookings/{made['id']}"
    assert "You have read everything." in member.see("/notifications?unread=true").text
    assert member.see("/notifications").has(f"/bookings/{made['id']}")
