"""Static files: what the build makes of them, and how they are served."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.testclient import TestClient
from typer.testing import CliRunner

from src.assets import FOLDER, Library, library, markup, modules, sources
from src.assets.build import MissingFileError, build
from src.commands.__main__ import app as commands
from src.web.assets import FOR_EVER, FOR_NOW, Static
from src.web.compression import Compression
from tests.support.application import Lab
from tests.web.pages.visitor import Visitor

STYLE = """/* What a page looks like. */
.a   { background: url( "../img/a.svg?x#part" ) }
.b { background: url(data:image/png;base64,AA) ; width: calc(1px + 2%) }
"""
SCRIPT = """// What every page has.
import { live } from "aliquot/live.js";
const later = () => import("aliquot/late.js");
/* import "aliquot/never.js"; */
export const text = (a) => `it  is ${a} // not a comment`;
"""
FILES = {
    "css/app.css": STYLE + ".c { color: red }\n" * 200,
    "img/a.svg": f'<svg xmlns="http://www.w3.org/2000/svg">{"<path d=&quot;M0 0&quot;/>" * 90}</svg>',
    "js/app.js": SCRIPT,
    "js/live.js": 'export { more } from "aliquot/deep/more.js";\n',
    "js/late.js": "export const late = 1;\n",
    "js/deep/more.js": "export const more = (a) => `${a ? `//  ${a}` : ``}`;\n",
    "vendor/lib/lib.min.js": "var a  =  1;\n//# sourceMappingURL=lib.min.js.map\n",
    "vendor/lib/README.md": "Not for pages.",
    "vendor/manifest.json": "{}",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A few sources."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def client_of(files: Library) -> TestClient:
    app = Starlette(routes=[Mount("/static", Static(files))], middleware=[Middleware(Compression)])
    client = TestClient(app)
    client.headers["Accept-Encoding"] = "identity"
    return client


def test_what_was_built_is_served_compressed_and_kept_for_good(folder: Path) -> None:
    build(folder)
    files = Library(folder)
    client = client_of(files)
    address = files.url("css/app.css")
    assert re.fullmatch(r"/static/css/app\.[0-9a-f]{16}\.css", address)
    plain = client.get(address)
    assert plain.headers["cache-control"] == FOR_EVER
    assert plain.headers["content-type"] == "text/css; charset=utf-8"
    assert plain.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in plain.headers
    tags = {plain.headers["etag"]}
    for encoding in ("br", "gzip"):
        asked = {"Accept-Encoding": encoding}
        answer = client.get(address, headers=asked)
        assert answer.headers["content-encoding"] == encoding
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.content == plain.content
        assert int(answer.headers["content-length"]) < len(plain.content) / 4
        assert client.head(address, headers=asked).headers == answer.headers
        tags.add(answer.headers["etag"])
        known = client.get(address, headers=asked | {"If-None-Match": answer.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
        assert known.headers["etag"] == answer.headers["etag"]
    assert len(tags) == 3


def test_an_address_with_another_hash_gets_what_there_is_now_and_keeps_it_not(folder: Path) -> None:
    unbuilt = Library(folder)
    addresses = ["/static/css/app.0123456789abcdef.css", "/static/css/app.css?v=0123456789abcdef"]
    of_sources = unbuilt.url("css/app.css")
    assert re.fullmatch(r"/static/css/app\.css\?v=[0-9a-f]{16}", of_sources)
    for answer in map(client_of(unbuilt).get, addresses):
        assert (answer.text, answer.headers["cache-control"]) == (FILES["css/app.css"], FOR_NOW)
    assert client_of(unbuilt).get(of_sources).headers["cache-control"] == FOR_EVER
    build(folder)
    built = Library(folder)
    now = client_of(built).get(built.url("css/app.css")).text
    for answer in map(client_of(built).get, [*addresses, of_sources]):
        assert (answer.text, answer.headers["cache-control"]) == (now, FOR_NOW)


def test_only_what_pages_may_name_is_built_and_nothing_outside_is_served(folder: Path) -> None:
    build(folder)
    client = client_of(Library(folder))
    assert client.get("/static/vendor/lib/README.md").status_code == 200
    names = [path.name for path in (folder / "built").rglob("*") if path.is_file()]
    assert not [name for name in names if name.startswith("README")]
    (folder.parent / "secret.js").write_text("")
    for path in ("built/manifest.json", "%2e%2e/secret.js", "nothing.js", "css", ""):
        assert client.get(f"/static/{path}").status_code == 404, path
    assert client.post("/static/css/app.css").status_code == 405


def test_the_build_takes_out_what_browsers_need_not_and_changes_no_meaning(folder: Path) -> None:
    build(folder)
    files = Library(folder)
    client = client_of(files)
    texts = {name: client.get(files.url(name)).text for name in sources.names(folder)}
    image = files.url("img/a.svg").rpartition("/")[2]
    assert texts["css/app.css"].startswith(f'.a{{background:url("../img/{image}?x#part")}}')
    assert "url(data:image/png;base64,AA)" in texts["css/app.css"]
    assert "calc(1px + 2%)" in texts["css/app.css"]
    assert "`it  is ${a} // not a comment`" in texts["js/app.js"]
    assert "What every page has" not in texts["js/app.js"]
    assert texts["js/deep/more.js"] == FILES["js/deep/more.js"]
    assert texts["vendor/lib/lib.min.js"] == "var a  =  1;"


def test_a_style_sheet_that_names_a_missing_file_stops_the_build(folder: Path) -> None:
    (folder / "img/a.svg").unlink()
    with pytest.raises(MissingFileError, match=r"css/app\.css names \.\./img/a\.svg"):
        build(folder)


def _edit(folder: Path, _patch: pytest.MonkeyPatch) -> None:
    (folder / "js/app.js").write_text(SCRIPT.replace("every", "each"))


def _add(folder: Path, _patch: pytest.MonkeyPatch) -> None:
    (folder / "js/new.js").write_text("")


def _remove(folder: Path, _patch: pytest.MonkeyPatch) -> None:
    (folder / "js/late.js").unlink()


def _build_otherwise(_folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sources, "recipe", lambda: "another")


def _break(folder: Path, _patch: pytest.MonkeyPatch) -> None:
    (folder / "built/manifest.json").write_text('{"files": {"a": {}}')


@pytest.mark.parametrize("change", [_edit, _add, _remove, _build_otherwise, _break])
def test_what_was_built_of_anything_else_is_left_aside(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path, pytest.MonkeyPatch], None],
) -> None:
    build(folder)
    assert Library(folder).built is not None
    change(folder, monkeypatch)
    assert Library(folder).built is None
    assert "?v=" in Library(folder).url("js/app.js")
    build(folder)
    assert Library(folder).built is not None


def test_new_times_alone_make_nothing_stale_and_sources_can_be_insisted_on(folder: Path) -> None:
    build(folder)
    for name in FILES:
        os.utime(folder / name, (1, 1))
    files = Library(folder)
    assert files.built is not None
    files.serve_sources()
    assert "?v=" in files.url("js/app.js")


def test_a_second_build_makes_what_changed_and_removes_what_went(folder: Path) -> None:
    first = build(folder)
    assert (first.files, first.made) == (7, 7)
    old = Library(folder).url("css/app.css")
    (folder / "img/a.svg").write_text("<svg/>")
    (folder / "js/deep/more.js").unlink()
    second = build(folder)
    assert (second.files, second.made) == (6, 2), "the image, and the style sheet that names it"
    assert client_of(Library(folder)).get(old).headers["cache-control"] == FOR_NOW
    assert not (folder / "built/js/deep").exists()
    left = {path.name.split(".")[0] for path in (folder / "built").rglob("*") if path.is_file()}
    assert left == {"a", "app", "late", "live", "lib", "manifest"}
    assert build(folder).made == 0


def test_a_server_outlives_the_build_it_started_with(folder: Path) -> None:
    build(folder)
    running = Library(folder)
    address = running.url("css/app.css")
    (folder / "css/app.css").write_text(".new{}")
    build(folder)
    answer = client_of(running).get(address)
    assert (answer.text, answer.headers["cache-control"]) == (".new{}", FOR_NOW)


def test_two_builds_at_once_end_as_one(folder: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(build, [folder, folder]))
    files = Library(folder)
    assert files.built is not None
    for name, entry in files.built.items():
        whole = (folder / "built" / entry.file).read_bytes()
        for encoding, opened in (("br", brotli.decompress), ("gzip", gzip.decompress)):
            if encoding in entry.encodings:
                packed = folder / "built" / (entry.file + sources.ENCODINGS[encoding])
                assert opened(packed.read_bytes()) == whole, name


@pytest.mark.parametrize("is_built", [True, False])
def test_modules_find_each_other_by_name_and_are_loaded_at_once(
    folder: Path, *, is_built: bool
) -> None:
    if is_built:
        build(folder)
    files = Library(folder)
    found = json.loads(files.import_map())["imports"]
    assert found["aliquot/deep/more.js"] == files.url("js/deep/more.js")
    assert set(found) == {f"aliquot/{name}.js" for name in ("app", "live", "late", "deep/more")}
    assert files.imported("js/app.js") == ["js/live.js", "js/deep/more.js"]
    assert files.imported("js/app.js", "js/live.js") == ["js/deep/more.js"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('import "a";import{b as c}from"b"', ["a", "b"]),
        ("import d, {\n  e,\n  f\n} from 'c';", ["c"]),
        ('import * as g from "d"\nexport * from "e"', ["d", "e"]),
        ('export const h = "f"; const i = import("g");', []),
        ('// import "h"\nconst j = "import me"; export default "i"', []),
    ],
)
def test_only_static_imports_are_seen(text: str, found: list[str]) -> None:
    assert list(modules.imports(text)) == found


def test_data_for_scripts_cannot_end_their_element() -> None:
    value = {"text": "</script><!--<script>&\u2028", "number": 1.5}
    block = str(markup.data_block('a"b', value))
    inner = re.fullmatch(
        r'<script type="application/json" id="a&#34;b">([^<>&\u2028]*)</script>', block
    )
    assert inner is not None
    assert json.loads(inner[1]) == value


def test_the_import_map_of_a_page_is_the_one_its_policy_allows(shared_lab: Lab) -> None:
    page = Visitor(shared_lab).see("/login").response
    maps = re.findall(r'<script type="importmap">(.*?)</script>', page.text)
    assert maps == [library.import_map()]
    allowed = f"script-src 'self' {library.import_map_source()};"
    assert allowed in page.headers["content-security-policy"]
    assert page.text.index("importmap") < page.text.index('type="module"')
    named = {
        *json.loads(maps[0])["imports"].values(),
        *re.findall(r'(?:src|href)="(/static/[^"#]+)', page.text),
    }
    for address in sorted(named):
        answer = shared_lab.client.get(address)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, FOR_EVER), address
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'"
        assert "cookie" not in answer.headers.get("vary", "").lower()


def test_every_style_sheet_and_image_a_source_names_is_there(tmp_path: Path) -> None:
    """The whole of ours, without what is vendored, which takes a second to compress."""
    leaving = shutil.ignore_patterns("built", "redoc", "swagger-ui", "tabler")
    copy = shutil.copytree(FOLDER, tmp_path / "static", ignore=leaving)
    done = build(copy)
    assert done.made == done.files == len(sources.names(copy))


def test_the_command_builds_and_says_what_it_did(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("src.assets.FOLDER", folder)
    done = CliRunner().invoke(commands, ["assets"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("7 files, 7 of them new, in ")
    (folder / "img/a.svg").unlink()
    failed = CliRunner().invoke(commands, ["assets"])
    assert failed.exit_code == 1
    assert "the static files were not built: css/app.css names" in failed.output
