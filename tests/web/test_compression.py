"""Answers are compressed where that helps, and stay what they were."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import brotli
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Scope

from src.web.compression import LARGE, SMALLEST, Compression, choose
from src.web.middleware import Heads
from tests.support.application import Lab
from tests.web.pages.visitor import Visitor

BOTH = "gzip, deflate, br, zstd"


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (BOTH, "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0.2, gzip;q=0.8", "gzip"),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("*;q=0", None),
        ("identity", None),
        ("identity;q=1, br;q=0.5", None),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("deflate, zstd", None),
        ("br;q=nonsense", None),
        ("", None),
    ],
)
def test_the_reader_chooses_the_encoding(accepted: str, chosen: str | None) -> None:
    assert choose(accepted) == chosen
    assert choose(accepted, ()) is None


def answered(
    accept: str = BOTH, *, size: int = 5000, method: str = "GET", **headers: str
) -> httpx2.Response:
    """An answer of that many bytes with these headers."""

    async def endpoint(_request: Request) -> Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        status = int(given.pop("status", "200"))
        return Response(b"abcdefghi " * (size // 10), status, given)

    app = Starlette(
        routes=[Route("/", endpoint)], middleware=[Middleware(Heads), Middleware(Compression)]
    )
    return TestClient(app).request(method, "/", headers={"Accept-Encoding": accept})


@pytest.mark.parametrize(
    "kind",
    [
        "text/html; charset=utf-8", "text/css", "text/javascript", "text/calendar", "image/svg+xml",
        "application/json", "application/problem+json", "application/vnd.aliquot.v1+json",
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [SMALLEST, 5000, LARGE * 3])
def test_text_and_data_are_compressed(kind: str, size: int) -> None:
    for encoding in ("br", "gzip"):
        answer = answered(encoding, size=size, content_type=kind)
        assert answer.headers["content-encoding"] == encoding
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.content == b"abcdefghi " * (size // 10)
        assert answer.num_bytes_downloaded < size / 2
    plain = answered("identity", size=size, content_type=kind)
    assert plain.headers["content-length"] == str(size)
    assert plain.headers["vary"] == "Accept-Encoding", "a cache must not give it to others"


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "text/event-stream"},
        {"content_type": "image/png"},
        {"content_type": "application/pdf"},
        {"content_type": "application/octet-stream"},
        {"content_type": "text/html", "content_encoding": "zstd"},
        {"content_type": "text/csv", "status": "206", "content_range": "bytes 0-9/10"},
        {"content_type": "text/html", "size": SMALLEST - 10},
        {"content_type": "text/html", "accept": "identity"},
        {},
    ],
)
def test_all_else_is_left_as_it_is(headers: dict[str, str]) -> None:
    answer = answered(**headers)  # type: ignore[arg-type]
    assert answer.headers.get("content-encoding") == headers.get("content_encoding")
    assert answer.headers["content-length"]


@pytest.mark.parametrize("status", ["204", "304"])
def test_an_answer_without_a_body_stays_without(status: str) -> None:
    answer = answered(size=0, status=status, content_type="text/html", etag='"a"')
    assert (answer.content, answer.headers["etag"]) == (b"", '"a"')
    assert "content-encoding" not in answer.headers


def test_a_head_tells_what_its_get_would(monkeypatch: pytest.MonkeyPatch) -> None:
    got = answered(content_type="text/html", etag='"a"')
    head = answered(method="HEAD", content_type="text/html", etag='"a"')
    assert head.content == b""
    assert head.headers == got.headers


def test_each_encoding_has_its_own_strong_tag_and_weak_ones_are_shared() -> None:
    for given, expected in (('"3-5f"', '"3-5f-br"'), ('W/"3-5f"', 'W/"3-5f"')):
        assert answered(content_type="text/css", etag=given).headers["etag"] == expected
    assert answered("identity", content_type="text/css", etag='"3-5f"').headers["etag"] == '"3-5f"'


def test_a_tag_that_is_named_later_is_the_one_that_was_given(sqlite_lab: Lab) -> None:
    """Read, read again unchanged, and changed on the condition that it is unchanged."""
    lab = sqlite_lab
    wish = {"notes": "A long story. " * 60}
    path = f"/bookings/{lab.book(9, **wish)['id']}"
    tags = {}
    for encoding in ("br", "gzip", "identity"):
        read = lab.get(path, headers={"Accept-Encoding": encoding})
        assert read.headers.get("content-encoding", "identity") == encoding
        tags[encoding] = tag = read.headers["etag"]
        known = {"Accept-Encoding": encoding, "If-None-Match": f'"other", {tag}'}
        again = lab.get(path, headers=known)
        assert (again.status_code, again.headers["etag"]) == (304, tag)
        assert "Accept-Encoding" in again.headers["vary"]
    assert len(set(tags.values())) == 3
    assert lab.patch(path, etag=tags["br"], json={"title": "New"}).status_code == 200
    for tag in tags.values():
        assert lab.patch(path, etag=tag, json={"title": "Newer"}).status_code == 412


def test_a_stream_passes_in_parts_and_events_pass_at_once() -> None:
    """What goes out after each part that came; the last one is empty, as Starlette's are."""

    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"%d," % number * 2000

    async def sent(kind: str) -> list[Message]:
        async def endpoint(_request: Request) -> Response:
            return StreamingResponse(parts(), media_type=kind)

        app = Compression(Starlette(routes=[Route("/", endpoint)]))
        scope: Scope = {
            "type": "http", "method": "GET", "path": "/", "query_string": b"", "http_version": "1.1",
            "headers": [(b"accept-encoding", b"br")], "client": None, "root_path": "",
        }  # fmt: skip
        out: list[Message] = []

        async def receive() -> Message:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            out.append(message)

        await app(scope, receive, send)
        return out

    whole = b"".join(b"%d," % number * 2000 for number in range(3))
    start, *bodies = asyncio.run(sent("text/csv"))
    assert (b"content-encoding", b"br") in start["headers"]
    assert brotli.decompress(b"".join(one["body"] for one in bodies)) == whole
    start, *bodies = asyncio.run(sent("text/event-stream"))
    assert not [one for one in start["headers"] if one[0] == b"content-encoding"]
    assert [one["body"] for one in bodies] == [b"%d," % n * 2000 for n in range(3)] + [b""]


def test_pages_and_data_come_compressed(shared_lab: Lab) -> None:
    page = shared_lab.client.get("/login", headers={"Accept-Encoding": BOTH})
    assert page.headers["content-encoding"] == "br"
    assert page.num_bytes_downloaded < len(page.content) / 2
    data = shared_lab.client.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert data.headers["content-encoding"] == "gzip"
    assert data.json()["openapi"]


def test_the_token_of_forms_looks_different_each_time_and_is_the_same(sqlite_lab: Lab) -> None:
    """Else its letters could be guessed from the sizes of compressed pages (BREACH)."""
    member = Visitor.logged_in(sqlite_lab, "member")
    forms = [member.see("/").form("/logout") for _ in range(2)]
    first, second = (form.fields["csrf_token"][0] for form in forms)
    assert first != second
    alike = [a for a, b in zip(first, second, strict=True) if a == b]
    assert len(alike) < len(first) / 4
    for broken in (first[:-4], first[4:] + first[:4], second[:60] + first[60:], "="):
        assert member.send(forms[0], csrf_token=broken).status == 403
    assert member.send(forms[0], csrf_token=first).path == "/login"
