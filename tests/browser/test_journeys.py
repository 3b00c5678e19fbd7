"""What two people do together in Chromium, what is left without scripts, and the API's reference.

Languages are switched in `test_languages_in_a_browser.py`; light and dark, keys and the search are
tried in `test_frame_in_a_browser.py`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Opened
from tests.browser.places import settled
from tests.browser.test_booking_in_a_browser import book, form

pytestmark = pytest.mark.browser

DAY = (datetime.now(UTC) + timedelta(days=3)).date()
NOT_LEFT = "window.isNotLeft === true"


def _let_approve(manager: Desk) -> None:
    """From now on the confocal is asked for."""
    page = manager.go(f"/resources/{manager.site.ids.confocal}/policy")
    page.get_by_label("Somebody must approve").select_option("Yes")
    page.get_by_role("button", name="Save").click()


def _stay(page: Page) -> None:
    """Whether the page is loaded again is seen by what a script has put into it."""
    settled(page)
    page.evaluate("window.isNotLeft = true")


def test_what_one_asks_for_and_another_approves_is_seen_at_once_by_both(sit_down: Opened) -> None:
    manager, member = sit_down("manager"), sit_down("member")
    _let_approve(manager)
    requests = manager.go("/requests")
    expect(requests.get_by_text("Nothing waits for your decision.")).to_be_visible()
    _stay(requests)
    page = form(member)
    expect(page.get_by_text("It is free, and somebody has to approve it.")).to_be_visible()
    book(page, "Slides")
    expect(page.locator("main .badge").first).to_have_text("Requested")
    _stay(page)
    request = requests.get_by_role("article", name="Member Example · Confocal")
    expect(request).to_contain_text("Slides")
    assert requests.evaluate(NOT_LEFT)
    request.get_by_role("button", name="Approve").click()
    expect(requests.get_by_text("The request was approved.")).to_be_visible()
    expect(page.locator("main .badge").first).to_have_text("Confirmed")
    expect(page.locator("[data-unread]")).to_have_text("1")
    assert page.evaluate(NOT_LEFT)


def test_without_scripts_one_reads_asks_approves_and_darkens_the_room(sit_down: Opened) -> None:
    manager = sit_down("manager", java_script_enabled=False)
    member = sit_down("member", java_script_enabled=False)
    _let_approve(manager)
    page = member.go("/resources?q=conf")
    page.get_by_role("link", name="Confocal", exact=True).click()
    expect(page.get_by_role("heading", name="Confocal")).to_be_visible()
    book(form(member), "Slides")
    expect(page.get_by_text("It is requested")).to_be_visible()
    requests = manager.go("/requests")
    request = requests.get_by_role("article", name="Member Example · Confocal")
    request.get_by_role("button", name="Approve").click()
    expect(requests.get_by_text("The request was approved.")).to_be_visible()
    member.go("/notifications")
    expect(page.get_by_role("main")).to_contain_text("Confocal")
    for path in ("/", f"/calendar?view=agenda&date={DAY}"):
        member.go(path)
        expect(page.get_by_role("main").get_by_text("Slides").first).to_be_visible()
    page.locator("summary[title]").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html[data-bs-theme=dark]")).to_be_attached()
    member.go("/bookings")
    expect(page.locator("html[data-bs-theme=dark]")).to_be_attached()
    expect(page.get_by_role("main")).to_contain_text("Confirmed")


def test_the_interface_is_read_without_another_host(sit_down: Opened) -> None:
    page = sit_down().go("/redoc")
    page.locator("[id='tag/bookings']").wait_for(timeout=60_000)
    expect(page.get_by_alt_text("redocly logo")).to_have_attribute("src", re.compile("^data:"))
