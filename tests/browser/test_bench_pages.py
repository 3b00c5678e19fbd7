"""What a person waits for in Chromium: printed, nothing is asserted by the clock. `make bench`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESK, Desk, Opened
from tests.browser.places import settled

pytestmark = [pytest.mark.bench, pytest.mark.browser, pytest.mark.timeout(600)]

RESOURCES, A_DAY = 50, 3
MAILS = 30_000  # milliseconds until those concerned have been told, which takes the same processors
MONDAY: date = datetime.now(UTC).date() + timedelta(days=7 - datetime.now(UTC).weekday())

# The page asks for itself: it is logged in, and a thousand bookings need no thousand connections.
_FILL = """async ({resources, days, perDay, monday, like}) => {
  const ask = async (method, path, body) => {
    const sent = {method, headers: {'Content-Type': 'application/json', 'If-Match': '*'}, body: body && JSON.stringify(body)};
    const answer = await fetch('/api/v1' + path, sent);
    if (!answer.ok) throw new Error(path + ' ' + answer.status + ' ' + await answer.text());
    return (await answer.json()).data;
  };
  const {type, location} = await ask('GET', '/resources/' + like);
  let made = 0;
  for (let number = 0; number < resources; number++) {
    const one = await ask('POST', '/resources', {name: `Instrument ${String(number).padStart(2, '0')}`, type_id: type.id, location_id: location.id, timezone: 'UTC'});
    for (let day = 0; day < days; day++) {
      for (let turn = 0; turn < perDay; turn++) {
        const starts = new Date(Date.parse(monday + 'T06:00:00Z') + day * 864e5 + turn * 144e5);
        await ask('POST', '/bookings', {resource_id: one.id, title: 'Slides 4 to 9', starts_at: starts.toISOString(), ends_at: new Date(+starts + 72e5).toISOString()});
        made++;
      }
    }
  }
  return made;
}"""
_WHEN = """() => {
  const [page] = performance.getEntriesByType('navigation');
  return [performance.now(), page.responseEnd];
}"""
_PAINTED = """() => new Promise(done => new PerformanceObserver(list =>
  done(list.getEntries().at(-1).startTime)).observe({type: 'largest-contentful-paint', buffered: true}))"""


def _fresh(desk: Desk) -> Page:
    """The same person with an empty cache."""
    browser = desk.page.context.browser
    assert browser is not None
    state = desk.page.context.storage_state()
    return browser.new_context(viewport=DESK, storage_state=state).new_page()


def test_the_largest_paint_of_a_first_visit(sit_down: Opened) -> None:
    desk = sit_down("member")
    for path in ("/", "/calendar?view=week", "/resources", "/bookings"):
        page = _fresh(desk)
        page.goto(desk.site.address + path)
        settled(page)
        print(f"\n{path}: largest paint after {page.evaluate(_PAINTED):.0f} ms")
        page.context.close()


def test_fifty_resources_in_a_calendar(sit_down: Opened) -> None:
    desk = sit_down("admin")
    asked = {
        "resources": RESOURCES, "days": 7, "perDay": A_DAY, "monday": MONDAY.isoformat(),
        "like": str(desk.site.ids.confocal),
    }  # fmt: skip
    made = desk.page.evaluate(_FILL, asked)
    desk.page.wait_for_timeout(MAILS)
    for view in ("day", "week"):
        page = _fresh(desk)
        for visit in ("first visit", "second visit"):
            page.goto(f"{desk.site.address}/calendar?view={view}&date={MONDAY}&q=Instrument")
            page.locator(".ec-event").first.wait_for()
            drawn, came = page.evaluate(_WHEN)
            shown = page.locator(".ec-event:not(.ec-preview)").count()
            print(
                f"\n{view} of {RESOURCES} ({made} bookings a week), {visit}: {shown} blocks "
                f"after {drawn:.0f} ms, {drawn - came:.0f} ms after the page and its data"
            )
        page.context.close()
