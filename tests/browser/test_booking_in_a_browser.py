"""The main journeys in Chromium: with and without JavaScript, on a phone, by keyboard alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Desk, Opened

pytestmark = pytest.mark.browser

DAY = (datetime.now(UTC) + timedelta(days=3)).date()
YEAR, WEEK, _ = DAY.isocalendar()


def _resource(desk: Desk) -> str:
    return f"/resources/{desk.site.ids.confocal}?week={YEAR}-W{WEEK:02d}"


def _choose(desk: Desk, time: str) -> None:
    """A free hour of the week: of the list that stands where no script draws a calendar."""
    page = desk.go(_resource(desk))
    link = page.locator(f'a[href*="starts_at={DAY}T{time.replace(":", "%3A")}Z"]')
    desk.go(link.get_attribute("href") or "")
    expect(page.locator("#starts_at_time")).to_have_value(time)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_booking_from_a_free_hour_and_cancelling(
    sit_down: Opened, *, scripts: bool, size: dict[str, int]
) -> None:
    desk = sit_down("member", java_script_enabled=scripts, viewport=size)
    _choose(desk, "10:00")
    page = desk.page
    page.get_by_label("Title").fill("Slides 4 to 9")
    page.get_by_role("button", name="Book", exact=True).last.click()
    expect(page.get_by_text("It is booked.")).to_be_visible()
    expect(page.get_by_role("heading", name="Slides 4 to 9")).to_be_visible()
    page.get_by_role("link", name="Cancel the booking").click()
    page.get_by_label("Why").fill("No sample")
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.get_by_text("The booking was cancelled.")).to_be_visible()


def test_a_conflict_is_solved_by_a_suggestion(sit_down: Opened) -> None:
    first, second = sit_down("member"), sit_down("other")
    for desk in (first, second):
        _choose(desk, "10:00")
    for desk in (first, second):
        desk.page.get_by_label("Title").fill("Mine")
        desk.page.get_by_role("button", name="Book", exact=True).last.click()
    page = second.page
    expect(page.get_by_role("heading", name="In the way")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Mine")
    page.locator("button[name=use]").first.click()
    expect(page.get_by_text("Nothing is booked yet")).to_be_visible()
    page.get_by_role("button", name="Book", exact=True).last.click()
    expect(page.get_by_text("It is booked.")).to_be_visible()


def test_by_keyboard_alone(sit_down: Opened) -> None:
    desk = sit_down()
    page = desk.go("/login")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    _tab_to(desk, "email")
    page.keyboard.type("member@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("a passphrase for tests only")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.site.address}/")
    desk.go(f"/bookings/new?resource_id={desk.site.ids.confocal}&starts_at={DAY}T10:00Z")
    _tab_to(desk, "title")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "the focus must be seen"
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is booked.")).to_be_visible()


def _tab_to(desk: Desk, name: str) -> None:
    for _ in range(40):
        if desk.page.evaluate("document.activeElement.name") == name:
            return
        desk.page.keyboard.press("Tab")
    pytest.fail(f"{name} cannot be reached by keyboard")


def test_a_phone_shows_every_page_whole_with_targets_for_a_thumb(sit_down: Opened) -> None:
    desk = sit_down("admin", viewport=PHONE, has_touch=True)
    confocal = desk.site.ids.confocal
    for path in (
        "/", "/resources", _resource(desk), f"/bookings/new?resource_id={confocal}", "/bookings",
        "/requests", "/closures", "/closures/new", "/resources/new", f"/resources/{confocal}/state",
        f"/resources/{confocal}/policy", "/people", "/people/new", "/jobs", "/notifications",
    ):  # fmt: skip
        page = desk.go(path)
        assert not desk.overflows, f"{path} is wider than the phone"
        small = page.evaluate(_SMALL)
        assert small == [], path


# Buttons, fields and links that stand alone; a link inside a sentence may be as tall as its line.
_SMALL = """() => [...document.querySelectorAll('.btn, .form-control, .form-select, .place, .tab, .slot a, .check')]
  .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.closest('.sr-only')
                 && one.getBoundingClientRect().height < 43.5)
  .map(one => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_moves_while_a_page_loads(sit_down: Opened, scheme: str) -> None:
    desk = sit_down("member", color_scheme=scheme)
    for path in ("/", "/resources", _resource(desk)):
        page = desk.go(path)
        shift = page.evaluate(
            """() => new Promise(done => {
              let sum = 0;
              new PerformanceObserver(list => list.getEntries().forEach(one => { sum += one.value; }))
                .observe({type: 'layout-shift', buffered: true});
              requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
            })"""
        )
        assert shift == 0, path


def test_the_interface_is_read_without_another_host(sit_down: Opened) -> None:
    page = sit_down().go("/redoc")
    expect(page.get_by_text("bookings", exact=True).first).to_be_visible(timeout=20_000)
    expect(page.get_by_alt_text("redocly logo")).to_have_attribute("src", re.compile("^data:"))
