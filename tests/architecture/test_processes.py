"""What each process can do without, proved by starting it where that cannot be imported."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import pytest

from tests.support import source

WEB = (
    "fastapi", "starlette", "uvicorn",
    "src.web", "src.models", "src.app", "src.templating", "src.assets",
)  # fmt: skip
GUARD = """
import importlib, sys

refused = {refused!r}

class Guard:
    def find_spec(self, name, path=None, target=None):
        if any(name == part or name.startswith(part + ".") for part in refused):
            raise ImportError("refused here: " + name)
        return None

sys.meta_path.insert(0, Guard())
for name in {modules!r}:
    importlib.import_module(name)
print("started")
"""


def start(*modules: str, without: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", GUARD.format(refused=without, modules=modules)],
        cwd=source.SERVER,
        env={**os.environ, "PYTHONPATH": str(source.SERVER)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_worker_starts_where_the_web_is_refused() -> None:
    done = start("src.tasks", "src.tasks.__main__", without=WEB)
    assert done.stdout == "started\n", done.stderr


def test_domain_and_core_load_where_queue_and_redis_are_refused() -> None:
    inner = [module.name for place in ("core", "domain") for module in source.modules(place)]
    done = start(*inner, without=("huey", "redis", "src.redis_client", *WEB))
    assert done.stdout == "started\n", done.stderr


def test_the_server_starts_where_the_client_of_rcrainfo_is_refused() -> None:
    done = start("src.app", without=("src.tasks.rcrainfo",))
    assert done.stdout == "started\n", done.stderr


@pytest.mark.parametrize("refused", ["fastapi", "src.core.db"])
def test_the_guard_refuses(refused: str) -> None:
    done = start(refused, without=(refused,))
    assert f"refused here: {refused}" in done.stderr


def test_the_server_names_only_the_queue_at_its_top() -> None:
    (app,) = source.modules("app.py")
    named = set()
    for node in app.tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("src.tasks"):
            named |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names if alias.name.startswith("src.tasks")}
    stray = {name for name in named if not f"{name}.".startswith("src.tasks.queue.")}
    assert stray == set(), "the rest of the tasks is imported where the embedded worker starts"


def test_only_the_tasks_import_the_client_of_rcrainfo() -> None:
    graph = source.imports()
    strangers = [
        f"{importer} -> {module}"
        for module in graph.modules
        if module.startswith("src.tasks.rcrainfo")
        for importer in graph.find_modules_that_directly_import(module)
        if not importer.startswith("src.tasks.")
    ]
    assert strangers == []
