"""Pictures of people over HTTP, and on pages."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from tests.support import darkroom, photographs
from tests.support.application import Lab
from tests.web.pages.test_resource_pages import sent
from tests.web.pages.visitor import Visitor

JPEG = photographs.jpeg(orientation=6)


@pytest.fixture
def lab(sqlite_lab: Lab) -> Lab:
    """On SQLite: the services below are tried on both databases."""
    return sqlite_lab


def _put(lab: Lab, path: str = "/me/picture", *, by: str = "member", content: bytes = JPEG) -> Any:
    headers = {"Content-Type": "application/octet-stream"}
    return lab.call("PUT", path, by=by, content=content, headers=headers)


def test_a_picture_is_set_seen_by_colleagues_and_removed(lab: Lab) -> None:
    path = f"/users/{lab.ids.member}/picture"
    assert lab.get(path).status_code == 404
    with darkroom.closed():
        made = _put(lab)
        assert (made.status_code, made.json()["data"]["picture"]["state"]) == (200, "waiting")
        assert lab.get(path, by="other").json()["type"] == "/problems/picture-not-ready"
    darkroom.developed(lab)
    seen = lab.get(path, by="other", params={"width": 96})
    assert photographs.read(seen.content).size == (96, 96)
    assert photographs.tells(seen.content) == []
    assert seen.headers["Cache-Control"] == "private, no-cache"
    kept = lab.get(path, params={"width": 96, "v": made.json()["data"]["id"]})
    assert "immutable" in kept.headers["Cache-Control"]
    assert kept.headers["Cache-Control"].startswith("private")
    known = {"If-None-Match": seen.headers["ETag"]}
    assert lab.get(path, params={"width": 96}, headers=known).status_code == 304
    assert lab.get(path, by=None).status_code == 401
    for act in (_put(lab, path, by="other"), lab.call("DELETE", path, by="other")):
        assert act.status_code == 403
    assert _put(lab, path, by="admin").status_code == 200
    assert lab.call("DELETE", "/me/picture").status_code == 204
    assert lab.get(path).status_code == 404


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "file-empty"),
        (b"<svg onload=alert(1)>", 422, "file-type-refused"),
        (photographs.bomb(), 422, "picture-too-large"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), 422, "picture-unreadable"),
        (b"\xff\xd8\xff" + bytes(11 * 1024 * 1024), 413, "too-large"),
    ],
)
def test_what_is_no_picture_is_refused(
    shared_lab: Lab, content: bytes, status: int, code: str
) -> None:
    refused = _put(shared_lab, content=content)
    assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{code}")


def test_a_picture_stands_beside_the_name_wherever_people_are_shown(lab: Lab) -> None:
    member, admin = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "admin")
    assert "shown by your initials" in member.see("/me").text
    refused = sent(member, "/me/picture", photographs.bomb())
    assert (refused.status, "50 megapixels" in refused.text) == (422, True)
    with darkroom.closed():
        done = sent(member, "/me/picture", JPEG, "me.jpg")
        assert "Your picture was changed." in done.text
        assert "is being prepared" in done.text
    darkroom.developed(lab)
    address = f"/api/v1/users/{lab.ids.member}/picture?width="
    for visitor, path in ((member, "/"), (member, "/me"), (admin, "/people")):
        page = unescape(visitor.see(path).response.text)
        assert address in page, path
        whole = page.split(f'src="{address}')[1].split('"')[0]
        got = visitor.request("GET", address + whole)
        assert photographs.read(got.content).size in {(96, 96), (320, 320)}
    gone = member.send(member.see("/me/picture").form("/me/picture/remove"))
    assert "Your picture was removed." in gone.text
    assert address not in unescape(member.see("/").response.text)
