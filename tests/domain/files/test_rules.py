"""What a file is by its content, and what it may be called."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.files import kinds, rules

OFFICE = "application/vnd.openxmlformats-officedocument."


def _zip(*names: str, first: bytes = b"x") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, first)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(50), "image/jpeg"),
        (b"GIF89a\x01\x00\x01\x00\x80\xff" + bytes(20), "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(10), "image/webp"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(20), "image/heif"),
        (b"\x00\x00\x00\x24ftypheic" + bytes(30), "image/heif"),
        (b"%PDF-1.7\n1 0 obj", "application/pdf"),
        (b"\x1f\x8b\x08" + bytes(10), "application/gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "application/x-ole-storage"),
        (_zip("[Content_Types].xml", "word/document.xml"), f"{OFFICE}wordprocessingml.document"),
        (_zip("[Content_Types].xml", "xl/workbook.xml"), f"{OFFICE}spreadsheetml.sheet"),
        (
            _zip("mimetype", first=b"application/vnd.oasis.opendocument.text"),
            "application/vnd.oasis.opendocument.text",
        ),
        (_zip("a.txt"), "application/zip"),
        ("Protokoll für Gerät 4\n".encode(), "text/plain"),
        ("Größe\n".encode("utf-16"), "text/plain"),
        (b"time,volts\n1,2\n", "text/plain"),
        (b"<!DOCTYPE html><p>hello", "text/html"),
        (b"  \n<SCRIPT>alert(1)</SCRIPT>", "text/html"),
        (b"GIF89a/*<html><script>alert(1)</script>", "text/html"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        (b'<?xml version="1.0"?><measurement/>', "application/xml"),
        (b"MZ\x90\x00" + bytes(100), "application/vnd.microsoft.portable-executable"),
        (bytes(range(128, 228)), rules.UNKNOWN),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_content_tells_the_type(content: bytes, expected: str) -> None:
    assert rules.content_type(content[: rules.HEAD]) == expected


def test_a_character_cut_at_the_end_of_the_head_is_still_text() -> None:
    text = ("x" * (rules.HEAD - 1) + "ü").encode()
    assert rules.content_type(text[: rules.HEAD]) == "text/plain"
    assert rules.content_type(b"x\xc3") == rules.UNKNOWN


def test_programs_are_in_no_kind_and_markup_is_never_shown_inline() -> None:
    for kind in kinds.registered.values():
        assert rules.UNKNOWN not in kind.content_types
        assert not any("executable" in name for name in kind.content_types)
    assert kinds.SHOWN_INLINE.isdisjoint({"text/html", "image/svg+xml", "application/xml"})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("manual.pdf", "manual.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\run 4.csv", "run 4.csv"),
        ("Gerät Ωμέγα.txt", "Gerät Ωμέγα.txt"),
        ('a"b\r\nSet-Cookie: x.txt', "a_b_Set-Cookie_ x.txt"),
        ("photo\u202egpj.exe", "photo_gpj.exe"),
        ("con.txt", "_con.txt"),
        (" .hidden. ", "hidden"),
        ("", "file"),
        ("...", "file"),
        ("/", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_a_name_is_made_safe(given: str, expected: str) -> None:
    assert rules.safe_name(given) == expected


@given(st.text())
def test_a_safe_name_is_short_plain_and_stays_as_it_is(name: str) -> None:
    safe = rules.safe_name(name)
    assert 0 < len(safe) <= 255
    assert not set(safe) & set('\\/:*?"<>|\r\n\0')
    assert rules.safe_name(safe) == safe


@given(st.binary(max_size=200))
def test_any_bytes_have_some_type(content: bytes) -> None:
    assert "/" in rules.content_type(content)
