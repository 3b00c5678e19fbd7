"""Pictures as cameras and phones make them, with what they tell about their owners."""

from __future__ import annotations

import base64
import io
import struct
import zlib

from PIL import Image, ImageDraw

PLACE = b"GPS: 52 30 N, 13 22 E"
# 64 x 48 points in one red, as a phone writes HEIC; encoders of it are not free.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAA"
    "AAAAACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAABgAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAA"
    "AA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNw"
    "AAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFz"
    "wIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAA"
    "Av////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAACBtZGF0AAAAFCgBrwQY+Mpx1//z"
    "IR+fgLhh0hHn"
)


def scene(width: int = 1200, height: int = 800) -> Image.Image:
    """Red above, blue below, a green corner at the top left."""
    made = Image.new("RGB", (width, height), (200, 30, 30))
    draw = ImageDraw.Draw(made)
    draw.rectangle((0, height // 2, width, height), fill=(30, 30, 200))
    draw.rectangle((0, 0, width // 8, height // 8), fill=(30, 200, 30))
    return made


def exif(orientation: int = 1) -> Image.Exif:
    """Where, when, by whom and with what it was taken."""
    made = Image.Exif()
    made[0x010F], made[0x0110] = "Fruit", "Phone 9"
    made[0x013B] = "Ingrid Lindqvist"
    made[0x0112] = orientation
    made.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 22.0, 0.0)})
    made.get_ifd(0x8769).update({0x9003: "2026:11:21 10:00:00", 0x9286: PLACE})
    return made


def jpeg(image: Image.Image | None = None, *, orientation: int = 1, **options: object) -> bytes:
    """A photograph with EXIF, a comment, and a second picture behind its end."""
    held = io.BytesIO()
    (image or scene()).save(
        held, "JPEG", exif=exif(orientation), comment=PLACE, xmp=PLACE, quality=90, **options
    )
    return held.getvalue() + b"\xff\xd8\xff\xe1" + PLACE


def png(image: Image.Image | None = None) -> bytes:
    """A screenshot that names its place."""
    held = io.BytesIO()
    (image or scene()).save(held, "PNG", exif=exif())
    content = held.getvalue()
    text = b"tEXtComment\0" + PLACE
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return content[:33] + chunk + content[33:] + PLACE


def webp(image: Image.Image | None = None) -> bytes:
    """The same as WebP."""
    held = io.BytesIO()
    (image or scene()).save(held, "WEBP", exif=exif(), xmp=PLACE, quality=90)
    return held.getvalue()


def bomb() -> bytes:
    """A PNG of some hundred bytes that says it has 900 megapixels."""
    small = png(Image.new("L", (1, 1)))
    size = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    return small[:12] + size + struct.pack(">I", zlib.crc32(size)) + small[33:]


def read(content: bytes) -> Image.Image:
    """Decoded."""
    made = Image.open(io.BytesIO(content))
    made.load()
    return made


def tells(content: bytes) -> list[str]:
    """What the bytes tell beside the picture."""
    found = [word for word in (PLACE, b"Phone 9", b"Lindqvist", b"2026:11:21") if word in content]
    told = [word.decode() for word in found]
    image = Image.open(io.BytesIO(content))
    told += [f"tag {tag:#x}" for tag in image.getexif() if tag != 0x0112]
    return told + [name for name in ("comment", "xmp") if image.info.get(name)]
