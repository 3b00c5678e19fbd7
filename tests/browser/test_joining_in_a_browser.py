"""Coming in by keyboard: an invitation, a registration, a lost password; in light and in dark."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from src.core import mailbox
from tests.browser.conftest import Desk, Opened

pytestmark = pytest.mark.browser
NEW = "nine otters juggle turnips"


def link(folder: Path, to: str, path: str) -> str:
    """The newest link of that kind that was mailed to the address."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for one in mailbox.list_(mailbox.folder_of(folder)):
            whole = mailbox.read(mailbox.folder_of(folder), one.id)
            found = re.search(rf"{path}\?token=[\w-]+", whole.text if whole else "")
            if to in one.to and found:
                return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no link {path} to {to}")


def typed(page: Page, *texts: str) -> None:
    """Type into one field after the other, as somebody without a mouse."""
    for number, text in enumerate(texts):
        if number:
            page.keyboard.press("Tab")
        page.keyboard.type(text)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_who_is_invited_comes_in_by_keyboard_and_is_told_how_good_the_password_is(
    sit_down: Opened, theme: str
) -> None:
    admin = sit_down("admin", color_scheme=theme)
    page = admin.go("/people/invitations")
    page.get_by_label("E-mail address").focus()
    typed(page, f"nia.{theme}@example.net", "Nia New")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The invitation is on its way.")).to_be_visible()
    expect(page.get_by_role("row", name="Nia New")).to_contain_text("Ada Admin")
    guest = sit_down(None, color_scheme=theme)
    page = guest.go(link(admin.site.folder, f"nia.{theme}@example.net", "/invitation"))
    expect(page.get_by_text("Ada Admin invited you")).to_be_visible()
    page.get_by_label("Password").focus()
    page.keyboard.type("password1234")
    meter = page.locator("[data-strength] [role=status]")
    expect(meter).to_have_text("This password is one of the first to be guessed.")
    page.get_by_label("Password").fill("")
    expect(meter).to_be_hidden()
    page.get_by_label("Password").press_sequentially(NEW)
    expect(meter).to_have_text("Strong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page = guest.go("/me")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Nia New")
    assert not guest.complaints


def test_a_lost_password_is_set_anew_by_keyboard(sit_down: Opened) -> None:
    desk: Desk = sit_down(None)
    page = desk.go("/login")
    page.get_by_role("link", name="Forgot your password?").focus()
    page.keyboard.press("Enter")
    page.get_by_label("E-mail address").focus()
    typed(page, "member@example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page = desk.go(link(desk.site.folder, "member@example.org", "/reset"))
    page.get_by_label("New password").focus()
    typed(page, NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The password is set")).to_be_visible()
    page.get_by_role("link", name="Log in", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("E-mail address").focus()
    typed(page, "member@example.org", NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    assert not desk.complaints


def test_without_scripts_a_new_password_is_asked_for_and_set_all_the_same(
    sit_down: Opened,
) -> None:
    desk = sit_down(None, java_script_enabled=False)
    page = desk.go("/forgot")
    page.get_by_label("E-mail address").fill("other@example.org")
    page.get_by_role("button", name="Mail me a link").click()
    page = desk.go(link(desk.site.folder, "other@example.org", "/reset"))
    expect(page.locator(".strength")).to_be_hidden()
    page.get_by_label("New password").fill("password1234")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("This password is one of the first to be guessed.")).to_be_visible()
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("heading", name="The password is set")).to_be_visible()
