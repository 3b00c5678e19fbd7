"""What a file is, by its content, and what it may be called. No I/O."""

from __future__ import annotations

import re
import unicodedata

HEAD = 8192  # bytes from the beginning that decide the type
LONGEST_NAME = 200

UNKNOWN = "application/octet-stream"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})  # brands of still pictures
_OFFICE = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_same = {"application/x-gzip": "application/gzip", "image/heic": "image/heif"}
_binary = ("image/", "video/", "audio/", "font/", "application/")

_active = re.compile(
    r"<\s*(!doctype\s+html|html|head|body|script|iframe|svg:svg|svg)\b", re.IGNORECASE
)
_not_text = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_odd = re.compile('[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\\\\/:*?"<>|]+')
_reserved = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


def content_type(head: bytes) -> str:
    """The media type of what begins with `head`, its first `HEAD` bytes; never by its name."""
    if head.startswith(_ZIP):
        return _archive(head)
    if head.startswith(_OLE):
        return "application/x-ole-storage"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"{\\rtf"):
        return "application/rtf"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        return "image/heif"
    text = _text(head)
    return _by_signature(head) if text is None else _markup(text)


def _archive(head: bytes) -> str:
    if head[30:38] == b"mimetype" and b"application/vnd.oasis.opendocument." in head[:200]:
        said = re.search(rb"application/vnd\.oasis\.opendocument\.[a-z]+", head)
        return said.group().decode() if said else "application/zip"
    if b"[Content_Types].xml" in head or b"_rels/.rels" in head:
        for folder, found in _OFFICE.items():
            if folder in head:
                return found
    return "application/zip"


def _text(head: bytes) -> str | None:
    """The head as text, if it is text: a character cut in two at its end is no fault."""
    encoding = "utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    for cut in range(4):
        try:
            text = head[: len(head) - cut].decode(encoding)
        except UnicodeDecodeError:
            if len(head) < HEAD:
                return None
            continue
        return None if _not_text.search(text) else text
    return None


def _markup(text: str) -> str:
    """Anything a browser might run as markup is called so, however it begins."""
    found = _active.search(text)
    if found is not None:
        return "image/svg+xml" if "svg" in found.group(1).lower() else "text/html"
    return "application/xml" if text.lstrip().startswith("<?xml") else "text/plain"


def _by_signature(head: bytes) -> str:
    import puremagic  # noqa: PLC0415 - its tables are for whoever takes files in

    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    for match in matches:
        if match.mime_type.startswith(_binary):
            return _same.get(match.mime_type, str(match.mime_type))
    return UNKNOWN


_suffixes = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


def renamed(name: str, content_type: str) -> str:
    """A name whose ending tells the type of a picture that was drawn anew."""
    stem, dot, suffix = name.rpartition(".")
    wanted = _suffixes[content_type]
    if not dot or f".{suffix.lower()}" == wanted or (suffix.lower(), wanted) == ("jpeg", ".jpg"):
        return name
    return stem[: LONGEST_NAME - len(wanted)] + wanted


def safe_name(name: str) -> str:
    """A name without folders, control and direction characters, that any system can store."""
    last = re.split(r"[\\/]", name)[-1]
    plain = _odd.sub("_", unicodedata.normalize("NFC", last)).strip(" .")
    if not plain or set(plain) <= {"_"}:
        return "file"
    if _reserved.match(plain):
        plain = f"_{plain}"
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > 20:
        return plain[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(suffix) - 1].rstrip(' .')}.{suffix}"
