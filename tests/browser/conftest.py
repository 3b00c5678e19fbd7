"""Chromium against the application on a port of its own.

Skipped loudly where there is no Chromium, and failing where CI is set.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    sync_playwright,
)

from tests.support import servers
from tests.support.application import PASSWORD, Ids, composed, seed, settings_for
from tests.support.databases import Templates

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}


@dataclass(frozen=True, slots=True)
class Site:
    """The running application and what is in it."""

    address: str
    ids: Ids
    folder: Path  # where its data lie, and the mails that it would have sent
    database: str = ""


# Until it is closed Playwright's loop runs in this thread, where asynchronous tests want their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, started once for a file of tests."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        hint = "no Chromium here; on Debian: apt install chromium"
        servers.missing("chromium", servers.NoServerError(hint))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application, seeded, on SQLite."""
    port = servers.free_port()
    with templates.with_schema("sqlite") as url:
        settings = settings_for(url, tmp_path_factory.mktemp("site"), port=port)
        ids = seed(settings)
        config = uvicorn.Config(composed(settings), port=port, log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        servers.wait_until(lambda: server.started, what="the start of the application")
        yield Site(f"http://127.0.0.1:{port}", ids, settings.data_dir, settings.database)
        server.should_exit = True
        thread.join(20)


@dataclass
class Desk:
    """Somebody's window, and everything their browser complained about."""

    site: Site
    page: Page
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page of ours."""
        self.page.goto(self.site.address + path)
        return self.page

    def log_in(self, person: str) -> None:
        """By the form."""
        page = self.go("/login")
        page.get_by_label("E-mail address").fill(f"{person}@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"{self.site.address}/")

    @property
    def overflows(self) -> bool:
        """Whether one would have to scroll sideways."""
        script = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(self.page.evaluate(script))


Opened = Callable[..., Desk]


@pytest.fixture
def sit_down(chromium: Browser, site: Site) -> Iterator[Opened]:
    """Opens windows, each a browser of its own; at the end nobody may have complained."""
    desks: list[tuple[BrowserContext, Desk]] = []

    def open_(person: str | None = None, **options: object) -> Desk:
        context = chromium.new_context(**{"viewport": DESK, **options})  # type: ignore[arg-type]
        desk = Desk(site, context.new_page())
        desk.page.on("console", lambda message: _note(desk, message))
        desk.page.on("pageerror", lambda error: desk.complaints.append(str(error)))
        desks.append((context, desk))
        if person is not None:
            desk.log_in(person)
        return desk

    yield open_
    complaints = [said for _context, desk in desks for said in desk.complaints]
    for context, _desk in desks:
        context.close()
    assert complaints == []


def _note(desk: Desk, message: ConsoleMessage) -> None:
    # A refused form is an answer with its own status, which Chromium reports as a failed load.
    is_refusal = "status of 409" in message.text or "status of 422" in message.text
    # A page that still listens when its log-in ends asks once more, and hears that it has.
    address = str((message.location or {}).get("url", ""))
    is_refusal |= "status of 401" in message.text and "/api/v1/events/stream" in address
    if message.type in ("error", "warning") and not is_refusal:
        desk.complaints.append(message.text)
