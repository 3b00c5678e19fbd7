"""Pictures without what cameras and programs write beside them: place, time, names, devices.

Nothing is decoded and no picture point changes: the parts of a JPEG, PNG or WebP that hold such
things are left out while the bytes pass. How a JPEG is to be turned stays, and so do its colours.
What is not understood passes as it is.
"""

from __future__ import annotations

import re
import struct
from collections.abc import AsyncIterable, AsyncIterator

STRIPPED = frozenset({"image/jpeg", "image/png", "image/webp"})

_APP1, _APP2 = 0xE1, 0xE2
_SCAN, _END = 0xDA, 0xD9
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_LEFT_OUT = frozenset({*range(0xE0, 0xF0), 0xFE})  # applications' own segments, and comments
_MARKER = re.compile(rb"\xff(?=[^\x00\xd0-\xd7\xff])")
_UPRIGHT = 1
# Colours, transparency, size of a point and movement. Text, times and EXIF are not among them.
_KEPT_CHUNKS = frozenset(
    b"gAMA cHRM sRGB iCCP sBIT tRNS pHYs bKGD hIST sPLT acTL fcTL fdAT cICP mDCV cLLI".split()
)
_TOLD_CHUNKS = frozenset({b"EXIF", b"XMP "})


class _Source:
    """Chunks, taken in the pieces the format has."""

    def __init__(self, chunks: AsyncIterable[bytes]) -> None:
        self._chunks = aiter(chunks)
        self._held = b""

    async def _more(self) -> bool:
        async for chunk in self._chunks:
            self._held += chunk
            return True
        return False

    async def take(self, count: int) -> bytes:
        """The next `count` bytes; fewer where there are no more."""
        while len(self._held) < count and await self._more():
            pass
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    async def passing(self, count: int) -> AsyncIterator[bytes]:
        """The same, as they come."""
        while count and (self._held or await self._more()):
            piece = await self.take(min(count, len(self._held)))
            count -= len(piece)
            yield piece

    async def until_marker(self) -> AsyncIterator[bytes]:
        """What stands before the next marker of a JPEG."""
        while self._held or await self._more():
            found = _MARKER.search(self._held)
            if found is not None:
                yield await self.take(found.start())
                return
            # A last 0xFF may begin a marker.
            safe = len(self._held) - self._held.endswith(b"\xff")
            if not safe and not await self._more():
                return
            yield await self.take(safe)

    async def rest(self) -> AsyncIterator[bytes]:
        """Everything that is left."""
        if self._held:
            held, self._held = self._held, b""
            yield held
        async for chunk in self._chunks:
            yield chunk

    async def drain(self) -> None:
        """Read what is left, and forget it: whoever sends it must not be stopped."""
        async for _ in self.rest():
            pass


async def stripped(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The bytes of a file, without metadata if they are a picture's in one of `STRIPPED`."""
    source = _Source(chunks)
    head = await source.take(12)
    if head.startswith(b"\xff\xd8\xff"):
        pieces = _jpeg(_Source(_joined(head[2:], source)))
        yield head[:2]
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        pieces = _png(_Source(_joined(head[8:], source)))
        yield head[:8]
    elif head[:4] == b"RIFF" and head[8:] == b"WEBP":
        pieces = _webp(source, int.from_bytes(head[4:8], "little") - 4)
        yield head
    else:
        pieces = _joined(head, source)
    async for piece in pieces:
        yield piece


async def _joined(head: bytes, source: _Source) -> AsyncIterator[bytes]:
    yield head
    async for piece in source.rest():
        yield piece


async def _jpeg(source: _Source) -> AsyncIterator[bytes]:
    while len(marker := await source.take(2)) == 2 and marker[0] == 0xFF:
        while marker[1] == 0xFF:  # filling
            marker = b"\xff" + (await source.take(1) or bytes([_END]))
        code = marker[1]
        if code == _END:  # phones hang further pictures and their own notes on it
            yield marker
            await source.drain()
            return
        if code in _ALONE:
            yield marker
            continue
        length = await source.take(2)
        body = await source.take(max(int.from_bytes(length, "big") - 2, 0))
        if code not in _LEFT_OUT or _is_about_colours(code, body):
            yield marker + length + body
        elif code == _APP1 and body.startswith(b"Exif\0\0"):
            yield _turned(_orientation(body[6:]))
        if code == _SCAN:
            async for piece in source.until_marker():
                yield piece
    yield marker  # no JPEG any more
    async for piece in source.rest():
        yield piece


def _is_about_colours(code: int, body: bytes) -> bool:
    is_jfif = code == 0xE0 and body.startswith(b"JFIF\0") and len(body) == 14
    is_profile = code == _APP2 and body.startswith(b"ICC_PROFILE\0")
    return is_jfif or is_profile or (code == 0xEE and body.startswith(b"Adobe"))


def _orientation(tiff: bytes) -> int:
    """How the picture is to be turned (1 to 8), as EXIF has it; 1 where it does not say."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return _UPRIGHT
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for place in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, place)
            if (tag, kind) == (0x0112, 3):
                return value if 1 <= value <= 8 else _UPRIGHT
    except struct.error:
        pass
    return _UPRIGHT


def _turned(orientation: int) -> bytes:
    """A segment that says nothing but how to turn the picture."""
    if orientation == _UPRIGHT:
        return b""
    tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    return struct.pack(">BBH", 0xFF, _APP1, len(tiff) + 8) + b"Exif\0\0" + tiff


async def _png(source: _Source) -> AsyncIterator[bytes]:
    while len(head := await source.take(8)) == 8 and head[4:].isalpha():
        name, length = head[4:], int.from_bytes(head[:4], "big") + 4  # and the checksum
        is_kept = name[:1].isupper() or name in _KEPT_CHUNKS
        if is_kept:
            yield head
        async for piece in source.passing(length):
            if is_kept:
                yield piece
        if name == b"IEND":
            await source.drain()
            return
    yield head
    async for piece in source.rest():
        yield piece


async def _webp(source: _Source, size: int) -> AsyncIterator[bytes]:
    """Its length stands at its beginning, so what is told is blotted out and not cut out."""
    while size > 0 and len(head := await source.take(8)) == 8:
        name, length = head[:4], int.from_bytes(head[4:], "little")
        length += length % 2
        size -= 8 + length
        if name == b"VP8X" and length:
            features = await source.take(1)
            yield head + bytes(feature & ~0x0C for feature in features)
            length -= 1
        else:
            yield b"JUNK" + head[4:] if name in _TOLD_CHUNKS else head
        async for piece in source.passing(length):
            yield bytes(len(piece)) if name in _TOLD_CHUNKS else piece
    if size <= 0:
        await source.drain()
