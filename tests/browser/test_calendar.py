"""The calendar in Chromium: drawn, dragged, typed, live, by keyboard, with a thumb, without scripts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import DESK, PHONE, Desk, Opened
from tests.browser.places import settled
from tests.support.application import moment

pytestmark = pytest.mark.browser

DAY = (datetime.now(UTC) + timedelta(days=3)).date()
COLUMN = DAY.weekday()
HOUR = 48  # pixels


def week(desk: Desk, *, view: str = "week") -> Page:
    """The week of the confocal that `DAY` lies in, drawn."""
    page = desk.go(f"/calendar?view={view}&date={DAY}&resource_id={desk.site.ids.confocal}")
    settled(page)
    return page


def book(page: Page, start: float, *, hours: float = 1, **more: object) -> dict[str, object]:
    """A booking that is there already, made by whoever sits there; days as `moment` has them."""
    wish = {"starts_at": moment(start), "ends_at": moment(start + hours), **more}
    answer = page.evaluate(
        """async (body) => {
          const said = await fetch("/api/v1/bookings", {method: "POST", body: JSON.stringify(body),
            headers: {"Content-Type": "application/json"}});
          return [said.status, (await said.json()).data];
        }""",
        wish,
    )
    assert answer[0] == 201, answer
    made: dict[str, object] = answer[1]
    return made


def at(page: Page, hour: float, column: int = COLUMN) -> tuple[float, float]:
    """Where an hour of a day is on the screen; the grid begins at midnight."""
    box = page.locator(".ec-body .ec-day").nth(column).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + hour * HOUR + 3


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def block(page: Page, title: str) -> Locator:
    return page.locator(".ec-event", has_text=title)


def say(page: Page, title: str) -> None:
    """Fill the dialog in and send it by Enter."""
    expect(page.get_by_text("Free. It is booked at once.")).to_be_visible()
    page.keyboard.type(title)
    page.keyboard.press("Enter")


def test_a_booking_is_made_moved_stretched_and_each_can_be_taken_back(sit_down: Opened) -> None:
    page = week(sit_down("member"))
    drag(page, at(page, 9), at(page, 10.9))
    say(page, "Slides")
    expect(block(page, "Slides").locator(".cal-time")).to_have_text("09:00–11:00")
    expect(block(page, "Slides")).to_be_focused()
    drag(page, at(page, 9.5), at(page, 12.5))
    expect(block(page, "Slides").locator(".cal-time")).to_have_text("12:00–14:00")
    drag(page, (at(page, 0)[0], at(page, 14)[1] - 5), (at(page, 0)[0], at(page, 15)[1] - 6))
    expect(block(page, "Slides").locator(".cal-time")).to_have_text("12:00–15:00")
    page.get_by_role("button", name="Undo").click()
    expect(block(page, "Slides").locator(".cal-time")).to_have_text("12:00–14:00")
    block(page, "Slides").click()
    page.get_by_role("button", name="Cancel the booking").click()
    expect(block(page, "Slides")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(block(page, "Slides")).to_have_count(1)
    page.reload()
    settled(page)
    expect(block(page, "Slides").locator(".cal-time")).to_have_text("12:00–14:00")


def test_a_booking_moved_again_while_it_is_saved_lies_where_it_was_put_last(
    sit_down: Opened,
) -> None:
    desk = sit_down("member")
    book(desk.page, 9, resource_id=str(desk.site.ids.confocal), title="Slides")
    desk.page.add_init_script(
        """const real = window.fetch;
        window.fetch = (address, how) => how?.method === "PATCH"
          ? new Promise((go) => setTimeout(go, 800)).then(() => real(address, how))
          : real(address, how);"""
    )
    page = week(desk)
    drag(page, at(page, 9.3), at(page, 11.3))
    drag(page, at(page, 11.3), at(page, 14.3))
    expect(block(page, "Slides").locator(".cal-time")).to_have_text("14:00–15:00")
    expect(page.locator(".toast-box", has_text="14:00")).to_be_visible()
    page.reload()
    settled(page)
    expect(block(page, "Slides").locator(".cal-time")).to_have_text("14:00–15:00")


def test_a_conflict_snaps_back_and_a_suggestion_solves_it(sit_down: Opened) -> None:
    other = sit_down("other")
    confocal = str(other.site.ids.confocal)
    book(other.page, 13, hours=2, resource_id=confocal, title="Theirs")
    desk = sit_down("member")
    book(desk.page, 9, resource_id=confocal, title="Mine")
    page = week(desk)
    expect(block(page, "Theirs")).to_have_count(0)
    drag(page, at(page, 9.3), at(page, 13.3))
    dialog = page.get_by_role("dialog", name="Change the times")
    expect(dialog.get_by_text("This time is taken")).to_be_visible()
    expect(dialog.get_by_text("13:00–15:00")).to_be_visible()
    expect(block(page, "Mine").locator(".cal-time")).to_have_text("09:00–10:00")
    suggestion = dialog.locator("[data-suggestion=later]")
    times = suggestion.locator("strong").inner_text()
    suggestion.click()
    expect(dialog).to_be_hidden()
    expect(block(page, "Mine").locator(".cal-time")).to_have_text(times)


def test_a_refusal_lists_its_reasons_and_typing_on_says_when_it_fits(sit_down: Opened) -> None:
    admin = sit_down("admin")
    rules = """async (path) => (await fetch(path, {method: "PATCH",
      headers: {"Content-Type": "application/json", "If-Match": "*"},
      body: JSON.stringify({max_minutes: 120, slot_minutes: 30})})).status"""
    path = f"/api/v1/resources/{admin.site.ids.confocal}/policy"
    assert admin.page.evaluate(rules, path) == 200
    page = week(sit_down("member"))
    drag(page, at(page, 9), at(page, 13.9))
    dialog = page.get_by_role("dialog", name="New booking")
    expect(dialog.locator("[data-code=too-long]")).to_be_visible()
    dialog.get_by_label("To: time").fill("11")
    expect(dialog.get_by_text("Free. It is booked at once.")).to_be_visible()
    dialog.get_by_role("button", name="Book").click()
    expect(page.locator(".ec-event.is-own .cal-time")).to_have_text("09:00–11:00")


def test_who_must_ask_is_told_so_before(sit_down: Opened) -> None:
    admin = sit_down("admin")
    rules = """async (path) => (await fetch(path, {method: "PATCH",
      headers: {"Content-Type": "application/json", "If-Match": "*"},
      body: JSON.stringify({is_approval_required: true})})).status"""
    path = f"/api/v1/resources/{admin.site.ids.confocal}/policy"
    assert admin.page.evaluate(rules, path) == 200
    page = week(sit_down("member"))
    drag(page, at(page, 9), at(page, 9.9))
    dialog = page.get_by_role("dialog", name="New booking")
    expect(dialog.get_by_text("Needs approval")).to_be_visible()
    expect(dialog.get_by_text("Somebody has to approve it")).to_be_visible()
    dialog.get_by_role("button", name="Request").click()
    expect(page.locator(".ec-event.is-wish")).to_have_count(1)


def test_what_one_books_another_sees_within_a_second(sit_down: Opened) -> None:
    mine, theirs = sit_down("member"), sit_down("other")
    page, other = week(mine), week(theirs)
    drag(page, at(page, 9), at(page, 10.9))
    say(page, "Slides")
    expect(other.locator(".ec-event.is-masked .cal-time")).to_have_text(
        "09:00–11:00", timeout=20_000
    )
    block(page, "Slides").click()
    page.get_by_role("button", name="Cancel the booking").click()
    expect(other.locator(".ec-event.is-masked")).to_have_count(0, timeout=20_000)


def test_by_keyboard_alone(sit_down: Opened) -> None:
    desk = sit_down("member")
    book(desk.page, 9, resource_id=str(desk.site.ids.confocal), title="Slides")
    page = week(desk)
    title = page.locator(".cal-title-text")
    first = title.inner_text()
    for key, other in (("ArrowRight", "ArrowLeft"), ("ArrowLeft", "ArrowRight")):
        page.keyboard.press(key)
        expect(title).not_to_have_text(first)
        page.keyboard.press(other)
        expect(title).to_have_text(first)
    page.keyboard.press("d")
    expect(page).to_have_url(re.compile("view=day"))
    page.keyboard.press("w")
    expect(page).to_have_url(re.compile("view=week"))
    for _ in range(60):
        if "Slides" in (page.evaluate("document.activeElement.textContent") or "")[:80]:
            break
        page.keyboard.press("Tab")
    expect(block(page, "Slides")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Slides")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Change the times").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("16")
    expect(page.get_by_text("Free. It is booked at once.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(block(page, "Slides").locator(".cal-time")).to_have_text("16:00–17:00")
    page.keyboard.press("c")
    expect(page.get_by_role("dialog", name="New booking")).to_be_visible()


def test_a_thumb_opens_books_and_sees_everything(sit_down: Opened) -> None:
    desk = sit_down("member", viewport=PHONE, has_touch=True)
    book(desk.page, 9, resource_id=str(desk.site.ids.confocal), title="Slides")
    page = week(desk, view="day")
    assert not desk.overflows
    block(page, "Slides").tap()
    expect(page.get_by_role("dialog", name="Slides")).to_be_visible()
    page.get_by_role("button", name="Close").last.tap()
    page.touchscreen.tap(*at(page, 12, 0))
    dialog = page.get_by_role("dialog", name="New booking")
    expect(dialog.get_by_text("Free. It is booked at once.")).to_be_visible()
    dialog.get_by_role("button", name="Book").tap()
    expect(page.locator(".ec-event.is-own")).to_have_count(2)


def test_back_shows_what_was_before(sit_down: Opened) -> None:
    page = week(sit_down("member"))
    first = page.locator(".cal-title-text").inner_text()
    page.locator("[data-way=month]").click()
    expect(page.locator(".ec-month-view")).to_be_visible()
    page.locator("[data-way=agenda]").click()
    expect(page.locator("#agenda")).to_be_visible()
    page.go_back()
    expect(page.locator(".ec-month-view")).to_be_visible()
    page.go_back()
    expect(page.locator(".ec-week-view")).to_be_visible()
    expect(page.locator(".cal-title-text")).to_have_text(first)
    drag(page, at(page, 9), at(page, 10.9))
    say(page, "Slides")
    expect(block(page, "Slides")).to_have_count(1)


def test_many_are_drawn_as_rows_and_a_block_goes_from_one_to_another(sit_down: Opened) -> None:
    desk = sit_down("member")
    book(desk.page, 9, resource_id=str(desk.site.ids.confocal), title="Slides")
    page = desk.go(f"/calendar?view=day&date={DAY}&group=type")
    settled(page)
    expect(page.locator(".cal-group")).to_have_text(["Microscope"])
    expect(page.locator(".cal-row")).to_have_text(["Confocal", "Cytometer"])
    box = block(page, "Slides").bounding_box()
    below = page.locator(".ec-row-head", has_text="Cytometer").bounding_box()
    assert box is not None
    assert below is not None
    grip = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    drag(page, grip, (grip[0], below["y"] + below["height"] / 2))
    expect(page.get_by_text("Now ")).to_be_visible()
    page.reload()
    settled(page)
    moved = block(page, "Slides").bounding_box()
    assert moved is not None
    assert moved["y"] > below["y"] - 5


def test_without_an_answer_nothing_is_lost(sit_down: Opened) -> None:
    desk = sit_down("member")
    page = week(desk)

    def cut(route: Route) -> None:
        route.abort()

    drag(page, at(page, 9), at(page, 10.9))
    expect(page.get_by_text("Free. It is booked at once.")).to_be_visible()
    page.route("**/api/v1/bookings", cut)
    page.keyboard.type("Slides")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No answer from the server. Nothing is lost.")).to_be_visible()
    page.unroute("**/api/v1/bookings", cut)
    page.get_by_role("button", name="Try again").click()
    expect(block(page, "Slides")).to_have_count(1)
    desk.complaints[:] = [one for one in desk.complaints if "ERR_FAILED" not in one]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_without_scripts_one_sees_and_books(sit_down: Opened, size: dict[str, int]) -> None:
    desk = sit_down("member", java_script_enabled=False, viewport=size)
    page = desk.go(f"/calendar?view=week&date={DAY}&resource_id={desk.site.ids.confocal}")
    free = page.locator(f'a[href*="starts_at={DAY}"]').first
    free.click()
    page.get_by_label("Title").fill("Slides")
    page.get_by_role("button", name="Book", exact=True).last.click()
    page.goto(f"{desk.site.address}/calendar?view=day&date={DAY}")
    expect(page.get_by_role("link", name="Slides")).to_be_visible()
