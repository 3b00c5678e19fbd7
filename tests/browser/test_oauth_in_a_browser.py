"""An app is connected and disconnected by keyboard; browsers do follow back to it."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Opened
from tests.support.application import PASSWORD

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]


class _Program(BaseHTTPRequestHandler):
    """The program's own site, of another origin than ours."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Reader</title><link rel=icon href=data:,>Back")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def callback() -> Iterator[str]:
    """Where the program waits for people to come back."""
    server = HTTPServer(("127.0.0.1", 0), _Program)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/callback"
    server.shutdown()
    server.server_close()


def register(page: Page, *permissions: str) -> tuple[str, str]:
    """By keyboard, on the page of those who keep programs: its id and its secret."""
    page.get_by_role("link", name="Register an app").first.press("Enter")
    page.get_by_label("Name", exact=True).press_sequentially("Plate reader")
    page.get_by_label("Where it sends people").press_sequentially("http://127.0.0.1/callback")
    for words in permissions:
        page.get_by_label(words).press("Space")
    page.get_by_role("button", name="Register it").press("Enter")
    expect(page.get_by_role("heading", name="The app is registered")).to_be_visible()
    client_id = page.get_by_label("Name of the program: client_id").input_value()
    return client_id, page.get_by_label("Its secret: client_secret").input_value()


def link(client_id: str, callback: str, scope: str) -> str:
    asked = {
        "client_id": client_id,
        "redirect_uri": callback,
        "response_type": "code",
        "scope": scope,
        "state": "xyz",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"/oauth/authorize?{urlencode(asked)}"


def answer(page: Page, callback: str) -> dict[str, list[str]]:
    page.wait_for_url(f"{callback}?*")
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_app_is_registered_connected_and_disconnected_by_keyboard(
    sit_down: Opened, callback: str, scheme: str
) -> None:
    keeper = sit_down("admin", viewport=DESK, color_scheme=scheme)
    reads = ("See when something is booked", "See resources and their rules")
    client_id, secret = register(keeper.go("/apps"), *reads)
    assert not Axe().run(keeper.page).response["violations"]
    desk = sit_down(viewport=PHONE, color_scheme=scheme)
    way = link(client_id, callback, "bookings:read resources:read")
    page = desk.go(way)
    page.get_by_label("E-mail address").fill("member@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").press("Enter")
    expect(page.get_by_role("heading", name="May Plate reader act for you?")).to_be_visible()
    expect(page.get_by_text("See when something is booked")).to_be_visible()
    assert not desk.overflows
    assert not Axe().run(page).response["violations"]
    page.get_by_role("button", name="Allow", exact=True).press("Enter")
    said = answer(page, callback)
    assert said["state"] == ["xyz"]
    form = {"grant_type": "authorization_code", "code": said["code"][0], "redirect_uri": callback,
            "code_verifier": VERIFIER}  # fmt: skip
    tokens = f"{desk.site.address}/api/v1/auth/token"
    assert httpx2.post(tokens, data=form, auth=(client_id, secret)).status_code == 200
    # Not asked again, neither straight from the program nor after a log-in.
    desk.page.goto(desk.site.address + way)
    assert "code" in answer(page, callback)
    again = sit_down(color_scheme=scheme)
    page = again.go(way)
    page.get_by_label("E-mail address").fill("member@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").press("Enter")
    assert "code" in answer(page, callback)
    page = desk.go("/me/apps")
    assert not desk.overflows
    assert not Axe().run(page).response["violations"]
    page.get_by_role("button", name="Disconnect").press("Enter")
    expect(page.get_by_text("It was disconnected")).to_be_visible()
    expect(page.get_by_text("No app is connected.")).to_be_visible()


def test_what_reaches_far_is_said_and_can_be_refused(sit_down: Opened, callback: str) -> None:
    keeper = sit_down("admin")
    client_id, _secret = register(keeper.go("/apps"), "Add people and give them roles")
    page = keeper.go(link(client_id, callback, "users:manage"))
    expect(page.get_by_text("This reaches far.")).to_be_visible()
    page.get_by_role("button", name="Do not allow").press("Enter")
    assert answer(page, callback)["error"] == ["access_denied"]


def test_swagger_connects_as_an_app(sit_down: Opened) -> None:
    desk = sit_down("admin")
    page = desk.go("/apps/new")
    back = f"{desk.site.address}/docs/oauth2-redirect"
    page.get_by_label("Name", exact=True).fill("Swagger")
    page.get_by_label("Where it runs").select_option("public")
    page.get_by_label("Where it sends people").fill(back)
    page.get_by_label("See when something is booked").check()
    page.get_by_role("button", name="Register it").click()
    client_id = page.get_by_label("Name of the program: client_id").input_value()
    desk.go("/docs")
    page.locator("button.authorize").first.click(timeout=60_000)
    box = page.locator(".auth-container", has=page.locator("#client_id_authorizationCode"))
    box.locator("#client_id_authorizationCode").fill(client_id)
    box.get_by_text("bookings:read", exact=True).click()
    with page.expect_popup() as opened:
        box.locator("button.authorize").click()
    opened.value.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name="Authorized", exact=True).first).to_be_visible()
