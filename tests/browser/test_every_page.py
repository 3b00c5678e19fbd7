"""What holds for every page, and what a visit costs over the wire.

Nothing serious against accessibility, nothing moves, nothing is refused by the content security
policy, nothing is wider than a phone, or too small there for a thumb.

In `make test` a place is looked at either at a desk in light or on a phone in the dark, which by its
name; `make campaign` looks at every place in both.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import CDPSession, Page, ViewportSize

from src.assets import library
from tests.browser.conftest import DESK, PHONE, Desk, Opened
from tests.browser.places import PLACES, Place, settled

pytestmark = pytest.mark.browser

FULL = os.environ.get("ALIQUOT_TEST_CAMPAIGN") == "full"
SCHEMES = ("light", "dark")
BUDGETS = {"/": 130_000, "/calendar?view=week": 175_000}
AXE = Axe().axe_script
_RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}


def _book(desk: Desk) -> str:
    """A booking for the pages about one; its id."""
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    page = desk.go(f"/bookings/new?resource_id={desk.site.ids.confocal}&starts_at={day}T10:00Z")
    page.get_by_label("Title").fill("Slides")
    page.get_by_role("button", name="Book", exact=True).last.click()
    page.wait_for_url("**/bookings/*-*")
    return page.url.rpartition("/")[2].partition("?")[0]


def _visits(sit_down: Opened, scheme: str, **options: object) -> list[tuple[Place, Desk, str]]:
    """The places of a scheme, with the window of who goes there and the whole path."""
    desks = {who: sit_down(who, **options) for who in {place.who for place in PLACES}}
    booking = _book(desks["member"])
    resource = str(desks["member"].site.ids.confocal)
    return [
        (place, desks[place.who], place.path.format(resource=resource, booking=booking))
        for place in PLACES
        if FULL or scheme == SCHEMES[crc32(place.name.encode()) % 2]
    ]


def _open(desk: Desk, path: str) -> Page:
    """The page, drawn to the end. What the policy refuses, Chromium also writes to the console."""
    page = desk.go(path)
    settled(page)
    return page


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_page_is_open_to_everybody_stands_still_and_fits(
    sit_down: Opened, scheme: str
) -> None:
    size: ViewportSize = PHONE if scheme == "dark" else DESK
    faults: list[object] = []
    options = {"color_scheme": scheme, "viewport": size, "reduced_motion": "reduce"}
    for place, desk, path in _visits(sit_down, scheme, **options):
        page = _open(desk, path)
        # Looked at twice: a machine that is starved for a moment draws in steps.
        shift = page.evaluate(_SHIFT) and _open(desk, path).evaluate(_SHIFT)
        if shift:
            faults.append((place.name, "moved", shift))
        if size is PHONE:
            # As long as the page, so that the bar at the bottom covers nothing one could scroll to.
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": PHONE["width"], "height": height})
        faults += [
            (place.name, one["id"], node["target"], node["failureSummary"][:300])
            for one in _violations(page)
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        page.set_viewport_size(PHONE)
        if size is not PHONE and _does_not_fit(desk):
            # A window that was made smaller is no phone yet.
            _open(desk, path)
        faults += [(place.name, *one) for one in _does_not_fit(desk)]
        page.set_viewport_size(size)
        _forget_expected(desk, place)
    assert not faults, "\n".join(map(str, faults))


def _violations(page: Page) -> list[dict[str, Any]]:
    """What axe objects to; what it has nothing against stays in the browser."""
    page.evaluate(AXE)
    run = "rules => axe.run(document, rules).then(found => found.violations)"
    found: list[dict[str, Any]] = page.evaluate(run, _RULES)
    return found


def _does_not_fit(desk: Desk) -> list[tuple[str, ...]]:
    """What is wrong with the page on a phone."""
    small: list[str] = desk.page.evaluate(_SMALL)
    wide = [("wider than the phone",)] if desk.overflows else []
    return [*wide, *(("too small for a thumb", one) for one in small)]


def _forget_expected(desk: Desk, place: Place) -> None:
    """A page about something that is not there answers 404, which Chromium writes down."""
    if place.name == "not-found":
        desk.complaints[:] = [one for one in desk.complaints if "404" not in one]


# What moved, and how much of the window it took along.
_SHIFT = """() => new Promise(done => {
  const moved = [];
  const name = node => node?.outerHTML?.slice(0, 100) ?? node?.textContent?.slice(0, 60);
  new PerformanceObserver(list => list.getEntries().forEach(one =>
    moved.push([one.value, ...one.sources.map(source => name(source.node))])))
    .observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => done(moved)));
})"""


# Buttons, fields and links that stand alone; a link inside a sentence may be as tall as its line.
_SMALL = """() => [...document.querySelectorAll(
    '.btn, .form-control, .form-select, .place, .tab, .slot a, .check, summary, [role=tab]')]
  .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.closest('.sr-only')
                 && one.getBoundingClientRect().height < 43.5)
  .map(one => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("path", BUDGETS)
def test_a_first_visit_fits_its_budget_and_a_second_loads_no_static_file(
    sit_down: Opened, path: str
) -> None:
    assert library.built is not None, "what is measured is what was built: make assets"
    desk = sit_down("member")
    browser = desk.page.context.browser
    assert browser is not None
    # Logged in, with an empty cache.
    context = browser.new_context(viewport=DESK, storage_state=desk.page.context.storage_state())
    page = context.new_page()
    wire = Wire(context.new_cdp_session(page))
    address = desk.site.address + path
    page.goto(address)
    settled(page)
    assert wire.loaded(f"{desk.site.address}/static/"), "the page has a style sheet at least"
    assert wire.bytes <= BUDGETS[path], f"{wire.bytes} bytes: {wire.sizes}"
    again = Wire(context.new_cdp_session(page))
    page.goto(address)
    settled(page)
    assert again.loaded(f"{desk.site.address}/static/") == []
    context.close()


class Wire:
    """What came over the wire to a page: addresses and bytes as they were sent, compressed."""

    def __init__(self, session: CDPSession) -> None:
        self._urls: dict[str, str] = {}
        self._kept: set[str] = set()
        self.sizes: dict[str, int] = {}
        session.on("Network.responseReceived", self._received)
        session.on("Network.requestServedFromCache", lambda one: self._kept.add(one["requestId"]))
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _received(self, said: dict[str, Any]) -> None:
        self._urls[said["requestId"]] = said["response"]["url"]
        if said["response"].get("fromDiskCache"):
            self._kept.add(said["requestId"])

    def _finished(self, said: dict[str, Any]) -> None:
        url = self._urls.get(said["requestId"], "")
        if said["requestId"] not in self._kept:
            self.sizes[url] = int(said["encodedDataLength"])

    @property
    def bytes(self) -> int:
        """All of them, headers included."""
        return sum(self.sizes.values())

    def loaded(self, prefix: str) -> list[str]:
        """The addresses that were fetched and not taken from the cache."""
        return [url for url in self.sizes if url.startswith(prefix)]
