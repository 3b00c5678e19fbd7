"""A decision is recorded, another weighed, and one takes the other's place; a blocker is cleared."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Opened

pytestmark = pytest.mark.browser


def test_a_decision_is_recorded_and_superseded_by_another(sit_down: Opened) -> None:
    member = sit_down("member")
    page = member.go("/decisions")
    page.get_by_role("main").get_by_role("link", name="Propose or record").first.click()
    page.get_by_label("What is decided", exact=True).fill("Everybody mixes their own buffer")
    page.get_by_label(re.compile("^Outcome")).fill("Each group keeps its **own** recipe.")
    page.get_by_label(re.compile("It is decided already")).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The decision is recorded.")).to_be_visible()
    expect(page.locator(".head .badge")).to_have_text("Accepted")
    expect(page.get_by_role("main").get_by_text("own", exact=True)).to_be_visible()
    old = page.url.partition("?")[0]
    # Its text stands from now on; what does not go, and why, is said.
    expect(page.get_by_role("link", name="Change", exact=True)).to_have_count(0)
    page.get_by_text("What cannot be done now").click()
    expect(page.get_by_text("It is accepted.").first).to_be_visible()
    page.get_by_role("link", name="Supersede").click()
    page.get_by_role("link", name="Record the one that takes its place.").click()
    page.get_by_label("What is decided", exact=True).fill("One buffer for all")
    page.get_by_label(re.compile("^Outcome")).fill("We take HEPES.")
    page.get_by_label("Why it takes its place").fill("Sections could not be compared.")
    expect(page.get_by_label(re.compile("It is decided already"))).to_be_checked()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".head h1")).to_have_text("One buffer for all")
    page.get_by_role("link", name=re.compile("Everybody mixes their own buffer")).click()
    assert page.url.partition("?")[0] == old
    expect(page.locator(".head .badge")).to_have_text("Superseded")
    expect(page.get_by_text("Sections could not be compared.").first).to_be_visible()
    page.get_by_role("link", name=re.compile("One buffer for all")).first.click()
    page.get_by_role("link", name="Amend").click()
    page.get_by_label(re.compile("^Outcome")).fill("We take HEPES on Mondays.")
    page.get_by_label("Why it is amended").fill("It keeps for a week.")
    page.get_by_role("button", name="Amend").click()
    expect(page.locator("ins")).to_have_text(" on Mondays")
    assert member.complaints == []


def test_a_proposal_is_weighed_on_a_phone(sit_down: Opened) -> None:
    member = sit_down("member")
    page = member.go("/decisions/new")
    page.get_by_label("What is decided", exact=True).fill("Whole hours only")
    page.get_by_label(re.compile("^Options")).fill("Whole hours\nAs now")
    page.get_by_role("group", name="Who is asked").get_by_label("Other Example").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 has not answered")).to_be_visible()
    path = page.url.partition("?")[0].removeprefix(member.site.address)
    other = sit_down("other", viewport=PHONE, has_touch=True)
    seen = other.go(path)
    assert not other.overflows
    seen.get_by_label("I disagree").check()
    seen.get_by_label(re.compile("^Why")).fill("A quick look takes ten minutes.")
    seen.get_by_role("button", name="Say it").tap()
    expect(seen.get_by_text("Noted: this is what you think.")).to_be_visible()
    expect(seen.get_by_text("1 disagrees")).to_be_visible()
    expect(seen.get_by_role("link", name="Accept")).to_have_count(0)
    assert other.complaints == []


def test_a_blocker_is_raised_cleared_and_put_away(sit_down: Opened) -> None:
    member = sit_down("member", viewport=PHONE, has_touch=True)
    page = member.go("/blockers/new")
    page.get_by_label("What is in the way").fill("No liquid nitrogen")
    page.get_by_label("It waits for").select_option("vendor")
    page.get_by_label(re.compile("^Name")).fill("Linde")
    page.get_by_label("Impact").select_option("critical")
    page.get_by_role("button", name="Raise it").tap()
    expect(page.get_by_text("The blocker is raised")).to_be_visible()
    assert not member.overflows
    page.get_by_label("What resolved it").fill("The delivery came.")
    page.get_by_role("button", name="Resolve").tap()
    expect(page.locator(".head .badge")).to_have_text("Resolved")
    page.get_by_role("button", name="Archive").tap()
    expect(page.get_by_text("It is archived since")).to_be_visible()
    expect(page.get_by_label("Your comment")).to_have_count(0)
    expect(page.get_by_role("link", name="Change", exact=True)).to_have_count(0)
    assert member.complaints == []
