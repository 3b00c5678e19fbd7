"""From a mail to fewer mails: choosing how one is told, following, and a link without a log-in."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from src.core.crypto import keyring_of
from src.domain.notifications import unsubscribing
from tests.browser.conftest import DESK, PHONE, Opened
from tests.support.application import settings_for

pytestmark = pytest.mark.browser
PATH = "/me/notification-preferences"


@pytest.mark.parametrize(
    "options",
    [{"viewport": DESK}, {"viewport": PHONE, "has_touch": True}, {"java_script_enabled": False}],
    ids=["desk", "phone", "without scripts"],
)
def test_somebody_chooses_how_they_are_told(sit_down: Opened, options: dict[str, object]) -> None:
    desk = sit_down("member", **options)
    page = desk.go(PATH)
    assert not options.get("has_touch") or not desk.overflows
    page.get_by_label("Quiet from").fill("22:00")
    page.get_by_label("Quiet until").fill("07:00")
    page.locator("summary", has_text="Waiting list").click()
    page.get_by_label("All by mail: Waiting list").select_option("Once a day")
    page.locator("summary", has_text="Bookings").click()
    page.get_by_label("By mail: Soon: …").select_option("No mail")
    cancelled = page.locator("li", has_text="Booking cancelled: …")
    expect(cancelled.get_by_text("Always: it concerns what is yours")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your choices are kept.")).to_be_visible()
    waiting = page.locator("summary", has_text="Waiting list")
    expect(waiting).to_contain_text("Once a day")
    expect(page.get_by_label("Quiet until")).to_have_value("07:00")


def test_who_reads_a_mail_turns_such_mails_off_without_a_log_in(sit_down: Opened) -> None:
    stranger, member = sit_down(None, viewport=PHONE, has_touch=True), sit_down("member")
    site = stranger.site
    port = urlsplit(site.address).port or 0
    keyring = keyring_of(settings_for("sqlite://", site.folder, port=port))
    link = unsubscribing.Link(site.ids.member, "booking.reminder", datetime.now(UTC))
    page = stranger.go(f"/unsubscribe/{unsubscribing.sign(link, keyring)}")
    expect(page.get_by_role("heading", name="Fewer mails")).to_be_visible()
    expect(page.get_by_text("Mails of this kind: Soon: …")).to_be_visible()
    assert not stranger.overflows
    page.get_by_role("button", name="Turn these mails off").tap()
    expect(page.get_by_role("heading", name="No more of these")).to_be_visible()
    chosen = member.go(PATH)
    chosen.locator("summary", has_text="Bookings").click()
    expect(chosen.get_by_label("By mail: Soon: …")).to_have_value("off")
