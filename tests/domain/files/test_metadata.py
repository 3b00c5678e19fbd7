"""What leaves a picture while its bytes pass, and what does not."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest
from PIL import ImageCms, ImageOps

from src.domain.files import metadata
from tests.support import photographs
from tests.support.photographs import read, tells


async def _pieces(content: bytes, seed: int) -> AsyncIterator[bytes]:
    chance = random.Random(seed)
    while content:
        size = chance.choice((1, 2, 3, 7, 500, 70_000))
        yield content[:size]
        content = content[size:]


async def _stripped(content: bytes, seed: int = 1) -> bytes:
    return b"".join([piece async for piece in metadata.stripped(_pieces(content, seed))])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "content",
    [
        photographs.jpeg(),
        photographs.jpeg(progressive=True),
        photographs.png(),
        photographs.webp(),
    ],
    ids=["jpeg", "progressive", "png", "webp"],
)
async def test_a_picture_tells_nothing_any_more_and_looks_as_before(
    content: bytes, seed: int
) -> None:
    assert tells(content)
    passed = await _stripped(content, seed)
    assert tells(passed) == []
    assert read(passed).tobytes() == read(content).tobytes()
    assert await _stripped(passed) == passed


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_photograph_stays_upright(orientation: int) -> None:
    content = photographs.jpeg(orientation=orientation)
    passed = await _stripped(content)
    assert tells(passed) == []
    upright = ImageOps.exif_transpose(read(passed))
    assert upright.tobytes() == ImageOps.exif_transpose(read(content)).tobytes()


async def test_colours_keep_their_profile() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    passed = await _stripped(photographs.jpeg(icc_profile=profile))
    assert read(passed).info["icc_profile"] == profile


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff\x00\x00",
        b"\x89PNG\r\n\x1a\n" + bytes(3_000),
        b"\x89PNG\r\n\x1a\n\x00\x00\xff\xffIDATxyz",
        b"RIFF\xff\xff\xff\xffWEBPVP8 \x08\x00\x00\x00abc",
        b"GIF89a" + bytes(100),
        b"II*\x00" + bytes(100),
        b"some text, " * 1000,
        photographs.HEIC,
    ],
)
async def test_what_is_not_understood_passes_as_it_is(content: bytes) -> None:
    assert await _stripped(content) == content


@pytest.mark.parametrize("make", [photographs.jpeg, photographs.png, photographs.webp])
async def test_a_picture_that_breaks_off_anywhere_passes(make: object) -> None:
    content: bytes = make(photographs.scene(60, 40))  # type: ignore[operator]
    for end in range(0, len(content), 3):
        assert content[:4].startswith((await _stripped(content[:end]))[:4])
