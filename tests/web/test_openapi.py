"""The specification is whole, and version 1 changes only on purpose.

ALIQUOT_TEST_UPDATE=1 pytest tests/web/test_openapi.py    accepts a change of the interface
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from src.app import create_app
from src.core.settings import Settings
from src.web import assets, specification
from src.web.declarations import declared_routes
from tests.support.application import Lab

SNAPSHOT = Path(__file__).with_name("openapi.json")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    made: dict[str, Any] = create_app(Settings()).openapi()
    return made


def test_the_interface_is_as_it_was_published(document: dict[str, Any]) -> None:
    now = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("ALIQUOT_TEST_UPDATE"):
        SNAPSHOT.write_text(now)
    assert now == SNAPSHOT.read_text(), (
        "the interface changed; if that is meant, run this test with ALIQUOT_TEST_UPDATE=1"
    )


def test_every_operation_can_be_called_from_its_description_alone(
    document: dict[str, Any],
) -> None:
    seen = set()
    tags = {tag["name"] for tag in document["tags"]}
    for path, operation, method in specification.operations(document):
        name = operation["operationId"]
        assert name not in seen, f"{name} stands twice"
        seen.add(name)
        assert operation["summary"], name
        assert operation["description"], name
        assert set(operation["tags"]) <= tags, name
        assert "security" in operation, name
        if path.startswith("/api/"):
            refusals = [code for code in operation["responses"] if code.startswith(("4", "5"))]
            assert {"401", "429", "503"} <= set(refusals), name
        for status, response in operation["responses"].items():
            content = response.get("content", {}).get("application/json")
            if status.startswith("2") and content:
                assert "example" in content, f"{method} {path} {status}"


def test_every_route_declares_who_may_how_it_is_cached_and_how_often() -> None:
    bare = []
    for context, declaration in declared_routes(create_app(Settings())):
        if isinstance(context.original_route, APIRoute) and declaration is None:
            bare.append(context.path)
    assert bare == []


@pytest.mark.parametrize(("path", "script"), [("/docs", "swagger"), ("/redoc", "redoc")])
def test_the_readers_of_the_specification_load_nothing_from_elsewhere(
    shared_lab: Lab, path: str, script: str
) -> None:
    page = shared_lab.client.get(path)
    assert page.status_code == 200
    address = assets.address(f"docs/{script}.js")
    assert f'src="{address}"' in page.text
    assert "http" not in page.text.replace('http-equiv="', "")
    assert "script-src 'self';" in page.headers["content-security-policy"]
    served = shared_lab.client.get(address)
    assert served.status_code == 200
    assert "immutable" in served.headers["cache-control"]


def test_the_specification_is_served(shared_lab: Lab) -> None:
    answer = shared_lab.client.get("/openapi.json")
    assert answer.json()["info"]["title"] == "Aliquot"
    assert "max-age" in answer.headers["cache-control"]
