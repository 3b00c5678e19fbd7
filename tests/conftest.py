"""Fixtures for all tests, and a summary that does not hide what could not be tried."""

from __future__ import annotations

import gc
import os
import sys

import pytest

from tests.support import compiled, servers

BARE_SETTINGS = ("PORT", "DATA_DIR", "DEMO", "DATABASE_URL", "REDIS_URL", "LOG_LEVEL")

# Before anything of ours is imported: a developer's own settings must not reach the tests.
for _name in list(os.environ):
    if _name in BARE_SETTINGS or (
        _name.startswith("ALIQUOT_") and not _name.startswith("ALIQUOT_TEST_")
    ):
        del os.environ[_name]

# What a test starts would compile all of the server anew each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
compiled.share()

pytest_plugins = ["tests.support.databases", "tests.support.world"]


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector need not walk through it each time."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat at the end which servers were missing, and which were used."""
    for name, server in (("PostgreSQL", servers.postgres), ("Redis", servers.redis)):
        if server.cache_info().currsize:
            terminalreporter.write_line(f"{name}: {server().origin}")
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if servers.MISSING in said:
            reason = said.partition(servers.MISSING)[2]
            reasons[reason] = reasons.get(reason, 0) + 1
    if reasons:
        terminalreporter.section("NOT TESTED", sep="!", red=True, bold=True)
        for reason, times in sorted(reasons.items()):
            terminalreporter.write_line(f"{times} tests skipped without {reason}", red=True)
