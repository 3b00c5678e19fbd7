"""Below the web nothing knows HTTP: errors are facts, and `web/problems.py` numbers them."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support import source

STATUS = re.compile(r"(^|_)(http_?)?status(_code)?$", re.IGNORECASE)


def is_status(value: ast.AST | None) -> bool:
    return (
        isinstance(value, ast.Constant)
        and isinstance(value.value, int)
        and not isinstance(value.value, bool)
        and 100 <= value.value <= 599
    )


def called_status(target: ast.AST) -> bool:
    name = getattr(target, "attr", None) or getattr(target, "id", None)
    return isinstance(name, str) and STATUS.search(name) is not None


def numbers(tree: ast.AST) -> list[int]:
    """The lines where a status number or the standard library's names for them stand."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="http" | "http.client") | ast.alias(name="http.client"):
                found.append(node.lineno)
            case ast.Name(id="HTTPStatus") | ast.Attribute(attr="HTTPStatus"):
                found.append(node.lineno)
            case ast.keyword(arg=str(name), value=value) if STATUS.search(name):
                found += [value.lineno] if is_status(value) else []
            case ast.Assign(targets=targets, value=value) if any(map(called_status, targets)):
                found += [node.lineno] if is_status(value) else []
            case ast.AnnAssign(target=target, value=value) if called_status(target):
                found += [node.lineno] if is_status(value) else []
            case ast.Compare(left=left, comparators=others) if called_status(left):
                found += [node.lineno] if any(map(is_status, others)) else []
            case ast.Raise(exc=ast.Call(args=args)):
                found += [node.lineno] if any(map(is_status, args)) else []
    return found


def test_no_http_number_below_the_web() -> None:
    found = [
        f"server/src/{module.place}:{line}"
        for place in ("core", "domain", "redis_client.py")
        if (source.SOURCE / place).exists()
        for module in source.modules(place)
        for line in numbers(module.tree)
    ]
    assert found == [], "raise a DomainError; its kind is enough"


@pytest.mark.parametrize(
    "code",
    [
        "raise Refused(404)",
        "status = 409",
        "answer(status_code=422)",
        "if answer.status_code == 503: pass",
        "from http import HTTPStatus",
    ],
)
def test_a_number_would_be_seen(code: str) -> None:
    assert numbers(ast.parse(code)) == [1]


@pytest.mark.parametrize("code", ["limit = 500", "status = 'open'", "status = Column(32)"])
def test_other_numbers_are_left_alone(code: str) -> None:
    assert numbers(ast.parse(code)) == []
