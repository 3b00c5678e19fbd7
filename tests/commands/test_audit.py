"""The audit of the packages: what it finds fails, and what it cannot find out is said aloud."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import source

SOUND = {"name": "sound", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "ours", "skip_reason": "not on the index"}
FAULT = {
    "id": "PYSEC-2026-1",
    "aliases": ["CVE-2026-1"],
    "fix_versions": ["1.1"],
    "description": "",
}
FAULTY = {"name": "faulty", "version": "1.0", "vulns": [FAULT]}


def audit(folder: Path, *options: str, says: str, ends: int) -> subprocess.CompletedProcess[str]:
    """Run the audit with a pip-audit that says this."""
    tool = folder / "tool.py"
    tool.write_text(
        f"import sys\nprint({says!r})\nprint('no route', file=sys.stderr)\nsys.exit({ends})\n"
    )
    script = source.ROOT / ".ci" / "audit"
    command = [sys.executable, str(script), *options, "--tool", sys.executable, str(tool)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def found(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_packages_without_known_faults_pass(tmp_path: Path) -> None:
    done = audit(tmp_path, says=found(SOUND, UNKNOWN), ends=0)
    assert done.returncode == 0
    assert "no known faults in 1 packages; nothing is known of ours" in done.stdout


def test_a_known_fault_fails_and_is_named(tmp_path: Path) -> None:
    done = audit(tmp_path, says=found(SOUND, FAULTY), ends=1)
    assert done.returncode == 1
    assert "faulty 1.0: CVE-2026-1, PYSEC-2026-1; mended in 1.1" in done.stderr


@pytest.mark.parametrize("says", ["", "Traceback …", found(UNKNOWN), "[]"])
def test_where_nobody_can_be_asked_it_says_so_and_fails_only_if_required(
    tmp_path: Path, says: str
) -> None:
    done = audit(tmp_path, says=says, ends=1)
    assert done.returncode == 0
    assert "THE PACKAGES WERE NOT AUDITED" in done.stderr
    assert audit(tmp_path, "--require", says=says, ends=1).returncode == 3
