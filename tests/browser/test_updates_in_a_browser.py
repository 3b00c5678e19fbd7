"""The team's updates at a real browser: one posts with a mention, another answers and has read it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Desk, Opened

pytestmark = pytest.mark.browser


def _posted(desk: Desk) -> str:
    """Written by keyboard: a mention, a tag, and what it is about. Its address."""
    page = desk.go("/updates")
    page.get_by_role("link", name="Post an update").first.press("Enter")
    done = page.get_by_label("Done")
    done.press_sequentially("Aligned it with @other", delay=20)
    expect(page.get_by_role("option", name="Other Example")).to_be_visible()
    done.press("Enter")
    expect(done).to_have_value(re.compile(r"^Aligned it with \[@Other Example\]\(/people/\S+\) $"))
    done.press_sequentially("until noon.")
    page.get_by_label("Tags").fill("laser, weekly")
    about = page.get_by_role("combobox", name="Find something to link")
    about.press_sequentially("Confocal", delay=20)
    expect(page.get_by_role("option", name="Confocal")).to_be_visible()
    about.press("Enter")
    expect(page.get_by_role("checkbox", name="Confocal")).to_be_checked()
    page.get_by_role("button", name="Post").press("Enter")
    expect(page.get_by_text("Your update is posted.")).to_be_visible()
    expect(page.get_by_role("link", name="@Other Example")).to_be_visible()
    expect(page.get_by_role("link", name="#laser")).to_be_visible()
    expect(page.get_by_role("link", name="Confocal")).to_be_visible()
    return page.url.removeprefix(desk.site.address).partition("?")[0]


def test_who_is_mentioned_hears_of_it_answers_and_says_to_have_read_it(sit_down: Opened) -> None:
    author, reader = sit_down("member"), sit_down("other", viewport=PHONE)
    watching = reader.go("/updates")
    expect(watching.locator("html")).to_have_attribute("data-live", "reading")
    address = _posted(author)
    # The feed of whoever has it open shows it without being asked.
    expect(watching.get_by_role("article", name="Update by Member Example")).to_be_visible()
    page = reader.go("/notifications")
    page.get_by_role("button", name="Member Example mentioned you").first.click()
    page.wait_for_url(f"**{address}*")
    assert not reader.overflows
    page.get_by_role("button", name="I have read it").click()
    expect(page.get_by_role("button", name="Read", pressed=True)).to_be_visible()
    page.get_by_label("Your comment").fill("Thank you, **well done**")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#comments strong")).to_have_text("well done")
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Your comment").fill("Thank you")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="edited").click()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    page = author.go(address)
    expect(page.locator("#comments").get_by_text("Thank you")).to_be_visible()
    expect(page.get_by_text("Other Example").first).to_be_visible()


def test_a_form_that_is_refused_keeps_what_was_typed_without_scripts_too(sit_down: Opened) -> None:
    desk = sit_down("member", java_script_enabled=False)
    page = desk.go("/updates/new")
    page.get_by_label("Tags").fill("a/b fine")
    page.get_by_label("Next").fill("Measure *again*")
    page.get_by_label("Addresses").fill(f"/resources/{desk.site.ids.confocal}")
    page.get_by_role("button", name="Post").click()
    expect(page.locator("#tags-fault-1")).to_be_visible()
    expect(page.get_by_label("Next")).to_have_value("Measure *again*")
    expect(page.get_by_label("Tags")).to_have_value("a/b fine")
    expect(page.get_by_role("checkbox", name="Confocal")).to_be_checked()
    page.get_by_label("Tags").fill("fine")
    page.get_by_role("button", name="Post").click()
    expect(page.locator("main em")).to_have_text("again")
    expect(page.get_by_role("link", name="Confocal")).to_be_visible()
