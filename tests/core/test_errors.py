"""Errors as facts."""

from __future__ import annotations

import ast

import pytest

import src.app  # noqa: F401 - brings every domain's errors
from src.core.actor import ANONYMOUS, Permission
from src.core.errors import RESERVED, Conflict, DomainError, Forbidden, public_classes
from tests.support.source import modules


def test_data_of_a_fact_cannot_take_a_name_that_problems_use_themselves() -> None:
    with pytest.raises(ValueError, match="status"):
        Conflict("It is confirmed.", status="confirmed")


def test_no_refusal_in_the_code_gives_its_data_such_a_name() -> None:
    # The generic ones share a name with a shape; the test above holds for them too.
    classes = set(public_classes().values())
    names = {cls.__name__ for cls in classes if cls.__module__ != "src.core.errors"}
    found = [
        module.at(keyword)
        for module in modules()
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call)
        and getattr(call.func, "attr", getattr(call.func, "id", "")) in names
        for keyword in call.keywords
        if keyword.arg in RESERVED - {"errors", "detail"}
    ]
    assert found == []


def test_a_code_says_one_fact() -> None:
    known, classes = public_classes(), [DomainError]
    while classes:
        cls = classes.pop()
        classes.extend(cls.__subclasses__())
        if "code" in vars(cls) and cls is not DomainError:
            assert known[cls.code] is cls, f"{cls.code} is also the code of {known[cls.code]}"


def test_a_permission_that_lacks_is_named_in_words_and_as_data() -> None:
    with pytest.raises(Forbidden, match="bookings:manage") as caught:
        ANONYMOUS.require(Permission.BOOKINGS_MANAGE, "team:1")
    assert caught.value.members == {"permission": "bookings:manage"}


def test_that_a_permission_lacks_is_spelled_in_one_place() -> None:
    text = "This needs the permission %(permission)s."
    found = [
        module.at(node)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and node.value == text
    ]
    assert len(found) == 1, found
