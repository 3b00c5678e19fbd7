"""Docstrings stand where somebody else reads them; elsewhere they would only repeat names."""

from __future__ import annotations

import ast

from src.core import errors
from tests.support import source


def test_packages_and_core_modules_say_what_they_are_for() -> None:
    silent = [
        module.place
        for module in source.modules()
        if (module.path.name == "__init__.py" or module.place.startswith("core/"))
        and not ast.get_docstring(module.tree)
    ]
    assert silent == []


def test_service_functions_say_what_they_do_and_refuse() -> None:
    """A service function is a public one that takes a session and an actor."""
    silent = [
        f"{module.at(function)} {function.name}"
        for module in source.modules("domain")
        for function in module.functions()
        if not function.name.startswith("_")
        and [argument.arg for argument in function.args.args[:2]] == ["session", "actor"]
        and not ast.get_docstring(function)
        and module.path.stem not in {"policy", "repository"}
    ]
    assert silent == []


def test_every_error_has_the_words_that_are_published() -> None:
    for place in ("core", "domain"):
        for module in source.modules(place):
            if module.path.stem == "errors":
                __import__(module.name)
    silent = [
        f"{cls.__module__}.{cls.__name__}"
        for cls in errors.public_classes().values()
        if not cls.__dict__.get("__doc__")
    ]
    assert silent == []
