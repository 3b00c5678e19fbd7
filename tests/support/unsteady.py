"""`make test`: all tests side by side; the few that failed once more, alone.

A test that passes alone after it failed among the others is reported and does not fail the run:
look at it all the same, for what it met there was a race or a limit that was too short. Whatever
fails twice, and more than a dozen at once, fails the run.

    python -m tests.support.unsteady tests -n 2
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

AT_MOST = 12
FIRST = "ALIQUOT_TEST_FIRST_FAILURES"  # the file with what the first run said


class Failures:
    """What failed in a run, by test, and what the first failure of each said."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.is_more = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure, of the test or of what it stands on."""
        if report.failed:
            self.said.setdefault(report.nodeid, report.longreprtext)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be read is no matter of chance."""
        self.is_more |= report.failed


def main(arguments: list[str]) -> int:
    """Run pytest with `arguments`; the exit code."""
    found = Failures()
    code = int(pytest.main(arguments, plugins=[found]))
    if code != pytest.ExitCode.TESTS_FAILED or found.is_more:
        return code
    if not 1 <= len(found.said) <= AT_MOST:
        return code
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "first.json"
        first.write_text(json.dumps(found.said))
        again = [sys.executable, "-m", "pytest", "-p", __spec__.name, *found.said]
        return subprocess.run(again, env={**os.environ, FIRST: str(first)}, check=False).returncode


def pytest_report_header() -> str | None:
    """Say what the second run is."""
    return "what failed, once more and alone" if FIRST in os.environ else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name those that passed this time, with what they said before."""
    if FIRST not in os.environ:
        return
    said: dict[str, str] = json.loads(Path(os.environ[FIRST]).read_text())
    failed = {
        report.nodeid
        for kind in ("failed", "error")
        for report in terminalreporter.stats.get(kind, ())
    }
    passed = {name: text for name, text in said.items() if name not in failed}
    if passed:
        title = "PASSED ONLY ALONE (unsteady, look at these)"
        terminalreporter.section(title, sep="!", yellow=True, bold=True)
    for name, text in passed.items():
        terminalreporter.write_line(name, yellow=True, bold=True)
        terminalreporter.write_line(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
