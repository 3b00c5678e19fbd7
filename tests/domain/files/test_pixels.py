"""Pictures drawn anew: upright, bounded, and silent about their owners."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from src.domain.files import errors, pixels
from tests.support import photographs
from tests.support.photographs import read, scene, tells

GREEN = (30, 200, 30)


def _near(found: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(found, tuple)
    return all(abs(one - other) < 25 for one, other in zip(found[:3], colour, strict=True))


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (photographs.jpeg(), "image/jpeg"),
        (photographs.png(), "image/png"),
        (photographs.webp(), "image/webp"),
    ],
)
def test_a_photograph_comes_out_in_its_sizes_and_tells_nothing(
    content: bytes, content_type: str
) -> None:
    drawn = pixels.draw(content)
    assert (drawn.whole.width, drawn.whole.height) == (1200, 800)
    assert drawn.whole.content_type == content_type
    assert [(one.width, one.height) for one in drawn.small] == [(96, 64), (320, 213), (960, 640)]
    assert {one.content_type for one in drawn.small} == {"image/webp"}
    for made in (drawn.whole, *drawn.small):
        assert tells(made.content) == []
        assert dict(read(made.content).getexif()) == {}
        assert read(made.content).size == (made.width, made.height)
        assert _near(read(made.content).convert("RGB").getpixel((2, 2)), GREEN)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_upright(orientation: int) -> None:
    # As a camera stores it: what turns it back is the opposite of what EXIF says.
    opposite = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270,
                3: Image.Transpose.ROTATE_180, 2: Image.Transpose.FLIP_LEFT_RIGHT,
                4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
                7: Image.Transpose.TRANSVERSE}  # fmt: skip
    stored = scene().transpose(opposite[orientation]) if orientation in opposite else scene()
    whole = pixels.draw(photographs.jpeg(stored, orientation=orientation)).whole
    assert (whole.width, whole.height) == (1200, 800)
    assert _near(read(whole.content).getpixel((40, 40)), GREEN)


def test_what_is_large_is_bounded_and_what_is_small_is_not_blown_up() -> None:
    large = pixels.draw(photographs.jpeg(scene(6000, 3000))).whole
    assert (large.width, large.height) == (2560, 1280)
    small = pixels.draw(photographs.png(scene(120, 60)))
    assert (small.whole.width, [one.width for one in small.small]) == (120, [96, 120])


def test_a_portrait_is_the_square_in_the_middle() -> None:
    drawn = pixels.draw(photographs.jpeg(), is_square=True)
    assert {one.width == one.height for one in (drawn.whole, *drawn.small)} == {True}
    assert [one.width for one in drawn.small] == [96, 320, 800]
    assert not _near(read(drawn.whole.content).getpixel((2, 2)), GREEN)


def test_what_a_phone_of_apple_sends_is_read() -> None:
    whole = pixels.draw(photographs.HEIC).whole
    assert (whole.width, whole.height, whole.content_type) == (64, 48, "image/jpeg")
    assert _near(read(whole.content).getpixel((30, 20)), (200, 30, 30))


def test_sixteen_bits_palettes_and_cut_outs_keep_their_look() -> None:
    held = io.BytesIO()
    Image.new("I;16", (100, 100), 32_768).save(held, "PNG")
    assert _near(read(pixels.draw(held.getvalue()).whole.content).getpixel((5, 5)), (128,) * 3)
    held = io.BytesIO()
    Image.new("RGBA", (100, 100), (200, 30, 30, 0)).save(held, "WEBP", lossless=True)
    small = read(pixels.draw(held.getvalue()).small[0].content)
    assert small.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]
    held = io.BytesIO()
    scene().quantize(8).save(held, "GIF")
    assert _near(read(pixels.draw(held.getvalue()).whole.content).getpixel((5, 5)), GREEN)


def test_more_picture_points_than_memory_are_refused_by_the_header() -> None:
    for act in (pixels.examine, pixels.draw):
        with pytest.raises(errors.PictureTooLarge):
            act(photographs.bomb())


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(50),
        b"\x00\x00\x00\x18ftypheic" + bytes(20),
        b"%PDF-1.7",
    ],
)
def test_what_is_no_picture_is_refused_by_its_header(content: bytes) -> None:
    for act in (pixels.examine, pixels.draw):
        with pytest.raises(errors.PictureUnreadable):
            act(content)


@pytest.mark.parametrize("make", [photographs.jpeg, photographs.png, photographs.webp])
def test_a_picture_that_breaks_off_is_refused_and_nothing_else_happens(make: object) -> None:
    content: bytes = make()  # type: ignore[operator]
    with pytest.raises(errors.PictureUnreadable):
        pixels.draw(content[: len(content) // 3])
