"""Photographs of every page, for people to look at: `make screenshots`.

Starts the demonstration in a folder of its own and writes `screenshots/<page>-<size>-<scheme>-
<language>.png`; arguments choose pages by a part of their name. Nothing is compared: eyes do that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.places import PLACES, Place, settled
from tests.support.servers import free_port

FOLDER = ROOT / "screenshots"
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1440, "height": 900}}
SCHEMES = ("light", "dark")
LANGUAGES = ("en", "de")
PASSWORD = "aliquot-demo-password"
STARTS_WITHIN = 90  # seconds


@contextmanager
def demonstration() -> Iterator[str]:
    """The address of a demonstration that runs while this lasts."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"PORT": str(port), "DATA_DIR": folder, "DEMO": "1", "LOG_LEVEL": "WARNING"}
        command = [sys.executable, str(ROOT / "server" / "main.py")]
        process = subprocess.Popen(command, env={**os.environ, **settings})
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            if httpx2.get(f"{address}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        if time.monotonic() > ends or process.poll() is not None:
            raise SystemExit("the demonstration does not start")
        time.sleep(0.3)


def subjects(address: str) -> dict[str, str]:
    """What the pages about one thing are about: an instrument, and the member's next booking."""
    client = httpx2.Client(base_url=f"{address}/api/v1")
    form = {"username": "member@example.org", "password": PASSWORD}
    token = client.post("/auth/token", data=form).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    found = client.get("/resources", params={"q": "LSM 980"}).json()["data"]
    query = {"mine": "true", "status": "confirmed"}
    booked = client.get("/bookings", params=query).json()["data"]
    return {"resource": found[0]["id"], "booking": booked[0]["id"]}


def window(browser: Browser, address: str, who: str | None, **options: object) -> BrowserContext:
    """A browser of somebody who is logged in."""
    context = browser.new_context(base_url=address, reduced_motion="reduce", **options)  # type: ignore[arg-type]
    if who is not None:
        page = context.new_page()
        page.goto("/login")
        page.fill("[name=email]", f"{who}@example.org")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        page.close()
    return context


def photograph(page: Page, place: Place, path: str, name: str) -> None:
    """One page, whole."""
    page.goto(path)
    settled(page)
    page.wait_for_timeout(150)
    page.screenshot(path=FOLDER / f"{name}.png", full_page=not place.path.startswith("/calendar"))


def main(wanted: list[str]) -> None:
    """Every page, or those whose name contains one of the words."""
    places = [one for one in PLACES if not wanted or any(word in one.name for word in wanted)]
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("no Chromium here; on Debian: apt install chromium")
    FOLDER.mkdir(exist_ok=True)
    with demonstration() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        named = subjects(address)
        for size, viewport in SIZES.items():
            for scheme in SCHEMES:
                for language in LANGUAGES:
                    for who in {one.who for one in places}:
                        context = window(
                            browser, address, who, viewport=viewport, color_scheme=scheme
                        )
                        page = context.new_page()
                        for place in (one for one in places if one.who == who):
                            # In the address, so that it holds whatever the person's language is.
                            path = f"/{language}{place.path.format(**named)}"
                            photograph(
                                page, place, path, f"{place.name}-{size}-{scheme}-{language}"
                            )
                        context.close()
        browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")


if __name__ == "__main__":
    main(sys.argv[1:])
