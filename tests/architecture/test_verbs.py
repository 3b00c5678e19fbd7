"""Everything the record can say is declared, and everything an auditor asks for can be said."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from src.core import verbs
from src.core.verbs import Kind
from src.tasks import exports as _exports  # noqa: F401 - declares its verbs
from src.tasks import record as _record  # noqa: F401 - declares its verbs
from src.web import api as _api  # noqa: F401 - declares its verbs
from src.web import incidents as _incidents  # noqa: F401 - declares its verbs
from src.web import pages as _pages  # noqa: F401 - declares its verbs
from tests.support import source
from tests.support.source import Module

# What comparable systems promise to record, and one verb that must be there for it.
PROMISED = {
    "log-in": (Kind.LOG_IN, "user.logged_in"),
    "failed log-in": (Kind.FAILED_LOG_IN, "user.log_in_refused"),
    "log-out": (Kind.LOG_OUT, "user.logged_out"),
    "password, factor or key changed": (Kind.CREDENTIAL_CHANGED, "user.password_changed"),
    "permission granted": (Kind.PERMISSION_GRANTED, "role.granted"),
    "permission revoked": (Kind.PERMISSION_REVOKED, "role.revoked"),
    "restricted data read": (Kind.RESTRICTED_READ, "file.read"),
    "data changed": (Kind.DATA_CHANGED, "booking.changed"),
    "administrator's action": (Kind.ADMINISTRATION, "settings.changed"),
    "security event": (Kind.SECURITY, "security.cross_site_refused"),
    "system error": (Kind.SYSTEM_ERROR, "request.failed"),
    "key used from a new address": (Kind.NEW_ADDRESS, "api_key.new_address"),
}


@pytest.mark.parametrize("promise", PROMISED)
def test_every_kind_of_event_an_auditor_asks_for_is_declared_and_recorded(promise: str) -> None:
    kind, verb = PROMISED[promise]
    assert verbs.declared[verb].kind is kind
    assert verb in recorded(), f"nothing records {verb}"


def test_no_kind_is_without_a_promise_and_each_has_words() -> None:
    assert {kind for kind, _ in PROMISED.values()} == set(Kind) == set(verbs.KINDS)
    assert set(verbs.CLASSES) == set(verbs.Class)


def test_every_verb_that_is_recorded_is_declared() -> None:
    unknown = {verb: places for verb, places in recorded().items() if verb not in verbs.declared}
    assert unknown == {}, "declare it with `events.verb`, in words and with its kind"


def test_every_verb_that_is_declared_is_recorded() -> None:
    """Else the words of a filter promise what never happens."""
    assert sorted(set(verbs.declared) - set(recorded())) == []


UNKNOWN = "?"  # an expression that cannot be followed: write it plainer


@cache
def recorded() -> dict[str, list[str]]:
    """Every verb that code may record, and where."""
    found: dict[str, list[str]] = {}
    for module in source.modules():
        for called, node in _calls(module):
            if called == "events.record":
                keywords = {each.arg: each.value for each in node.keywords}
                named = node.args[2] if len(node.args) > 2 else keywords["verb"]
                for verb in sorted(said_by(named, module)) or [UNKNOWN]:
                    found.setdefault(verb, []).append(module.at(node))
    return found


def said_by(expression: ast.expr, module: Module, seen: frozenset[str] = frozenset()) -> set[str]:
    """The texts an expression can be, as far as one can follow it within its package."""
    match expression:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=body, orelse=other):
            return said_by(body, module, seen) | said_by(other, module, seen)
        case ast.BoolOp(values=values) | ast.Tuple(elts=values):
            return set().union(*(said_by(each, module, seen) for each in values))
        case ast.Dict(values=values):
            return set().union(*(said_by(each, module, seen) for each in values))
        case ast.JoinedStr(values=parts):
            pattern = "".join(
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z_-]+"
                for part in parts
            )
            return {verb for verb in verbs.declared if re.fullmatch(pattern, verb)}
        case ast.Subscript(value=base) | ast.Call(func=ast.Attribute(value=base, attr="get")):
            return said_by(base, module, seen)
        case ast.Call(func=ast.Attribute(attr="verb"), args=[ast.Constant(value=str(text)), *_]):
            return {text}
        case ast.Name(id=name) | ast.Attribute(attr=name) if name not in seen:
            return _named(name, module, seen | {name})
    return set()


def _named(name: str, module: Module, seen: frozenset[str]) -> set[str]:
    """What is assigned to a name in its package, and what is passed for a parameter of that name."""
    found: set[str] = set()
    for each in source.modules(module.path.parent.relative_to(source.SOURCE).as_posix()):
        for value in _assigned(each).get(name, ()):
            found |= said_by(value, each, seen)
        for given in _passed(name, each, module):
            found |= said_by(given, each, seen)
    return found


def _passed(name: str, caller: Module, module: Module) -> Iterator[ast.expr]:
    """What a module passes for `name` to functions of another one, or has passed on to them later."""
    prefix = "" if caller == module else f"{module.path.stem}."
    parameters = {f"{prefix}{known}": names for known, names in _parameters(module).items()}
    for called, call in _calls(caller):
        given, names = call.args, parameters.get(called, [])
        first = given[0] if given else None
        if not names and isinstance(first, ast.Name):
            given, names = given[1:], parameters.get(first.id, [])
        for known, value in (*zip(names, given, strict=False), *_keywords(call)):
            if known == name and names:
                yield value


def _keywords(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    return ((each.arg, each.value) for each in call.keywords if each.arg is not None)


@cache
def _parameters(module: Module) -> dict[str, list[str]]:
    return {each.name: [one.arg for one in each.args.args] for each in module.functions()}


@cache
def _calls(module: Module) -> list[tuple[str, ast.Call]]:
    calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    return [(ast.unparse(call.func), call) for call in calls]


@cache
def _assigned(module: Module) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(module.tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                found.setdefault(name, []).append(value)
    return found
