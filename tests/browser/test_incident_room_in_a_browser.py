"""An incident at a real browser: from the report to the signed-off review, with a hand-over."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Desk, Opened

pytestmark = pytest.mark.browser


def _type(desk: Desk) -> None:
    """A type of incidents that waits for a review."""
    page = desk.go("/incident-types/new")
    page.get_by_label("Name", exact=True).fill("Outage")
    page.get_by_label("Code", exact=True).fill("outage")
    page.get_by_label("Closing waits for a review that is signed off").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/incident-types?*")


def _chosen(page: Page, label: str, name: str) -> None:
    """Somebody picked by typing."""
    box = page.get_by_role("combobox", name=label)
    box.fill(name[:5])
    page.get_by_role("option", name=name).click()


def _done(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible()


def test_an_incident_is_run_from_the_report_to_the_signed_review(sit_down: Opened) -> None:
    chief, reporter = sit_down("admin"), sit_down("member", viewport=PHONE, has_touch=True)
    _type(chief)
    # Reported at the instrument, with a thumb.
    page = reporter.go("/incidents/new")
    page.get_by_label("What happened").fill("No compressed air in the north")
    page.get_by_label("Type", exact=True).select_option("Outage")
    page.get_by_role("button", name="Report it").tap()
    page.wait_for_url(re.compile(r"/incidents/[0-9a-f-]{36}"))
    path = page.url.removeprefix(reporter.site.address).partition("?")[0]
    assert not reporter.overflows
    page.get_by_label("What happened now").fill("The gauge shows **two** bar")
    page.get_by_role("button", name="Note it").tap()
    _done(page, "It stands in the timeline.")
    # The manager leads, and hands over to somebody who may do nothing else.
    boss = sit_down("manager")
    page = boss.go(path)
    page.get_by_role("button", name="Begin work on it").click()
    page.get_by_role("link", name="Give: Lead").click()
    _chosen(page, "To whom", "Manager Example")
    page.get_by_role("button", name="Give the role").click()
    _done(page, "The role is given; they are told.")
    page.get_by_role("link", name="Hand over: Lead").click()
    _chosen(page, "To whom", "Other Example")
    page.get_by_label("What they should know").fill("The vendor calls at noon")
    page.get_by_role("button", name="Hand over").click()
    _done(page, "Lead: handed over from Manager Example to Other Example")
    _run(sit_down("other"), path)
    _learn(boss, sit_down("other"), chief, path)


def _run(lead: Desk, path: str) -> None:
    """Whoever leads it gives an update, a task that is done, and resolves it."""
    page = lead.go(path)
    page.get_by_role("link", name="Give an update").click()
    page.get_by_label("Conditions").fill("Nothing pneumatic works")
    page.get_by_label("Needs").fill("A spare compressor")
    page.get_by_role("button", name="Tell those concerned").click()
    _done(page, "The update is given; those concerned are told.")
    page.get_by_role("link", name="It was earlier").click()
    page.get_by_label("What happened").fill("The pump was loud")
    then = datetime.now(UTC) - timedelta(days=1)
    page.get_by_label("When, if it was earlier: date").fill(f"{then:%Y-%m-%d}")
    page.get_by_role("button", name="Note it").click()
    _done(page, "Enter both, the date and the time, or neither.")
    page.get_by_label("When, if it was earlier: time").fill("08:15")
    page.get_by_role("button", name="Note it").click()
    _done(page, "Written down later")
    lead.go(path).get_by_role("link", name="Add a task").click()
    page.get_by_label("What is to be done").fill("Swap the filter")
    _chosen(page, "Who", "Other Example")
    page.get_by_label("Mandatory").check()
    page.get_by_role("button", name="Add").last.click()
    _done(page, "The task is added.")
    page.get_by_label("How it was resolved").fill("Another compressor runs")
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Resolved").first).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    _done(page, "1 mandatory task is not done.")
    _done(page, "Its review is not signed off.")
    page = lead.go("/tasks")
    page.get_by_role("button", name="Done: Swap the filter").click()
    _done(page, "Well done: the task is done.")


def _learn(author: Desk, lead: Desk, signer: Desk, path: str) -> None:
    """Written by one, signed off by another, then closed; its timeline goes out."""
    page = author.go(f"{path}/review")
    page.get_by_label("What happened").fill("The pump ran dry")
    page.get_by_label("Impact").fill("A day without air")
    page.get_by_role("button", name="Save the draft").click()
    _done(page, "The draft of the review is saved.")
    _done(page, "You wrote in it. Somebody else who looks after the incident signs it off.")
    page = signer.go(f"{path}/review")
    page.get_by_role("button", name="Sign it off").click()
    _done(page, "Write this part before it is signed off.")
    page = author.go(f"{path}/review")
    page.get_by_label("Root cause").fill("Nobody looks at the oil")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("link", name="To prevent it").click()
    page.get_by_label("What is to be done").fill("Oil on the monthly round")
    page.get_by_role("button", name="Add").last.click()
    _done(page, "The task is added.")
    page = signer.go(f"{path}/review")
    page.get_by_role("button", name="Sign it off").click()
    _done(page, "The review is signed off.")
    page = lead.go(path)
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text("Closed").first).to_be_visible()
    # What is to prevent it goes on; nothing else does.
    expect(page.get_by_label("What happened now")).to_have_count(0)
    expect(page.get_by_role("button", name="Done: Oil on the monthly round")).to_be_visible()
    page.get_by_role("link", name="Whole timeline").click()
    with page.expect_download() as held:
        page.get_by_role("link", name="Markdown").click()
    text = held.value.path().read_text()
    assert "handed over from Manager Example to Other Example" in text
    assert "> The gauge shows **two** bar" in text
    page.get_by_role("link", name="Print or PDF").click()
    expect(page.get_by_role("heading", name="Root cause")).to_be_visible()
    assert page.pdf().startswith(b"%PDF")


def test_a_filter_is_saved_changed_and_rests(sit_down: Opened) -> None:
    page = sit_down("member").go("/incident-subscriptions/new")
    page.get_by_label("Name", exact=True).fill("Severe")
    page.get_by_label("How severe at least").select_option("high")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("High and worse")).to_be_visible()
    page.get_by_role("link", name="Severe").click()
    page.get_by_label("Name", exact=True).fill("Worse")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Worse")).to_be_visible()
    page.get_by_role("button", name="Let it rest").click()
    expect(page.get_by_text("Rests", exact=True)).to_be_visible()
