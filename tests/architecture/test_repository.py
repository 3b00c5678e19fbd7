"""Nothing in the repository belongs to one person's machine, and nothing in it is secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import source

# A letter in brackets, so that this file does not find itself.
OF_A_MACHINE = re.compile(r"/wor[k]/|/roo[t]/|/User[s]/|C:\\User[s]")
OF_AN_INDEX = re.compile(r"--index-ur[l]|--extra-inde[x]|--trusted-hos[t]")
SECRET = re.compile(
    r"-----BEGIN (?:[A-Z]+ )?PRIVAT[E] KEY-----|\bAKI[A][0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bsk_live_[A-Za-z0-9]{16,}"
)
TEXT = {
    ".py", ".md", ".txt", ".in", ".toml", ".yaml", ".yml", ".sh", ".html", ".j2", ".css", ".js",
    ".json", ".po", ".ini", "",
}  # fmt: skip


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in source.tracked_files():
        here = path.relative_to(source.ROOT)
        if path.suffix in TEXT and "vendor" not in here.parts:
            found.append((here, path.read_text(errors="replace")))
    return found


@pytest.mark.parametrize(
    "pattern", [OF_A_MACHINE, OF_AN_INDEX, SECRET], ids=["machine", "index", "secret"]
)
def test_no_file_names_a_machine_an_index_or_a_secret(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path}:{number}: {line.strip()[:80]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_scripts_can_be_executed() -> None:
    closed = [
        str(path.relative_to(source.ROOT))
        for path in source.tracked_files()
        if path.suffix in {"", ".sh"}
        and path.stat().st_size
        and path.read_bytes()[:2] == b"#!"
        and not path.stat().st_mode & 0o100
    ]
    assert closed == []
