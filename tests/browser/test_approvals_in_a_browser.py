"""A request approved from the mail, and rules of several steps made by hand."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from src.core import mailbox
from tests.browser.conftest import PHONE, Opened
from tests.browser.test_booking_in_a_browser import book, form

pytestmark = pytest.mark.browser


def answer_link(folder: Path, to: str) -> str:
    """The link by which somebody decides, once it was mailed to them."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for one in mailbox.list_(mailbox.folder_of(folder)):
            whole = mailbox.read(mailbox.folder_of(folder), one.id)
            found = re.search(r"/approvals/answer/[\w.-]+", whole.text if whole else "")
            if to in one.to and found:
                return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no link to {to}")


def test_a_request_is_approved_from_the_mail_without_a_log_in(sit_down: Opened) -> None:
    manager, member = sit_down("manager"), sit_down("member")
    page = manager.go(f"/resources/{manager.site.ids.confocal}/policy")
    page.get_by_label("Somebody must approve").select_option("Yes")
    page.get_by_role("button", name="Save").click()
    mine = form(member)
    book(mine, "Slides")
    expect(mine.locator("main .badge").first).to_have_text("Requested")
    expect(mine.get_by_text("It waits for Ada Admin or Manager Example.")).to_be_visible()

    link = answer_link(manager.site.folder, "manager@example.org")
    telephone = sit_down(viewport=PHONE, has_touch=True)
    answer = telephone.go(link)
    expect(answer.get_by_role("heading", name="Member Example asks for Confocal")).to_be_visible()
    expect(answer.get_by_text("You decide as Manager Example")).to_be_visible()
    expect(answer.get_by_text("Slides")).to_be_visible()
    assert not telephone.overflows
    answer.get_by_label("A word with it").fill("Mind the new objective")
    answer.get_by_role("button", name="Approve").click()
    expect(answer.get_by_role("heading", name="Approved. They are told.")).to_be_visible()

    expect(mine.locator("main .badge").first).to_have_text("Confirmed")
    mine.reload()
    expect(mine.get_by_text("Mind the new objective").first).to_be_visible()
    telephone.page.goto(telephone.site.address + link)
    expect(answer.get_by_text("You have decided already")).to_be_visible()
    telephone.complaints[:] = [one for one in telephone.complaints if "410" not in one]


def test_a_rule_of_two_steps_is_made_and_put_in_order_without_scripts(sit_down: Opened) -> None:
    manager = sit_down("manager", java_script_enabled=False)
    page = manager.go("/approval-rules")
    page.get_by_role("main").get_by_role("link", name="Make a rule").first.click()
    page.get_by_role("textbox", name="Name").fill("Two steps")
    page.get_by_role("button", name="Add a step").click()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Two steps")
    second = page.locator("#step-1")
    page.locator("#step_1_approver_0").select_option("Manager")
    second.get_by_label("Decide within").fill("2")
    second.get_by_label("Unit").select_option("days")
    second.get_by_role("button", name="Earlier").click()
    expect(page.locator("#step-0").get_by_label("Decide within")).to_have_value("2")
    page.get_by_role("main").get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("Any of: the role Manager. After 2 days it lapses.")).to_be_visible()
    expect(page.get_by_text("Any of: the resource's contact and deputies.")).to_be_visible()
