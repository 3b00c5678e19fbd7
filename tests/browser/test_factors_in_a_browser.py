"""Second factors as people set them up and use them, with an authenticator that Chromium plays."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Desk, Opened, Site
from tests.support.application import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def site(site: Site) -> Site:
    """Under its name: passkeys are bound to one."""
    return replace(site, address=site.address.replace("127.0.0.1", "localhost"))


def authenticator(page: Page) -> None:
    """The device holds passkeys from now on, and its holder always agrees."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def set_up_app(desk: Desk) -> pyotp.TOTP:
    page = desk.go("/me/factors")
    page.get_by_role("link", name="Set up an app").click()
    page.get_by_role("button", name="Show the QR code").click()
    expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    secret = page.locator("#secret").inner_text().replace(" ", "")
    app = pyotp.TOTP(secret)
    page.get_by_label("Code of the app").fill(app.now())
    page.get_by_role("button", name="Take it into use").click()
    expect(page.get_by_text("The app is set up")).to_be_visible()
    return app


def log_out(desk: Desk) -> None:
    desk.page.locator(".bar details.menu > summary").click()
    desk.page.get_by_role("button", name="Log out").click()
    desk.page.wait_for_url("**/login")


def give_password(desk: Desk, person: str) -> None:
    page = desk.go("/login")
    page.get_by_label("E-mail address").fill(f"{person}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def test_an_app_is_set_up_and_asked_for_and_so_are_codes_on_paper(sit_down: Opened) -> None:
    desk = sit_down("member")
    app = set_up_app(desk)
    page = desk.page
    page.get_by_role("link", name="Make backup codes").first.click()
    page.get_by_role("button", name="Show ten new codes").click()
    codes = page.locator("#codes code").all_inner_texts()
    assert len(codes) == 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_text().split() == codes
    log_out(desk)
    give_password(desk, "member")
    page.wait_for_url("**/login/factor**")
    code = app.at(datetime.now(UTC) + timedelta(seconds=30))
    page.get_by_label(re.compile("code", re.IGNORECASE)).first.fill(code)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.site.address}/")
    log_out(desk)
    give_password(desk, "member")
    page.wait_for_url("**/login/factor**")
    page.get_by_label(re.compile("code", re.IGNORECASE)).first.fill(codes[0].upper())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.site.address}/")
    expect(desk.go("/me/factors").get_by_text("9 codes are left.")).to_be_visible()


def test_a_wrong_code_is_said_at_the_field_and_the_qr_code_stays(sit_down: Opened) -> None:
    desk = sit_down("member")
    page = desk.go("/me/factors/totp")
    page.get_by_role("button", name="Show the QR code").click()
    secret = page.locator("#secret").inner_text()
    page.get_by_label("Code of the app").fill("12 34")
    page.get_by_role("button", name="Take it into use").click()
    expect(page.locator("#code-fault-1")).to_contain_text("six digits")
    assert page.locator("#secret").inner_text() == secret


def test_a_passkey_is_made_named_used_instead_of_the_password_and_removed(
    sit_down: Opened,
) -> None:
    desk = sit_down("member")
    page = desk.page
    authenticator(page)
    desk.go("/me/factors").get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Bench phone")
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**/me/factors?done=passkey")
    expect(page.get_by_text("The passkey was added.")).to_be_visible()
    expect(page.get_by_text("not used yet")).to_be_visible()
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("Name").fill("Blue phone")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Blue phone")).to_be_visible()
    log_out(desk)
    desk.go("/login").get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{desk.site.address}/")
    expect(desk.go("/me/factors").get_by_text("last used")).to_be_visible()
    log_out(desk)
    give_password(desk, "member")
    page.wait_for_url("**/login/factor**")
    page.get_by_role("button", name=re.compile("passkey", re.IGNORECASE)).click()
    page.wait_for_url(f"{desk.site.address}/")
    desk.go("/me/factors").get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("The passkey was removed.")).to_be_visible()
    expect(page.get_by_text("Blue phone")).to_have_count(0)


def test_who_says_no_to_the_device_is_told_and_may_try_again(sit_down: Opened) -> None:
    desk = sit_down("member")
    page = desk.go("/me/factors/passkeys/new")
    page.evaluate(
        """() => { navigator.credentials.create =
            () => Promise.reject(new DOMException("", "NotAllowedError")); }"""
    )
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("alert").filter(has_text="Nothing was done")).to_be_visible()
    expect(page.get_by_role("button", name="Make the passkey")).to_be_enabled()


def test_a_browser_without_passkeys_says_so(sit_down: Opened) -> None:
    desk = sit_down("member")
    desk.page.add_init_script("delete window.PublicKeyCredential")
    page = desk.go("/me/factors/passkeys/new")
    expect(page.get_by_text("This browser knows no passkeys")).to_be_visible()
    expect(page.get_by_role("button", name="Make the passkey")).to_be_disabled()


def test_by_keyboard_alone_on_a_phone_one_sets_up_an_app(sit_down: Opened) -> None:
    desk = sit_down("member", viewport=PHONE)
    page = desk.go("/me/factors")
    assert not desk.overflows
    page.get_by_role("link", name="Set up an app").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Show the QR code").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#secret")).to_be_visible()
    assert not desk.overflows
    app = pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", ""))
    page.get_by_label("Code of the app").focus()
    page.keyboard.type(app.now())
    page.keyboard.press("Enter")
    expect(page.get_by_text("The app is set up")).to_be_visible()
