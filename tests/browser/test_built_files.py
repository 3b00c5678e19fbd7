"""What the build made of our files says to a browser what the sources say."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route

from src.assets import FOLDER, Library
from src.assets.build import build

pytestmark = pytest.mark.browser

RULES = """text => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return [...sheet.cssRules].map((rule) => rule.cssText);
}"""
# A module that finds nothing to do in an empty page may say so: then both must say the same.
EXPORTS = """async (names) => {
  const found = {};
  for (const name of names) {
    found[name] = await import(name).then((all) => Object.keys(all), (error) => String(error));
  }
  return found;
}"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Ours alone: what is vendored stays as it is."""
    leaving = shutil.ignore_patterns("built", "vendor")
    folder = shutil.copytree(FOLDER, tmp_path_factory.mktemp("files") / "static", ignore=leaving)
    build(folder)
    return Library(folder)


def _pairs(built: Library, suffix: str) -> list[tuple[str, str, str]]:
    entries = built.built or {}
    assert entries
    return [
        (name, (built.folder / name).read_text(), (built.folder / "built" / one.file).read_text())
        for name, one in entries.items()
        if Path(name).suffix == suffix
    ]


def test_a_minified_style_sheet_has_the_rules_of_its_source(
    chromium: Browser, built: Library
) -> None:
    page = chromium.new_page()
    for name, source, small in _pairs(built, ".css"):
        said = [json.dumps(page.evaluate(RULES, text), indent=0) for text in (source, small)]
        # Browsers keep the spaces in a custom property's value, and hashes stand in addresses only.
        told = [re.sub(r"\.[0-9a-f]{16}(?=\.\w+)|(?<=,)\s+", "", one) for one in said]
        assert told[0].splitlines() == told[1].splitlines(), name
        assert len(small) < len(source)
    page.close()


def test_minified_scripts_load_each_other_and_offer_the_same(
    chromium: Browser, built: Library
) -> None:
    sources = Library(built.folder)
    sources.serve_sources()
    told = []
    for files in (sources, built):
        page = chromium.new_page(base_url="http://files.test")
        page.route("**/*", _answering(files))
        page.goto("/")
        names = list(json.loads(files.import_map())["imports"])
        told.append(page.evaluate(EXPORTS, names))
        page.close()
    assert told[0] == told[1]
    assert not [one for one in told[0].values() if "SyntaxError" in one or "Failed" in one]
    assert "start" in told[0]["aliquot/live.js"]


def _answering(files: Library) -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix("/static/")
        if path.endswith(".js"):
            found = files.at(path)
            place = f"built/{found[0].file}" if found else path
            route.fulfill(body=(files.folder / place).read_text(), content_type="text/javascript")
        else:
            head = f'<script type="importmap">{files.import_map()}</script>'
            route.fulfill(body=f"<!doctype html>{head}", content_type="text/html")

    return answer
