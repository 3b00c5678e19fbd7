"""Coming in with a second factor, staying trusted, and coming back to what was typed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Desk, Opened
from tests.browser.places import settled
from tests.browser.test_factors_in_a_browser import give_password, log_out, set_up_app
from tests.support.application import PASSWORD

pytestmark = pytest.mark.browser


def give_code(page: Page, app: pyotp.TOTP, *, steps: int = 1) -> None:
    """By keyboard alone; the code that the set-up took is spent."""
    page.wait_for_url("**/login/factor**")
    page.get_by_label("Code", exact=True).focus()
    page.keyboard.type(app.at(datetime.now(UTC) + timedelta(seconds=30 * steps)))
    page.keyboard.press("Enter")


def test_a_code_then_a_trusted_browser_then_no_code(sit_down: Opened) -> None:
    desk = sit_down("member", viewport=PHONE)
    app = set_up_app(desk)
    log_out(desk)
    give_password(desk, "member")
    page = desk.page
    page.wait_for_url("**/login/factor**")
    assert not desk.overflows
    page.get_by_label("Code", exact=True).fill("000 000")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#code-fault-1")).to_be_visible()
    page.get_by_label(re.compile("Trust this browser")).check()
    give_code(page, app)
    page.wait_for_url(f"{desk.site.address}/")
    log_out(desk)
    give_password(desk, "member")
    page.wait_for_url(f"{desk.site.address}/")
    desk.go("/me/sessions")
    assert not desk.overflows
    page.get_by_role("button", name="Trust it no more").click()
    expect(page.get_by_text("You trust no device.")).to_be_visible()
    # The stream of live updates may ask between the end of a log-in and the next one.
    desk.complaints[:] = [one for one in desk.complaints if "status of 401" not in one]


def _drop_log_in(desk: Desk) -> None:
    desk.page.context.clear_cookies(name="aliquot_session")


def test_what_was_typed_survives_both_steps_of_a_log_in(sit_down: Opened) -> None:
    desk = sit_down("member")
    app = set_up_app(desk)
    page = desk.go("/me")
    settled(page)
    page.get_by_label("Name", exact=True).fill("Mia Example")
    _drop_log_in(desk)
    page.locator("#details").get_by_role("button", name="Save").click()
    page.get_by_label("E-mail address").fill("member@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    give_code(page, app)
    page.wait_for_url(f"{desk.site.address}/me")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Mia Example")
    # The stream of live updates may ask between the end of the log-in and the next one.
    desk.complaints[:] = [one for one in desk.complaints if "status of 401" not in one]
