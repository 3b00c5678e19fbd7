"""Compresses answers on their way out, by brotli or gzip as the reader accepts it.

Never a stream of events, which would stand still in the compressor; never what is encoded already,
a part of a file, or an answer without a body. A compressed answer is another representation, so
its strong ETag says so (`"3-5f2a-br"`); when the reader names that tag later, whoever answers sees
the tag that it gave.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Protocol

import anyio.to_thread
import brotli
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENCODINGS = ("br", "gzip")
SMALLEST = 500  # bytes; below, an answer fits into one packet anyway
LARGE = 100_000  # bytes; above, the loop would notice
BROTLI_QUALITY = 5  # pages of 30 kB in half a millisecond
GZIP_LEVEL = 6
_TYPES = re.compile(
    r"text/(?!event-stream)|application/(json|javascript|xml|manifest\+json|[\w.-]+\+(json|xml))"
    r"|image/svg\+xml"
)
_OURS = re.compile(r'(?<!W/)("[^"]*)-(?:br|gzip)"')
_BODILESS = frozenset({204, 205, 206, 304})  # 206 has a body, but only a part of one


def choose(accepted: str, offered: Sequence[str] = ENCODINGS) -> str | None:
    """The encoding of `offered` (the first is liked best) for this Accept-Encoding; None for none."""
    qualities = dict(_qualities(accepted))
    other = qualities.get("*", 0.0)
    best = max(offered, key=lambda name: qualities.get(name, other), default=None)
    if best is None:
        return None
    quality = qualities.get(best, other)
    return best if quality > 0 and quality >= qualities.get("identity", 0.0) else None


def _qualities(accepted: str) -> list[tuple[str, float]]:
    found = []
    for one in accepted.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            found.append((name, float(quality)))
        except ValueError:
            found.append((name, 0.0))
    return found


class _Compressor(Protocol):
    def process(self, data: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


class _Gzip:
    def __init__(self) -> None:
        self._made = zlib.compressobj(GZIP_LEVEL, wbits=31)
        self.process = self._made.compress
        self.finish = self._made.flush


def _compressor(encoding: str) -> _Compressor:
    return brotli.Compressor(quality=BROTLI_QUALITY) if encoding == "br" else _Gzip()


class Compression:
    """Around everything that makes bodies, inside of what answers HEAD by a GET."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        encoding = choose(Headers(scope=scope).get("accept-encoding", ""))
        named = _named_tags(scope)
        await self.app(scope, receive, _Answer(encoding, named, send).send)


def _named_tags(scope: Scope) -> dict[str, str]:
    """Give the request the tags as they were before; which ones the reader named instead."""
    named: dict[str, str] = {}
    headers = []
    for name, value in scope["headers"]:
        if name in (b"if-none-match", b"if-match"):
            text = value.decode("latin-1")
            named |= {f'{found[1]}"': found[0] for found in _OURS.finditer(text)}
            headers.append((name, _OURS.sub(r'\1"', text).encode("latin-1")))
        else:
            headers.append((name, value))
    scope["headers"] = headers
    return named


class _Answer:
    """The way out of one request."""

    def __init__(self, encoding: str | None, named: dict[str, str], send: Send) -> None:
        self._encoding = encoding
        self._named = named
        self._send = send
        self._held: tuple[Message, str] | None = None
        self._compressor: _Compressor | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self._is_compressible(message) and self._encoding is not None:
                self._held = message, self._encoding  # how long it becomes is not known yet
                return
        elif self._held is not None:
            (start, encoding), self._held = self._held, None
            if message["type"] == "http.response.body":
                message = await self._begin(start, message, encoding)
            await self._send(start)
        elif self._compressor is not None:
            message = self._go_on(self._compressor, message)
        await self._send(message)

    def _is_compressible(self, start: Message) -> bool:
        headers = MutableHeaders(scope=start)
        if start["status"] in _BODILESS:
            if start["status"] == 304:
                headers.add_vary_header("Accept-Encoding")
                etag = headers.get("etag", "")
                headers.update({"etag": self._named[etag]} if etag in self._named else {})
            return False
        if not _TYPES.match(headers.get("content-type", "")):
            return False
        headers.add_vary_header("Accept-Encoding")
        return "content-encoding" not in headers

    async def _begin(self, start: Message, message: Message, encoding: str) -> Message:
        """Decide with the first part of the body, which most often is all of it."""
        body = message.get("body", b"")
        is_whole = not message.get("more_body", False)
        if is_whole and len(body) < SMALLEST:
            return message
        headers = MutableHeaders(scope=start)
        headers["Content-Encoding"] = encoding
        # The length is left open, as it is for what grows: with a token that looks different each
        # time it is another one for each answer, that to HEAD too.
        for name in ("content-length", "accept-ranges"):
            del headers[name]
        etag = headers.get("etag", "")
        if etag.startswith('"'):
            headers["ETag"] = f'{etag[:-1]}-{encoding}"'
        compressor = _compressor(encoding)
        if not is_whole:
            self._compressor = compressor
            return {**message, "body": compressor.process(body)}
        if len(body) > LARGE:
            body = await anyio.to_thread.run_sync(_whole, compressor, body)
        else:
            body = _whole(compressor, body)
        return {**message, "body": body}

    def _go_on(self, compressor: _Compressor, message: Message) -> Message:
        if message["type"] != "http.response.body":
            return message
        body = compressor.process(message.get("body", b""))
        if not message.get("more_body", False):
            body += compressor.finish()
        return {**message, "body": body}


def _whole(compressor: _Compressor, body: bytes) -> bytes:
    return compressor.process(body) + compressor.finish()
