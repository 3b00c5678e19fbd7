"""At the instrument in Chromium: a label is scanned, a problem takes it down, access is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Desk, Opened
from tests.support.application import PASSWORD

pytestmark = pytest.mark.browser

DAY = (datetime.now(UTC) + timedelta(days=3)).date()


@contextmanager
def _calling(desk: Desk, person: str) -> Iterator[httpx2.Client]:
    """Somebody's program, for what stands before the journey."""
    with httpx2.Client(base_url=f"{desk.site.address}/api/v1", timeout=20) as client:
        known = {"email": f"{person}@example.org", "password": PASSWORD}
        token = client.post("/auth/login", json=known).json()["data"]["access_token"]
        client.headers |= {"Authorization": f"Bearer {token}", "If-Match": "*"}
        yield client


def _booked(desk: Desk, titles: dict[int, str]) -> dict[str, str]:
    """Bookings of the member's on the confocal: their ids by their titles."""
    made = {}
    with _calling(desk, "member") as member:
        for hour, title in titles.items():
            wish = {
                "resource_id": str(desk.site.ids.confocal),
                "starts_at": f"{DAY}T{hour:02}:00:00Z",
                "ends_at": f"{DAY}T{hour + 1:02}:00:00Z",
                "title": title,
            }
            answer = member.post("/bookings", json=wish)
            assert answer.status_code == 201, answer.text
            made[title] = answer.json()["data"]["id"]
    return made


def _choice(page: Page, title: str, label: str | re.Pattern[str]) -> None:
    group = page.get_by_role("group", name=re.compile(title))
    group.get_by_label(label).first.check()


def _state(desk: Desk, booking_id: str) -> str:
    return desk.go(f"/bookings/{booking_id}").locator("main .badge").first.inner_text()


def test_an_instrument_is_taken_down_with_five_bookings_displaced(sit_down: Opened) -> None:
    manager = sit_down("manager")
    titles = {8: "Alpha", 10: "Beta", 12: "Gamma", 14: "Delta", 16: "Epsilon"}
    made = _booked(manager, titles)
    page = manager.go(f"/resources/{manager.site.ids.confocal}/state")
    page.get_by_role("radio", name=re.compile("^Down")).check()
    page.get_by_role("textbox", name="Reason").fill("The laser is replaced")
    page.get_by_role("button", name="Set the state").click()
    expect(page.get_by_role("heading", name="5 bookings are in the way")).to_be_visible()
    _choice(page, "Alpha", "Cancel it")
    _choice(page, "Beta", re.compile("Move it to"))
    page.get_by_label("Those without a choice of their own").select_option("Keep them")
    page.get_by_role("button", name="Set the state").click()
    expect(page.get_by_text("Its state was changed")).to_be_visible()
    expect(page.get_by_text("It is down: nobody can book it.")).to_be_visible()
    member = sit_down("member")
    assert _state(member, made["Alpha"]) == "Cancelled"
    for title in ("Beta", "Gamma", "Delta", "Epsilon"):
        assert _state(member, made[title]) == "Confirmed", title
    told = member.go("/notifications").get_by_role("main")
    expect(told).to_contain_text("Confocal")
    # What was kept can be decided about later.
    page = manager.go(f"/resources/{manager.site.ids.confocal}/displacement")
    expect(page.get_by_role("heading", name="3 bookings are in the way")).to_be_visible()
    _choice(page, "Gamma", "Cancel it")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("Done, and those concerned are told.")).to_be_visible()
    assert _state(member, made["Gamma"]) == "Cancelled"


def test_a_label_is_scanned_and_a_problem_takes_the_instrument_down_and_back(
    sit_down: Opened,
) -> None:
    member = sit_down("member", viewport=PHONE, has_touch=True)
    confocal = member.site.ids.confocal
    with _calling(member, "member") as program:
        code = program.get(f"/resources/{confocal}").json()["data"]["code"]
    page = member.go(f"/r/{code.lower()}")
    expect(page.get_by_role("heading", name="Confocal")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Book now"))).to_be_visible()
    assert not member.overflows
    page.get_by_role("link", name="Report a problem").tap()
    page.get_by_label("What is wrong").fill("The stage does not move")
    page.get_by_label("Nobody can use it").check()
    page.get_by_role("button", name="Report it").tap()
    expect(page.get_by_text("It is down now")).to_be_visible()
    assert not member.overflows
    manager = sit_down("manager")
    page = manager.go("/problem-reports")
    page.get_by_role("link", name="The stage does not move").click()
    page.get_by_label("What was done").fill("A cable was loose")
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Resolved; whoever reported it is told.")).to_be_visible()
    page = member.go(f"/r/{code}")
    expect(page.get_by_text("Available")).to_be_visible()


def test_a_refused_newcomer_sees_why_and_whom_to_ask_and_is_let_in(sit_down: Opened) -> None:
    manager = sit_down("manager")
    confocal = manager.site.ids.confocal
    page = manager.go("/qualifications/new")
    page.get_by_label("Name").fill("Laser safety")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("The qualification was added.")).to_be_visible()
    qualification = page.url.partition("?")[0].rpartition("/")[2]
    rules = {"required_qualifications": [qualification]}
    contact = {"contact_id": str(manager.site.ids.manager)}
    with _calling(manager, "admin") as boss:
        assert boss.patch(f"/resources/{confocal}/policy", json=rules).is_success
        assert boss.patch(f"/resources/{confocal}", json=contact).is_success
    member = sit_down("member")
    page = member.go(f"/bookings/new?resource_id={confocal}&starts_at={DAY}T10:00Z")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Laser safety")
    expect(preview).to_contain_text("Manager Example")
    preview.get_by_role("link", name="Ask for access").click()
    page.get_by_label("What for").fill("Sections for my thesis")
    page.get_by_role("button", name="Ask for access").click()
    expect(page.get_by_text("Those who decide are told, and you hear from them.")).to_be_visible()
    request = page.url.partition("?")[0].partition("/access-requests/")[2]
    page = manager.go(f"/access-requests/{request}")
    expect(page.get_by_role("main")).to_contain_text("Sections for my thesis")
    page.get_by_role("button", name="Give access").click()
    expect(page.get_by_text("Access was given, and they are told.")).to_be_visible()
    page = member.go(f"/bookings/new?resource_id={confocal}&starts_at={DAY}T10:00Z")
    expect(page.locator("#preview")).to_contain_text("It is free.")
