"""Pictures in Chromium: prepared while one looks, and small where they are shown small."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Locator, expect

from tests.browser.conftest import Desk, Opened
from tests.browser.places import settled
from tests.support import darkroom, photographs

ME: FilePayload = {
    "name": "me.jpg",
    "mimeType": "image/jpeg",
    "buffer": photographs.jpeg(orientation=6),
}
BOMB: FilePayload = {"name": "me.png", "mimeType": "image/png", "buffer": photographs.bomb()}


def _is_drawn(image: Locator) -> None:
    expect(image).to_be_visible(timeout=60_000)
    image.page.wait_for_function(
        "(one) => one.complete && one.naturalWidth", arg=image.element_handle()
    )


def _choose(desk: Desk, path: str, file: FilePayload) -> None:
    page = desk.go(path)
    settled(page)
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Save").click()


def test_one_uploads_a_picture_and_sees_it_come(sit_down: Opened) -> None:
    desk, colleague = sit_down("member"), sit_down("admin")
    page = desk.page
    with darkroom.closed():
        _choose(desk, "/me/picture", ME)
        expect(page.get_by_text("Your picture is being prepared")).to_be_visible(timeout=60_000)
        assert page.locator(".avatar img").count() == 0
    _is_drawn(page.locator("#picture-now img"))
    expect(page.get_by_text("is being prepared")).to_be_hidden()
    desk.go("/")
    _is_drawn(page.locator("header .avatar img"))
    _is_drawn(colleague.go("/people").locator("table .avatar img"))
    desk.go("/me/picture")
    page.get_by_role("button", name="Remove the picture").click()
    expect(page.get_by_text("your initials stand in its place")).to_be_visible()
    assert page.locator(".avatar img").count() == 0


def test_a_photo_comes_to_the_page_that_is_open_and_no_larger_than_it_is_shown(
    sit_down: Opened,
) -> None:
    manager, phone = sit_down("manager"), sit_down("member", viewport={"width": 390, "height": 844})
    path = f"/resources/{manager.site.ids.confocal}"
    with darkroom.closed():
        _choose(manager, f"{path}/photo", ME)
        expect(manager.page.get_by_text("The photo is being prepared")).to_be_visible(
            timeout=60_000
        )
    shot = manager.page.locator("#standing .shot img")
    _is_drawn(shot)
    assert shot.evaluate("(one) => one.currentSrc").endswith("width=320")
    phone.go("/resources?as=cards")
    small = phone.page.locator(".shot img")
    _is_drawn(small)
    assert small.evaluate("(one) => one.currentSrc").endswith("width=96")
    assert not phone.overflows


def test_what_is_refused_is_said_at_its_field(sit_down: Opened) -> None:
    desk = sit_down("member")
    _choose(desk, "/me/picture", BOMB)
    expect(desk.page.locator("#file-fault-1")).to_contain_text("50 megapixels")
    desk.complaints.clear()  # Chromium tells of every 422
