"""Keys by keyboard, and Swagger's Authorize with a password and with a key."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Opened
from tests.support.application import PASSWORD

ME = "#operations-me-me_get"


def make_key(page: Page, name: str) -> str:
    """By keyboard alone, from the list on."""
    page.get_by_role("link", name="Make a key").first.press("Enter")
    page.get_by_label("Name", exact=True).press_sequentially(name)
    page.get_by_label("See when something is booked").press("Space")
    page.keyboard.press("Tab")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Your new key")).to_be_visible()
    return page.get_by_label("Key", exact=True).input_value()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_key_is_made_and_revoked_by_keyboard(sit_down: Opened, scheme: str) -> None:
    desk = sit_down("member", viewport=PHONE, color_scheme=scheme)
    page = desk.go("/me/api-keys")
    key = make_key(page, "Nightly export")
    assert key.startswith("alq_")
    assert not desk.overflows
    page.get_by_role("link", name="I have kept it").press("Enter")
    expect(page.get_by_text("Nightly export")).to_be_visible()
    assert key not in page.content()
    assert not desk.overflows
    page.get_by_role("button", name="Revoke").press("Enter")
    expect(page.get_by_text("The key was revoked")).to_be_visible()


def try_me(page: Page) -> tuple[int, str]:
    """Ask who one is by Swagger's button: the status, and what it sent."""
    page.locator(".btn-done").first.click()
    page.locator("#operations-tag-me").click()
    page.locator(f"{ME} .opblock-summary-control").click(timeout=60_000)
    page.locator(f"{ME} .try-out__btn").click()
    with page.expect_response("**/api/v1/me") as found:
        page.locator(f"{ME} .execute").click()
    return found.value.status, found.value.request.headers.get("authorization", "")


def test_swagger_authorizes_by_password(sit_down: Opened) -> None:
    page = sit_down().go("/docs")
    page.locator("button.authorize").first.click(timeout=60_000)
    page.locator("#oauth_username").fill("member@example.org")
    page.locator("#oauth_password").fill(PASSWORD)
    box = page.locator(".auth-container", has=page.locator("#oauth_username"))
    with page.expect_response("**/auth/token") as found:
        box.locator("button.authorize").click()
    assert found.value.status == 200
    expect(page.get_by_text("Logout", exact=True)).to_be_visible()
    status, sent = try_me(page)
    assert (status, sent[:10]) == (200, "Bearer eyJ")


def test_swagger_authorizes_by_key(sit_down: Opened) -> None:
    key = make_key(sit_down("member").go("/me/api-keys"), "Swagger")
    page = sit_down().go("/docs")
    page.locator("button.authorize").first.click(timeout=60_000)
    page.locator("#auth-bearer-value").fill(key)
    box = page.locator(".auth-container", has=page.locator("#auth-bearer-value"))
    box.locator("button.authorize").click()
    expect(page.get_by_text("Logout", exact=True)).to_be_visible()
    assert try_me(page) == (200, f"Bearer {key}")
