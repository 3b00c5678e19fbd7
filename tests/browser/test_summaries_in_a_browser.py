"""The morning: the summary is read and every line of it leads somewhere; a shift is handed over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect

from src.core import clock
from src.core.db import create_database, transaction
from src.domain.operations import summaries
from tests.browser.conftest import DESK, PHONE, Opened, Site
from tests.support import servers
from tests.support.application import PASSWORD

pytestmark = pytest.mark.browser


class Caller:
    """Somebody's program beside their browser."""

    def __init__(self, site: Site, person: str) -> None:
        """Logged in."""
        self.address = f"{site.address}/api/v1"
        sent = {"email": f"{person}@example.org", "password": PASSWORD}
        answer = httpx2.post(f"{self.address}/auth/login", json=sent)
        assert answer.is_success, answer.text
        self.headers = {"Authorization": f"Bearer {answer.json()['data']['access_token']}"}

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What was made."""
        answer = httpx2.post(self.address + path, json=body, headers=self.headers)
        assert answer.is_success, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data


def a_day(site: Site) -> None:
    """Things of every kind happen, and the summary of the day they happen on is written."""
    member, admin = Caller(site, "member"), Caller(site, "admin")
    member.post("/status-updates", {"done": "Aligned the lasers"})
    member.post("/blockers", {"title": "No argon", "waiting_on": "vendor"})
    member.post("/decisions", {"title": "One buffer", "options": [{"title": "PBS"}]})
    types = httpx2.get(f"{admin.address}/incident-types", headers=admin.headers).json()["data"]
    kind = types[0]["id"] if types else admin.post(
        "/incident-types", {"code": "spill", "name": "Spill", "default_severity": "high"}
    )["id"]  # fmt: skip
    member.post("/incidents", {
        "type_id": kind, "title": "Leak under the hood", "occurred_at": clock.now().isoformat(),
    })  # fmt: skip
    member.post("/problems", {
        "resource_id": str(site.ids.cytometer), "severity": "critical", "text": "No laser",
        "is_blocking": True,
    })  # fmt: skip

    async def write() -> None:
        database = create_database(site.database)
        try:
            async with transaction(database) as session:
                tomorrow = clock.now() + timedelta(days=1)
                assert await summaries.making.make_next(session, "all", now=tomorrow)
        finally:
            await database.dispose()

    servers.in_thread(write)


@pytest.mark.parametrize(
    "options",
    [{"viewport": DESK}, {"viewport": PHONE, "has_touch": True}, {"java_script_enabled": False}],
    ids=["desk", "phone", "without scripts"],
)
def test_every_line_of_the_morning_summary_leads_to_its_thing(
    sit_down: Opened, site: Site, options: dict[str, object]
) -> None:
    a_day(site)
    desk = sit_down("member", **options)
    page = desk.go("/")
    page.locator("#summary a").click()
    expect(page.get_by_role("heading", name="Summary of")).to_be_visible()
    for words in ("Leak under the hood", "No argon", "One buffer"):
        expect(page.get_by_role("link", name=words).first).to_be_visible()
    assert options.get("java_script_enabled") is False or not desk.overflows
    lines = page.locator("#attention, #since, #instruments").locator("li a")
    paths = {str(lines.nth(place).get_attribute("href")) for place in range(lines.count())}
    kinds = {path.split("/")[1] for path in paths}
    assert {"incidents", "blockers", "decisions", "updates", "resources"} <= kinds
    here = page.url
    for path in sorted(paths):
        page.goto(here)
        page.locator("details.summed-more").evaluate_all(
            "all => all.forEach(one => one.open = true)"
        )
        with page.expect_navigation():
            page.locator(f"main a[href='{path}']").first.click()
        assert page.url.endswith(path)
        expect(page.get_by_role("heading", level=1)).not_to_have_text("")
        assert "/problems/" not in page.content()


def test_a_shift_is_handed_over_and_taken_from_the_phone(sit_down: Opened, site: Site) -> None:
    giver, taker = sit_down("member"), sit_down("other", viewport=PHONE, has_touch=True)
    page = giver.go("/handovers/new")
    page.get_by_label("What to watch").fill("The chiller *hums*; look at 22:00.")
    page.get_by_label("To", exact=True).select_option(str(site.ids.other))
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.get_by_text("Handed over; whom it is for is told.")).to_be_visible()
    expect(page.get_by_text("Nobody has it yet")).to_be_visible()
    page = taker.go("/")
    page.get_by_role("link", name="Take over").tap()
    page.get_by_label("Remark").fill("I have an eye on it")
    assert not taker.overflows
    page.get_by_role("button", name="I have it").tap()
    expect(page.get_by_text("You have it now; whoever gave it is told.")).to_be_visible()
    page = giver.go("/handovers")
    expect(page.get_by_text("Taken over", exact=True)).to_be_visible()
