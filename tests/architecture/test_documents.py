"""What the documents name exists: settings, commands, files and ports."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from pydantic import AliasChoices

from src.core.settings import Settings
from tests.support import source

DOCUMENTS = [
    path
    for path in source.tracked_files()
    if path.suffix == ".md" and "static" not in path.relative_to(source.ROOT).parts
]
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(source.ROOT))
)


def code_of(document: Path) -> str:
    return "\n".join(CODE.findall(document.read_text()))


def names_of_settings() -> dict[str, set[str]]:
    """Each setting with the environment variables it is read from."""
    found = {}
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        aliases = alias.choices if isinstance(alias, AliasChoices) else [alias]
        found[name] = {str(choice) for choice in aliases if choice} or {f"ALIQUOT_{name.upper()}"}
    return found


@cache
def environment_names() -> set[str]:
    found = set().union(*names_of_settings().values())
    # The few that are read before or beside the settings.
    for path in source.tracked_files():
        if path.suffix in {".py", ".sh"} or ".ci" in path.parts or path.name == "Makefile":
            found |= set(re.findall(r"ALIQUOT_(?:TEST_)?[A-Z_]+[A-Z]", path.read_text()))
    return found


@cache
def make_targets() -> set[str]:
    makefile = (source.ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def test_the_readme_shows_the_two_commands() -> None:
    assert {"make run", "make test"} <= set(
        re.findall(r"make \w+", code_of(source.ROOT / "README.md"))
    )


def test_every_setting_is_documented() -> None:
    text = "\n".join(document.read_text() for document in DOCUMENTS)
    named = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", text))
    assert [name for name, known in names_of_settings().items() if not known & named] == []


@each_document
def test_settings_named_in_a_document_exist(document: Path) -> None:
    named = set(re.findall(r"\bALIQUOT_[A-Z0-9_]*[A-Z0-9]\b", document.read_text()))
    assert named - environment_names() == set()


@each_document
def test_make_targets_named_in_a_document_exist(document: Path) -> None:
    named = set(re.findall(r"(?:^|[`$ ])make ([a-z][a-z-]*)", code_of(document), re.MULTILINE))
    assert named - make_targets() == set()


@each_document
def test_links_in_a_document_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", document.read_text()))
    local = [unquote(target.partition("#")[0]) for target in targets if "://" not in target]
    broken = [
        target
        for target in local
        if target and not target.startswith("mailto:") and not (document.parent / target).exists()
    ]
    assert broken == []


@each_document
def test_files_named_in_a_document_exist(document: Path) -> None:
    tops = "|".join(
        re.escape(name) for name in ("server", "tests", "kubernetes", ".ci", ".importlinter")
    )
    named = re.findall(rf"`((?:{tops})(?:/[\w.-]+)*/?)(?:::\w+)?`", document.read_text())
    places = (source.ROOT, document.parent)
    absent = [name for name in named if not any((place / name).exists() for place in places)]
    assert absent == []


@each_document
def test_local_addresses_in_a_document_have_a_port_of_ours(document: Path) -> None:
    ports = {str(field.default) for name, field in Settings.model_fields.items() if "port" in name}
    # A second server beside the first, as the documents show it.
    ports |= {"9000"}
    named = set(re.findall(r"https?://(?:localhost|127\.0\.0\.1):(\d+)", document.read_text()))
    assert named - ports == set()
