"""What has grown past these sizes is split by noun; names that mean nothing are refused."""

from __future__ import annotations

import pytest

from tests.support import source

MODULE = 500
FUNCTION = 60
ROUTE = 15
BANNED = {"utils", "util", "helpers", "helper", "misc", "manager", "managers", "base", "common"}
ROUTES = {"get", "post", "put", "patch", "delete", "route", "websocket"}
MAIN = source.SERVER / "main.py"


def measured() -> list[source.Module]:
    return list(source.modules())


def test_no_module_is_longer_than_500_lines() -> None:
    sizes = {module.place: module.text.count("\n") for module in measured()}
    if MAIN.exists():
        sizes["../main.py"] = MAIN.read_text().count("\n")
    assert {place: lines for place, lines in sizes.items() if lines > MODULE} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = {
        f"{module.at(function)} {function.name}": source.lines_of(function)
        for module in measured()
        for function in module.functions()
        if source.lines_of(function) > FUNCTION
    }
    assert long == {}


@pytest.mark.parametrize(
    ("folder", "marks"), [("web/api", ROUTES), ("web/pages", ROUTES), ("tasks", {"handles"})]
)
def test_routes_and_handlers_only_parse_call_and_return(folder: str, marks: set[str]) -> None:
    long = {
        f"{module.at(function)} {function.name}": source.lines_of(function)
        for module in source.modules(folder)
        for function in module.functions()
        if source.decorators(function) & marks and source.lines_of(function) > ROUTE
    }
    assert long == {}, "the rest belongs into a service"


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    # `models/common.py` is the wire shapes that several domains share; the design names it.
    nameless = [
        module.place
        for module in measured()
        if BANNED & set(module.place.removesuffix(".py").split("/"))
        and module.place != "models/common.py"
    ]
    assert nameless == []
