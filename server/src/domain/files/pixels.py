"""Pictures decoded and drawn anew, by Pillow: nothing but picture points comes through.

Import it where a picture is worked on (it costs a tenth of a second), and call it in a thread.
"""

from __future__ import annotations

import io
import warnings
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

import pi_heif
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin

from src.core.language import gettext as _
from src.domain.files.errors import PictureTooLarge, PictureUnreadable

MOST_PIXELS = 50_000_000  # the camera of a phone; 200 MB while it is decoded
LONGEST = 2560  # picture points of the longer side that are kept
WIDTHS = (96, 320, 960)  # of the small ones
SQUARE = 960
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "HEIF")

pi_heif.register_heif_opener(thumbnails=False)
# Pillow itself refuses what is larger: while it reads a header, and before it decodes anything.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
_one_at_a_time = Lock()  # a process has memory for one


@dataclass(frozen=True, slots=True)
class Made:
    """A picture as it will be stored; `width` and `height` in picture points."""

    width: int
    height: int
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture itself, and the small ones, the smallest first."""

    whole: Made
    small: tuple[Made, ...]


def examine(content: bytes) -> None:
    """Read the header alone. Raises `PictureUnreadable`, `PictureTooLarge`."""
    _opened(content).close()


def draw(content: bytes, *, is_square: bool = False) -> Drawn:
    """Decode, turn upright, bring to sRGB, bound and encode; `is_square` cuts out the middle.

    Of moving pictures the first one counts. Raises `PictureUnreadable`, `PictureTooLarge`.
    """
    with _one_at_a_time, _opened(content) as opened:
        form = opened.format or ""
        try:
            if isinstance(opened, JpegImagePlugin.JpegImageFile):
                opened.draft(None, (LONGEST, LONGEST))  # decodes no more points than are needed
            image = _plain(opened)
        except _TOO_LARGE as error:
            raise _too_large() from error
        except Exception as error:
            raise _unreadable() from error
        if is_square:
            side = min(*image.size, SQUARE)
            image = ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)
        else:
            image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS, reducing_gap=3.0)
        return Drawn(_whole(image, form), tuple(_small(image)))


_TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError)


def _opened(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except _TOO_LARGE as error:
        raise _too_large() from error
    except Exception as error:  # each format fails in its own ways
        raise _unreadable() from error


def _plain(image: Image.Image) -> Image.Image:
    """The upright picture in RGB or RGBA, and nothing beside its points."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I;16"):
        turned = turned.point(lambda value: value * (1 / 256)).convert("L")
    with suppress(ImageCms.PyCMSError, OSError, ValueError):  # a profile that is none
        turned = _in_srgb(turned)
    made = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    made.info.clear()
    return made


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    done = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode=mode)
    return image if done is None else done


def _whole(image: Image.Image, form: str) -> Made:
    if form == "WEBP":
        return _encoded(image, "WEBP", quality=85, method=4)
    if form in ("PNG", "GIF") or image.mode == "RGBA":
        return _encoded(image, "PNG", optimize=False)
    return _encoded(image, "JPEG", quality=88, progressive=True, optimize=True)


def _small(image: Image.Image) -> list[Made]:
    made: list[Made] = []
    for width in sorted({min(width, image.width) for width in WIDTHS}, reverse=True):
        height = max(1, round(image.height * width / image.width))
        small = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        made.append(_encoded(small, "WEBP", quality=80, method=4))
    return made[::-1]


def _encoded(image: Image.Image, form: str, **options: object) -> Made:
    held = io.BytesIO()
    image.save(held, form, **options)
    return Made(image.width, image.height, f"image/{form.lower()}", held.getvalue())


def _too_large() -> PictureTooLarge:
    most = MOST_PIXELS // 1_000_000
    return PictureTooLarge(
        _("A picture has at most %(most)s megapixels.", most=most), limit=MOST_PIXELS
    )


def _unreadable() -> PictureUnreadable:
    return PictureUnreadable(
        _("It cannot be read as a picture; it may be damaged. Save it anew, or send another.")
    )
