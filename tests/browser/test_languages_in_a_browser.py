"""A person's languages, in Chromium: from the first visit to the choice they keep."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opened
from tests.support.application import PASSWORD


def _reads(page: Page, language: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", language)


def _log_in_in_german(page: Page) -> None:
    page.get_by_label("E-Mail-Adresse").fill("member@example.org")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_german_browser_is_met_in_german_and_the_person_keeps_what_they_choose(
    sit_down: Opened, scripts: bool
) -> None:
    desk = sit_down(locale="de-CH", java_script_enabled=scripts)
    page = desk.go("/")
    expect(page).to_have_url(re.compile(r"/de/login\?next="))
    _reads(page, "de")
    _log_in_in_german(page)
    page.wait_for_url(f"{desk.site.address}/")
    _reads(page, "en")  # they chose English once
    for path, name, language in (
        ("/resources?q=con", "Deutsch", "de"),
        ("/de/resources?q=con", "English", "en"),
    ):
        desk.go(path)
        page.locator("summary[title]").click()
        page.get_by_role("button", name=name).click()
        expect(page).to_have_url(f"{desk.site.address}/resources?q=con")
        _reads(page, language)
        desk.go("/bookings")
        _reads(page, language)


def test_a_refusal_in_place_is_in_the_readers_language(sit_down: Opened) -> None:
    desk = sit_down("member")
    page = desk.go(f"/de/bookings/new?resource_id={desk.site.ids.confocal}")
    page.get_by_label("Bis", exact=True).fill("nachts")
    page.get_by_role("button", name="Buchen", exact=True).last.click()
    expect(page.locator("main")).to_contain_text("Geben Sie eine Uhrzeit ein wie 09:30.")
