"""What happens reaches every tab over one connection, also when the tab that reads it closes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Desk, Opened, Site
from tests.support.application import PASSWORD, moment
from tests.support.servers import wait_until
from tests.support.streams import PATH, crowding

pytestmark = pytest.mark.browser

RECORD = """
window.heard = [];
for (const name of ["calendar", "notifications", "operation", "reset"])
  document.addEventListener(`live:${name}`, (event) =>
    window.heard.push([name, event.detail]));
"""

HIDE = """(isHidden) => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def booker(site: Site) -> Iterator[httpx2.Client]:
    """Somebody else, who books by program."""
    with httpx2.Client(base_url=site.address) as client:
        form = {"grant_type": "password", "username": "other@example.org", "password": PASSWORD}
        token = client.post("/api/v1/auth/token", data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def book(booker: httpx2.Client, site: Site, hour: float) -> None:
    body = {
        "resource_id": str(site.ids.confocal),
        "starts_at": moment(hour),
        "ends_at": moment(hour + 1),
    }
    answer = booker.post("/api/v1/bookings", json=body)
    assert answer.status_code == 201, answer.text


def reads(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.dataset.live") == "reading")


def heard(page: Page, name: str) -> list[dict[str, object]]:
    """What the page was told of that kind."""
    told: list[tuple[str, dict[str, object]]] = page.evaluate("heard")
    return [detail for kind, detail in told if kind == name]


def hears(page: Page, name: str, *, times: int) -> None:
    """Wait until the page was told of that kind so often."""
    wait_until(lambda: len(heard(page, name)) == times, seconds=30, what=f"{name}, {times} times")


def open_tab(desk: Desk, streams: list[Request], *, is_clock_ours: bool = False) -> Page:
    page = desk.page.context.new_page()
    if is_clock_ours:
        page.clock.install()
    page.add_init_script(RECORD)

    def note(request: Request) -> None:
        if PATH in request.url:
            streams.append(request)

    page.on("request", note)
    page.goto(desk.site.address + "/notifications")
    return page


def test_one_connection_serves_all_tabs_and_another_tab_goes_on_with_it(
    sit_down: Opened, booker: httpx2.Client
) -> None:
    desk = sit_down("member")
    desk.go("/login")  # out of the way: no page of ours
    desk.page.goto("about:blank")
    streams: list[Request] = []
    tabs = [open_tab(desk, streams) for _ in range(3)]
    wait_until(lambda: sum(map(reads, tabs)) == 1, seconds=30, what="a tab that reads")
    book(booker, desk.site, 9)
    began = time.monotonic()
    for tab in tabs:
        hears(tab, "calendar", times=1)
    assert time.monotonic() - began < crowding()
    for tab in tabs:
        assert heard(tab, "calendar") == [{"resource_ids": [str(desk.site.ids.confocal)]}]
    assert len(streams) == 1
    reader = next(tab for tab in tabs if reads(tab))
    left = [tab for tab in tabs if tab is not reader]
    reader.close()
    book(booker, desk.site, 10)  # while nobody reads
    for tab in left:
        hears(tab, "calendar", times=2)
    wait_until(lambda: sum(map(reads, left)) == 1, seconds=30, what="the next tab that reads")
    assert len(streams) == 2
    assert streams[1].headers["last-event-id"]
    assert not any(heard(tab, "reset") for tab in left)


def test_what_happens_between_reading_a_page_and_listening_is_told_to_it(
    sit_down: Opened, booker: httpx2.Client
) -> None:
    desk = sit_down("member")
    desk.page.add_init_script(RECORD)

    def booked_meanwhile(route: Route) -> None:
        page = route.fetch()
        book(booker, desk.site, 9)
        route.fulfill(response=page)

    desk.page.route("**/notifications", booked_meanwhile)
    page = desk.go("/notifications")
    hears(page, "calendar", times=1)


def test_the_bell_counts_and_nothing_moves(sit_down: Opened, booker: httpx2.Client) -> None:
    desk = sit_down("other")
    page = desk.go("/resources")
    bell = page.locator("[data-unread]")
    expect(bell).to_be_hidden()
    page.evaluate("""() => {
        window.moved = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((e) => moved += e.value))
            .observe({ type: "layout-shift", buffered: false });
    }""")
    wait_until(lambda: reads(page), seconds=30, what="the stream")
    rules = {"is_approval_required": True}
    manager = sit_down("manager")
    manager.go("/resources")
    path = f"/api/v1/resources/{desk.site.ids.confocal}/policy"
    form = {"grant_type": "password", "username": "admin@example.org", "password": PASSWORD}
    token = booker.post("/api/v1/auth/token", data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "If-Match": "*"}
    assert booker.patch(path, json=rules, headers=headers).status_code == 200
    book(booker, desk.site, 11)
    expect(manager.page.locator("[data-unread]")).to_have_text("1")
    expect(manager.page.get_by_role("link", name="Unread notifications: 1")).to_be_visible()
    requested = booker.get("/api/v1/bookings").json()["data"][0]["id"]
    answer = booker.post(f"/api/v1/bookings/{requested}/approve", json={}, headers=headers)
    assert answer.status_code == 200, answer.text
    expect(bell).to_have_text("1")
    assert page.evaluate("moved") == 0
    booker.post("/api/v1/notifications/read", json={"ids": None})
    expect(bell).to_be_hidden()


def test_a_page_nobody_looks_at_stops_listening_and_hears_what_it_missed(
    sit_down: Opened, booker: httpx2.Client
) -> None:
    desk = sit_down("member")
    streams: list[Request] = []
    desk.page.goto("about:blank")
    page = open_tab(desk, streams, is_clock_ours=True)
    wait_until(lambda: reads(page), seconds=30, what="the stream")
    page.evaluate(HIDE, True)
    book(booker, desk.site, 9)
    time.sleep(1)  # it arrives by the wall's clock
    assert heard(page, "calendar") == [], "a hidden page reads nothing again"
    page.clock.run_for(70_000)
    assert page.evaluate("document.documentElement.dataset.live") == "off"
    book(booker, desk.site, 10)
    page.evaluate(HIDE, False)
    page.clock.run_for(1000)
    wait_until(lambda: reads(page), seconds=30, what="the stream")
    hears(page, "calendar", times=2)
    assert streams[-1].headers["last-event-id"]
    assert heard(page, "reset") == []
