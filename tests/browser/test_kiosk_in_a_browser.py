"""At the instrument in Chromium: a tablet on the wall, and checking in by phone with a checklist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Opened, Site
from tests.support.application import PASSWORD

pytestmark = pytest.mark.browser

PIN = "271828"
LIST = {
    "type": "object",
    "properties": {
        "pressure": {
            "type": "number", "title": "Pressure", "x-unit": "bar",
            "x-limits": {"low": 1, "high": 5},
        }
    },
    "required": ["pressure"],
}  # fmt: skip


@contextmanager
def interface(site: Site, who: str) -> Iterator[httpx2.Client]:
    """The interface, as somebody."""
    with httpx2.Client(base_url=f"{site.address}/api/v1") as client:
        said = {"username": f"{who}@example.org", "password": PASSWORD}
        token = client.post("/auth/token", data=said).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def booked(site: Site) -> str:
    """A booking of the member's that begins now, on an instrument that asks before use."""
    confocal = site.ids.confocal
    with interface(site, "admin") as admin:
        level = f"/resources/{confocal}/policy"
        version = admin.get(level).headers["ETag"]
        said: dict[str, Any] = {"checklist_before": LIST, "slot_minutes": None}
        admin.patch(level, json=said, headers={"If-Match": version}).raise_for_status()
    start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=5)
    wish = {
        "resource_id": str(confocal),
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=1)).isoformat(),
        "title": "Slides",
    }
    with interface(site, "member") as member:
        member.put("/me/kiosk-pin", json={"pin": PIN}).raise_for_status()
        return str(member.post("/bookings", json=wish).raise_for_status().json()["data"]["id"])


def test_at_a_tablet_one_checks_in_with_a_pin_and_a_revoked_tablet_shows_nothing(
    sit_down: Opened,
) -> None:
    desk = sit_down("manager", viewport=DESK)
    booked(desk.site)
    page = desk.go("/kiosks/new")
    page.get_by_label("Name", exact=True).fill("Hall")
    page.locator(f'input[value="{desk.site.ids.confocal}"]').check()
    page.get_by_role("button", name="Make the kiosk").click()
    address = page.get_by_label("Its address").input_value()
    path = address[address.index("/kiosk/") :]

    tablet = sit_down(None, viewport={"width": 1180, "height": 820}, has_touch=True)
    wall = tablet.go(path)
    wall.get_by_role("link", name=re.compile("Check in")).tap()
    wall.get_by_label("Pressure").fill("2")
    wall.get_by_label("Your PIN").fill("314159")
    wall.get_by_role("button", name="Check in").tap()
    expect(wall.get_by_text("The PIN is not right.")).to_be_visible()
    wall.get_by_label("Your PIN").fill(PIN)
    wall.get_by_role("button", name="Check in").tap()
    expect(wall.get_by_text("You are checked in.")).to_be_visible()
    expect(wall.get_by_text("In use")).to_be_visible()

    page = desk.go("/kiosks")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The kiosk was revoked")).to_be_visible()
    assert wall.request.get(desk.site.address + path).status == 404


def test_by_phone_the_list_before_use_comes_first_and_marks_what_is_not_normal(
    sit_down: Opened,
) -> None:
    desk = sit_down("member", viewport=PHONE, has_touch=True)
    booking = booked(desk.site)
    page = desk.go(f"/bookings/{booking}")
    page.get_by_role("button", name="Check in").tap()
    page.get_by_label("Pressure").fill("9")
    page.get_by_role("button", name="Save and check in").tap()
    expect(page.get_by_text("You are checked in.")).to_be_visible()
    expect(page.get_by_text("Outside its limits")).to_be_visible()
