"""The locked files: hashed, free of addresses, and each within the next."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import source

WORKER = source.SERVER / "requirements_worker.txt"
SERVER = source.SERVER / "requirements_server.txt"
DEVELOPMENT = source.ROOT / "requirements_dev.txt"
LOCKED = (WORKER, SERVER, DEVELOPMENT)
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)([^\\]*)\\$", re.MULTILINE)


def pins(path: Path) -> set[tuple[str, str, str]]:
    return {(name, version, mark.strip()) for name, version, mark in PIN.findall(path.read_text())}


def names(path: Path) -> set[str]:
    return {name for name, _, _ in pins(path)}


@pytest.mark.parametrize("path", LOCKED, ids=lambda path: path.name)
def test_every_package_has_hashes_and_no_line_an_address(path: Path) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", path.read_text(), flags=re.MULTILINE)[1:]
    assert len(blocks) > 30
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert re.findall(r"^.*(?:://|--index|--find-links).*$", path.read_text(), re.MULTILINE) == []


def test_server_contains_worker_and_development_contains_server() -> None:
    assert {name: version for name, version, _ in pins(WORKER)}.items() <= {
        name: version for name, version, _ in pins(SERVER)
    }.items()
    assert {(name, version) for name, version, _ in pins(SERVER)} <= {
        (name, version) for name, version, _ in pins(DEVELOPMENT)
    }


@pytest.mark.parametrize("path", LOCKED, ids=lambda path: path.name)
def test_what_is_asked_for_is_locked(path: Path) -> None:
    asked = {
        re.split(r"[\[~=<>; ]", line, maxsplit=1)[0].lower().replace("_", "-")
        for line in path.with_suffix(".in").read_text().splitlines()
        if line and not line.startswith(("#", "-"))
    }
    assert asked - names(path) == set(), "run `make lock`"


def test_the_worker_installs_no_web() -> None:
    assert names(WORKER).isdisjoint({"fastapi", "starlette", "uvicorn"})
