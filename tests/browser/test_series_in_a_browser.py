"""A series in Chromium: two of its times are taken, they are seen before booking, and skipped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk, Opened

pytestmark = pytest.mark.browser

DAY = (datetime.now(UTC) + timedelta(days=4)).date()


def _form(desk: Desk, day: date) -> str:
    return f"/bookings/new?resource_id={desk.site.ids.confocal}&starts_at={day}T16:00Z"


def test_a_series_with_two_conflicts_skipped(sit_down: Opened) -> None:
    other = sit_down("manager")
    for week in (1, 3):
        address = _form(other, DAY + timedelta(weeks=week))
        other.go(address).get_by_label("Title").fill("Service")
        other.page.get_by_role("button", name="Book", exact=True).last.click()
        expect(other.page.get_by_text("It is booked.")).to_be_visible()
    desk = sit_down("member")
    page = desk.go(_form(desk, DAY))
    page.get_by_text("Repeat it").click()
    page.get_by_label("How often").select_option("weekly")
    page.get_by_label("How many times").fill("5")
    expect(page.get_by_text("2 of 5 times cannot be booked:")).to_be_visible()
    expect(page.locator("#conflicts li")).to_have_count(2)
    page.get_by_label("Title").fill("Course")
    page.get_by_label("Skip these and book the others").check()
    expect(page.get_by_label("Skip these and book the others")).to_be_checked()
    page.get_by_role("button", name="Book", exact=True).last.click()
    expect(page.get_by_text("The series is booked.")).to_be_visible()
    expect(page.locator("main .rows li")).to_have_count(3)
    expect(page.get_by_text("3, 3 ahead")).to_be_visible()
