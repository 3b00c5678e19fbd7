"""Booking by the form in Chromium: by thumb, by keyboard, without scripts; and the day it is for.

Booking in the calendar itself is tried in `test_calendar.py`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PHONE, Desk, Opened
from tests.browser.places import settled
from tests.support.application import PASSWORD

pytestmark = pytest.mark.browser

DAY = (datetime.now(UTC) + timedelta(days=3)).date()
YEAR, WEEK, _ = DAY.isocalendar()


def form(desk: Desk, time: str = "10:00") -> Page:
    """The form of a booking of the confocal, some days ahead, filled in but for its title."""
    page = desk.go(f"/bookings/new?resource_id={desk.site.ids.confocal}&starts_at={DAY}T{time}Z")
    expect(page.get_by_label("From", exact=True)).to_have_value(time)
    return page


def book(page: Page, title: str) -> None:
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Book", exact=True).last.click()


def _cancel_and_take_it_back(page: Page) -> None:
    page.get_by_role("link", name="Cancel the booking").click()
    page.get_by_label("Why").fill("No sample")
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.get_by_text("The booking was cancelled.")).to_be_visible()
    page.get_by_role("button", name="Take the cancellation back").click()
    expect(page.get_by_text("the booking stands again")).to_be_visible()
    expect(page.locator("main .badge").first).to_have_text("Confirmed")


def test_by_thumb_from_an_instrument_to_a_booking_and_back(sit_down: Opened) -> None:
    desk = sit_down("member", viewport=PHONE, has_touch=True)
    page = desk.go(f"/resources/{desk.site.ids.confocal}")
    settled(page)
    page.get_by_role("main").get_by_role("link", name="Book", exact=True).tap()
    expect(page.get_by_text("It is free.")).to_be_visible()
    book(page, "Slides 4 to 9")
    expect(page.get_by_role("heading", name="Slides 4 to 9")).to_be_visible()
    _cancel_and_take_it_back(page)


def test_without_scripts_a_free_hour_is_booked_and_its_cancellation_taken_back(
    sit_down: Opened,
) -> None:
    desk = sit_down("member", java_script_enabled=False, viewport=DESK)
    page = desk.go(f"/resources/{desk.site.ids.confocal}?week={YEAR}-W{WEEK:02d}")
    page.locator(f'a[href*="starts_at={DAY}T10%3A00Z"]').click()
    expect(page.get_by_label("From", exact=True)).to_have_value("10:00")
    book(page, "Slides 4 to 9")
    expect(page.get_by_text("It is booked.")).to_be_visible()
    _cancel_and_take_it_back(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_conflict_is_solved_by_a_suggestion(sit_down: Opened, *, scripts: bool) -> None:
    first, second = sit_down("other"), sit_down("member", java_script_enabled=scripts)
    page = form(second)
    page.get_by_label("Title").fill("Mine")
    if scripts:
        settled(page)
    book(form(first), "Theirs")
    expect(first.page.get_by_text("It is booked.")).to_be_visible()
    if not scripts:  # who has scripts is told at once, the other when they send it
        page.get_by_role("button", name="Book", exact=True).last.click()
    expect(page.get_by_role("heading", name="In the way")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Mine")
    page.locator("button[name=use]").first.click()
    expect(page.get_by_text("Nothing is booked yet")).to_be_visible()
    expect(page.get_by_text("It is free.")).to_be_visible()
    page.get_by_role("button", name="Book", exact=True).last.click()
    expect(page.get_by_text("It is booked.")).to_be_visible()


def test_by_keyboard_alone_from_the_log_in_to_a_booking(sit_down: Opened) -> None:
    desk = sit_down()
    page = desk.go("/login")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    _tab_to(page.get_by_label("E-mail address"))
    page.keyboard.type("member@example.org")
    _tab_to(page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.site.address}/")
    settled(page)
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/resources")
    settled(page)
    _tab_to(page.get_by_role("link", name="Book Cytometer"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/bookings/new**")
    _tab_to(page.get_by_label("Title"))
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is booked.")).to_be_visible()
    expect(page.get_by_role("heading", name="By keyboard")).to_be_visible()


def _tab_to(wanted: Locator) -> None:
    """By the Tab key alone; the focus must be seen everywhere on the way."""
    page = wanted.page
    for _step in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(_IS_RINGED), page.evaluate("document.activeElement.outerHTML")
        if wanted.evaluate("node => node === document.activeElement"):
            return
    pytest.fail(f"{wanted} cannot be reached by keyboard")


# The button inside a date field is Chromium's own: it has the focus, and a ring, by itself.
_IS_RINGED = """() => {
  const one = document.activeElement;
  return !one.matches(":focus") || getComputedStyle(one).outlineStyle !== "none";
}"""


def test_on_a_phone_one_checks_in_and_ends_early(sit_down: Opened) -> None:
    desk = sit_down("member", viewport=PHONE, has_touch=True)
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    quarter = now + timedelta(minutes=15 - now.minute % 15)
    path = f"/bookings/new?resource_id={desk.site.ids.confocal}&starts_at={quarter:%Y-%m-%dT%H:%MZ}"
    book(desk.go(path), "Slides")
    expect(desk.page.get_by_text("It is booked.")).to_be_visible()
    page = desk.go("/")
    settled(page)
    page.get_by_role("button", name="Check in").tap()
    expect(page.get_by_text("You are checked in.")).to_be_visible()
    expect(page.locator("main .badge").first).to_have_text("In use")
    page.get_by_role("button", name="End now").tap()
    expect(page.get_by_text("The booking has ended")).to_be_visible()
    expect(page.locator("main .badge").first).to_have_text("Completed")
