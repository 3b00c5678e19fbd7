"""The pages made from the code say what the code says."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from src.core.settings import Settings
from src.domain.schema import metadata
from tests.support import source

DOCS = source.ROOT / "server" / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """The script that writes them."""
    spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["database.md", "configuration.md"])
def test_a_page_made_from_the_code_is_up_to_date(generate: ModuleType, name: str) -> None:
    assert (DOCS / name).read_text() == generate.PAGES[name](), "run `make docs`, then commit"


def test_the_database_page_has_every_table_and_column(generate: ModuleType) -> None:
    page = generate.database_page()
    for table in metadata.tables.values():
        section = page.split(f"\n### {table.name}\n")[1].split("\n### ")[0]
        for column in table.columns:
            assert f"| `{column.name}` |" in section


def test_every_setting_says_what_it_is_for() -> None:
    fields = Settings.model_fields.items()
    assert [name for name, field in fields if not field.description] == []


def test_every_decision_says_why_and_what_else_was_possible() -> None:
    decisions = sorted((DOCS / "decisions").glob("*.md"))
    numbers = [int(path.name[:4]) for path in decisions]
    assert numbers == list(range(1, len(decisions) + 1))
    for path in decisions:
        headings = [line for line in path.read_text().splitlines() if line.startswith("## ")]
        wanted = ["## Context", "## Choice", "## Alternatives", "## Consequences"]
        assert headings == wanted, path.name
        assert path.read_text().startswith(f"# {int(path.name[:4])}. "), path.name
