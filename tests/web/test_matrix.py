"""Nobody gets further than their role, in their scope: the table of `matrix.py`, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support import photographs
from tests.support.application import moment
from tests.support.databases import Templates
from tests.support.institute import Institute, founded
from tests.web import matrix
from tests.web.matrix import ROWS, Row

METHODS = ("get", "post", "put", "patch", "delete")
APART = {"live_stream": "never ends: test_live.py", "health_ready": "test_readiness.py"}
PARTS = 6  # thousands of requests: the processes that share the tests share them

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def institute(
    templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Institute]:
    with founded(templates, tmp_path_factory.mktemp("institute")) as made:
        yield made


def operations(institute: Institute) -> dict[str, tuple[str, str]]:
    """Method and path of every operation of the interface."""
    paths = institute.lab.app.openapi()["paths"]
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method in METHODS
    }


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """What a row says, with the ids and times it names."""
    if isinstance(value, dict):
        return {name: filled(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, ids) for each in value]
    if isinstance(value, str) and value.startswith("$at"):
        return moment(int(value[3:]), days=4)
    return ids[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def path_of(template: str, at: Mapping[str, str], ids: Mapping[str, str]) -> str:
    named = {**matrix.PATHS, **at}

    def value(found: re.Match[str]) -> str:
        name = named[found[1]]
        return name[1:] if name.startswith("=") else ids[name]

    return re.sub(r"\{(\w+)\}", value, template)


def answer(institute: Institute, row: Row, who: str, method: str, template: str) -> int:
    """The status of one request; the institute is afterwards what it was."""
    options = filled(dict(row.sends or matrix.SENT.get(row.operation, {})), institute.ids)
    headers = institute.headers(who) | options.pop("headers", {})
    if options.pop("picture", False):
        options["content"] = photographs.png()
        headers["Content-Type"] = "application/octet-stream"
    if method != "GET":
        headers["If-Match"] = "*"
    path = path_of(template, row.at, institute.ids)
    status = institute.lab.client.request(method, path, headers=headers, **options).status_code
    if method != "GET" and status < 300:
        institute.restore()
    return status


def test_every_operation_has_a_row(institute: Institute) -> None:
    named = {row.operation for row in ROWS} | APART.keys()
    assert named == operations(institute).keys()


@pytest.mark.parametrize("part", range(PARTS))
def test_nobody_gets_another_answer_than_the_table_says(institute: Institute, part: int) -> None:
    known = operations(institute)
    leaks = []
    for row in ROWS[part::PARTS]:
        for who in row.asked.split():
            got = answer(institute, row, who, *known[row.operation])
            if got != row.expected(who):
                leaks.append(
                    f"{row.operation} {dict(row.at)} by {who}: {got}, not {row.expected(who)}"
                )
    assert leaks == []
