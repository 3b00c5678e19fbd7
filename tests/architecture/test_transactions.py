"""One place commits: everything else is undone as a whole when it fails."""

from __future__ import annotations

import ast

from tests.support import source

ONLY = "core/db.py"
CALLS = {"commit", "begin_nested"}


def test_only_core_db_commits_and_opens_savepoints() -> None:
    elsewhere = [
        module.at(node)
        for module in source.modules()
        if module.place != ONLY
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CALLS
    ]
    assert not elsewhere, "use core.db.transaction and core.db.savepoint"


def test_no_statement_commits_as_text() -> None:
    elsewhere = [
        module.at(node)
        for module in source.modules()
        if module.place != ONLY
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.strip().rstrip(";").upper() in {"COMMIT", "END", "ROLLBACK"}
        and node.value.isupper()
    ]
    assert not elsewhere


def test_core_db_does_commit() -> None:
    """The two above would hold in a tree that never commits."""
    (module,) = source.modules(ONLY)
    called = {
        node.func.attr
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert called >= CALLS
