"""What failed is tried once more, alone, and what passes only then is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source import ROOT

TITLE = "PASSED ONLY ALONE (unsteady, look at these)"
SOUND = "def test_sound(): pass\n"
UNSTEADY = """
from pathlib import Path
def test_unsteady():
    been = Path(__file__).with_name("been").exists()
    Path(__file__).with_name("been").touch()
    assert been, "nobody was here before"
"""
BROKEN = "def test_broken(): assert False\n"
MANY = "import pytest\n@pytest.mark.parametrize('n', range(13))\ndef test_broken(n): assert False\n"


@pytest.mark.parametrize(
    ("tests", "code", "is_named", "closing"),
    [
        (SOUND, 0, False, "1 passed"),
        (SOUND + UNSTEADY, 0, True, "1 passed"),
        (UNSTEADY + BROKEN, 1, True, "1 failed, 1 passed"),
        (BROKEN, 1, False, "1 failed"),
        (MANY, 1, False, "13 failed"),
        ("import nothing_of_this_name\n", 2, False, "1 error"),
    ],
    ids=["sound", "unsteady", "one of each", "broken", "six", "not read"],
)
def test_few_failures_are_tried_again_alone(
    tmp_path: Path, tests: str, code: int, is_named: bool, closing: str
) -> None:
    (tmp_path / "test_it.py").write_text(tests)
    said = subprocess.run(
        [sys.executable, "-m", "tests.support.unsteady", "test_it.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    assert said.returncode == code, said.stdout + said.stderr
    assert (TITLE in said.stdout) == is_named
    assert f" {closing} in " in said.stdout.strip().splitlines()[-1]
    if is_named:
        named = said.stdout.partition(TITLE)[2]
        assert "test_it.py::test_unsteady" in named
        assert "nobody was here before" in named
