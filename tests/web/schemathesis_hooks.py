"""What `test_schemathesis` hands to its runs: for an operation's first call, what it can succeed on.

Loaded by Schemathesis in a process of its own, by SCHEMATHESIS_HOOKS.
"""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis

_GIVEN: dict[str, dict[str, Any]] = json.loads(os.environ.get("ALIQUOT_TEST_GIVEN", "{}"))
# By these a caller would take the own permissions away, and every later answer were 403.
_NEVER_OWN = frozenset({"users_revoke_role", "users_update"})


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Put what was prepared in the place of what was made up."""
    name = case.operation.definition.raw["operationId"]
    given = _GIVEN.pop(name, {})
    if name in _NEVER_OWN and "path" in given:
        _GIVEN[name] = {"path": given["path"]}
    if "path" in given:
        case.path_parameters = {**case.path_parameters, **given["path"]}
    if "query" in given:
        case.query = {**(case.query or {}), **given["query"]}
    if "headers" in given:
        case.headers = {**(case.headers or {}), **given["headers"]}
    if "body" in given:
        case.body = given["body"]
