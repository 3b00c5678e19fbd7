"""Calendars by hand and on paper: a month of one's own, a printed page, an address to copy."""

from __future__ import annotations

import re

import httpx2
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Opened
from tests.browser.places import settled
from tests.browser.test_calendar import DAY, book

pytestmark = pytest.mark.browser

A4_LANDSCAPE = (842, 595)  # points


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_month_of_ones_own_leads_to_the_day_and_lives(
    sit_down: Opened, size: dict[str, int]
) -> None:
    desk = sit_down("member", viewport=size)
    confocal = str(desk.site.ids.confocal)
    book(desk.page, 9, resource_id=confocal, title="Slides")
    page = desk.go(f"/calendar?date={DAY}")
    settled(page)
    page.get_by_role("link", name="Only mine").click()
    day = page.locator(".cal-grid-day", has_text=re.compile(r"1 booking"))
    expect(day).to_have_count(1)
    assert not desk.overflows
    book(desk.page, 12, resource_id=confocal, title="More")
    expect(page.locator(".cal-grid-day", has_text=re.compile(r"2 bookings"))).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".cal-grid-day", has_text=re.compile(r"2 bookings"))).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    page.locator(".cal-grid-day", has_text=re.compile(r"2 bookings")).click()
    expect(page.locator("#agenda").get_by_role("link", name="More")).to_be_visible()
    page.keyboard.press("m")
    expect(page.locator(".cal-grid")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "pages"),
    [
        ("view=day", 1), ("view=week", 1), ("view=month", 1), ("view=agenda", 1),
        ("whose=mine", 1), ("view=month&resource_id={confocal}", 1),
        ("view=week&resource_id={confocal}", 2),  # open day and night
    ],
)  # fmt: skip
def test_every_view_prints_on_pages_across_and_says_what_it_is(
    sit_down: Opened, path: str, pages: int
) -> None:
    desk = sit_down("member")
    book(desk.page, 9, resource_id=str(desk.site.ids.confocal), title="Slides")
    page = desk.go(f"/calendar?date={DAY}&{path.format(confocal=desk.site.ids.confocal)}")
    settled(page)
    printed = page.pdf(prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert {(round(float(w)), round(float(h))) for w, h in sizes} == {A4_LANDSCAPE}
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == pages
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="New booking")).to_be_hidden()
    expect(page.locator(".side")).to_be_hidden()


def test_an_address_is_made_copied_and_read_by_a_program(sit_down: Opened) -> None:
    desk = sit_down("member")
    book(desk.page, 9, resource_id=str(desk.site.ids.confocal), title="Slides")
    page = desk.go("/me/calendars")
    page.get_by_label("Name").last.fill("Phone")
    page.get_by_role("button", name="Make the address").click()
    address = page.get_by_label("Address", exact=True).input_value()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    expect(page.get_by_role("img", name="QR code of the address")).to_be_visible()
    path = re.sub(r"^https?://[^/]+", "", address)
    answer = httpx2.get(desk.site.address + path)
    assert answer.status_code == 200
    assert "SUMMARY:Confocal: Slides" in answer.text
    page.get_by_role("link", name="I have kept it").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The address was revoked")).to_be_visible()
    assert httpx2.get(desk.site.address + path).status_code == 404
