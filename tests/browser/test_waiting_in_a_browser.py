"""Finding a time, keeping and booking it; waiting for one that is taken: by thumb and by mouse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Desk, Opened
from tests.browser.places import settled

pytestmark = pytest.mark.browser

DAY = (datetime.now(UTC) + timedelta(days=4)).date()


def found(desk: Desk) -> Page:
    """The search over the confocal on one day, nights and weekends included."""
    asked = f"resource_id={desk.site.ids.confocal}&from_day={DAY}&to_day={DAY}"
    return desk.go(f"/find?{asked}&weekends=on&length=120")


def taken(desk: Desk, title: str, time: str = "10:00") -> None:
    """A booking of the confocal on that day."""
    page = desk.go(f"/bookings/new?resource_id={desk.site.ids.confocal}&starts_at={DAY}T{time}Z")
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Book", exact=True).last.click()
    expect(page.get_by_text("It is booked.")).to_be_visible()


@pytest.mark.parametrize(
    "options",
    [{"viewport": DESK}, {"viewport": PHONE, "has_touch": True}, {"java_script_enabled": False}],
    ids=["desk", "phone", "without scripts"],
)
def test_a_time_is_found_kept_and_booked(sit_down: Opened, options: dict[str, object]) -> None:
    desk = sit_down("member", **options)
    page = found(desk)
    assert not options.get("has_touch") or not desk.overflows
    page.locator("#found").get_by_role("button", name="Book ").first.click()
    expect(page.get_by_text("This time is kept for you until")).to_be_visible()
    expect(page.get_by_text("It is free.")).to_be_visible()
    page.get_by_label("Title").fill("Found")
    page.get_by_role("button", name="Book", exact=True).last.click()
    expect(page.get_by_text("It is booked.")).to_be_visible()
    expect(page.get_by_role("heading", name="Found")).to_be_visible()


def test_who_waits_is_offered_what_is_cancelled_and_accepts(sit_down: Opened) -> None:
    owner, waiter = sit_down("other"), sit_down("member", viewport=PHONE, has_touch=True)
    taken(owner, "Theirs")
    page = waiter.go(f"/bookings/new?resource_id={waiter.site.ids.confocal}&starts_at={DAY}T10:00Z")
    page.get_by_role("button", name="Put me on the waiting list").tap()
    expect(page.get_by_role("heading", name="Wait for a time")).to_be_visible()
    page.get_by_label("Title").fill("Waited for")
    page.get_by_role("button", name="Wait for it").tap()
    expect(page.get_by_text("You are on the waiting list.")).to_be_visible()
    expect(page.get_by_text("You are served next.")).to_be_visible()
    settled(page)
    owner.page.get_by_role("link", name="Cancel the booking").click()
    owner.page.get_by_role("button", name="Cancel the booking").click()
    expect(owner.page.get_by_text("The booking was cancelled.")).to_be_visible()
    # The page of whoever waits is told.
    expect(page.get_by_role("heading", name="Offered to you")).to_be_visible()
    page = waiter.go("/")
    expect(page.get_by_role("heading", name="Offers for you")).to_be_visible()
    assert not waiter.overflows
    page.get_by_role("button", name="Accept").tap()
    expect(page.get_by_text("It is booked.")).to_be_visible()
    expect(page.get_by_role("heading", name="Waited for")).to_be_visible()


def test_who_wants_to_be_told_is_told_when_it_is_free(sit_down: Opened) -> None:
    owner, waiter = sit_down("other"), sit_down("member")
    taken(owner, "In the way", "20:00")
    page = waiter.go(f"/bookings/new?resource_id={waiter.site.ids.confocal}&starts_at={DAY}T20:00Z")
    page.get_by_role("button", name="Tell me when it is free").click()
    expect(page.get_by_role("heading", name="You are told when it is free")).to_be_visible()
    owner.page.get_by_role("link", name="Cancel the booking").click()
    owner.page.get_by_role("button", name="Cancel the booking").click()
    expect(owner.page.get_by_text("The booking was cancelled.")).to_be_visible()
    page = waiter.go("/notifications")
    expect(page.get_by_text("has become free").first).to_be_visible()
