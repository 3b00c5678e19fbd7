"""What stands around every page, in Chromium: keys, menus, search, light and dark, being away."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Desk, Opened
from tests.browser.places import settled
from tests.support.application import PASSWORD


def _begun(desk: Desk, path: str = "/resources") -> None:
    """A page whose scripts have begun: the last of them is the live updates."""
    settled(desk.go(path))


def test_every_place_has_its_keys(sit_down: Opened) -> None:
    desk = sit_down("manager")
    page = desk.page
    places = page.locator(".side [data-go]")
    wanted = [(one.get_attribute("data-go"), one.get_attribute("href")) for one in places.all()]
    assert ("g t", "/") in wanted
    for keys, path in wanted:
        _begun(desk)
        for key in (keys or "").split():
            page.keyboard.press(key)
        page.wait_for_url(f"{desk.site.address}{path}")
    for key, path in (("c", "/calendar"), ("n", "/notifications")):
        _begun(desk)
        page.keyboard.press(key)
        page.wait_for_url(re.compile(f"{desk.site.address}{path}"))


def test_keys_are_letters_where_one_types(sit_down: Opened) -> None:
    desk = sit_down("member")
    _begun(desk)
    page = desk.page
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("c?g t")
    expect(page.locator("#search")).to_have_value("c?g t")
    assert page.url.endswith("/resources")
    page.keyboard.press("Escape")
    page.locator("main").focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    page.keyboard.press("c")
    assert page.url.endswith("/resources"), "a dialog keeps the keys to itself"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_the_search_is_walked_through_by_arrows(sit_down: Opened) -> None:
    desk = sit_down("member")
    _begun(desk, "/")
    page, found = desk.page, desk.page.locator("#found")
    page.keyboard.press("/")
    page.keyboard.type("cyto")
    expect(found.get_by_role("link", name="Cytometer")).to_be_visible()
    expect(page.locator("#found-count")).to_have_text("1 result")
    page.keyboard.press("ArrowDown")
    expect(found.get_by_role("link", name="Cytometer")).to_be_focused()
    page.keyboard.press("Escape")
    expect(found).to_be_hidden()
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("m")
    page.keyboard.press("Backspace")
    expect(found.get_by_role("link", name="Cytometer")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(str(desk.site.ids.cytometer)))


def test_light_and_dark_are_chosen_in_the_menu_by_keyboard(sit_down: Opened) -> None:
    desk = sit_down("member", color_scheme="light")
    _begun(desk)
    page = desk.page
    menu = page.locator(".bar details.menu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Your details")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Your details")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Dark").press("Enter")
    expect(page.locator("html[data-bs-theme=dark]")).to_be_attached()
    _begun(desk, "/bookings")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert all(int(part) < 60 for part in re.findall(r"\d+", ground)[:3]), ground


def test_whoever_is_offline_is_told(sit_down: Opened) -> None:
    desk = sit_down("member")
    _begun(desk)
    page = desk.page
    notice = page.get_by_text("You are offline.")
    expect(notice).to_be_hidden()
    desk.page.context.set_offline(True)
    expect(notice).to_be_visible()
    desk.page.context.set_offline(False)
    expect(notice).to_be_hidden()
    # The stream broke off; that its connection failed is no complaint of the page.
    desk.complaints[:] = [one for one in desk.complaints if "ERR_INTERNET_DISCONNECTED" not in one]


def test_today_follows_what_others_do_and_keeps_the_focus(sit_down: Opened) -> None:
    member, manager = sit_down("member"), sit_down("manager")
    page, confocal = member.page, member.site.ids.confocal
    _begun(member, "/")
    free = page.locator("#free").get_by_role("link", name="Confocal")
    expect(free.first).to_be_visible()
    page.locator("#mine").get_by_role("link", name="All").focus()
    form = manager.go(f"/resources/{confocal}/state")
    form.locator("[name=state][value=down]").check()
    form.locator("#reason").fill("The laser is dead")
    form.get_by_role("button", name="Set the state").click()
    expect(page.locator("#troubles")).to_contain_text("The laser is dead")
    expect(free).to_have_count(0)
    expect(page.locator("#mine").get_by_role("link", name="All")).to_be_focused()


def test_what_was_typed_survives_a_log_in_in_between(sit_down: Opened) -> None:
    desk = sit_down("member")
    _begun(desk, "/me")
    page = desk.page
    page.get_by_label("Name").fill("Mia Example")
    page.get_by_role("combobox", name="Time zone").fill("tokyo")
    page.get_by_role("option", name="Asia/Tokyo").click()
    page.context.clear_cookies(name="aliquot_session")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("you go on where you were")).to_be_visible()
    page.get_by_label("E-mail address").fill("member@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{desk.site.address}/me")
    expect(page.get_by_text("What you had typed is here again.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Mia Example")
    expect(page.get_by_role("combobox", name="Time zone")).to_have_value(re.compile("Asia/Tokyo"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your details were saved.")).to_be_visible()
    _begun(desk, "/me")
    expect(page.get_by_text("What you had typed is here again.")).to_have_count(0)
    # The stream of live updates may ask between the end of the log-in and the next one.
    desk.complaints[:] = [one for one in desk.complaints if "status of 401" not in one]
