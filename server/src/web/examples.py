"""Examples for the specification, made from its schemas where none is given."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
_NAMED = ("user", "resource", "type", "location", "booking", "team", "closure", "file")
# The same thing has the same id wherever it stands.
IDS = {
    f"{name}_id": f"0198c0de-5a7e-7000-8000-{number:012}"
    for number, name in enumerate(_NAMED, start=1)
}
# What a schema alone cannot say, so that an example is also a request that makes sense.
NAMED: dict[str, Any] = {
    **IDS,
    "parent_id": IDS["location_id"],
    "resource_ids": [IDS["resource_id"]],
    "contact_id": IDS["user_id"],
    "ends_at": "2026-11-23T11:00:00Z",
    "to": "2026-11-23T18:00:00Z",
    "password": "a few words nobody guesses",
    "current_password": "a few words nobody guesses",
    "new_password": "other words nobody guesses",
    "slot_minutes": 15,
    "min_minutes": 15,
    "max_minutes": 480,
    "earliest_minutes": 43200,
    "latest_minutes": 0,
    "is_approval_required": False,
}
_FORMATS = {
    "uuid": IDS["user_id"],
    "date-time": "2026-11-23T09:00:00Z",
    "date": "2026-11-23",
    "password": "correct horse battery staple",
    "binary": "",
}
_DEEPEST = 8


def of(schema: Schema, schemas: Schema, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """A value that fits the schema, always the same."""
    if depth > _DEEPEST:
        return None
    schema = _resolved(schema, schemas)
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return of(schema[union][0], schemas, depth + 1)
    if schema.get("default") not in (None, [], {}):
        return schema["default"]
    return _of_type(schema, schemas, depth)


def _of_type(schema: Schema, schemas: Schema, depth: int) -> Any:  # noqa: ANN401
    kind = schema.get("type")
    if kind == "object":
        parts = schema.get("properties", {})
        return {
            name: NAMED[name] if name in NAMED else of(part, schemas, depth + 1)
            for name, part in parts.items()
        }
    if kind == "array":
        return [of(schema["items"], schemas, depth + 1)] if "items" in schema else []
    if kind == "string":
        return _FORMATS.get(schema.get("format", ""), "text")
    if kind == "integer":
        return max(1, int(schema.get("minimum", 1)))
    return {"number": 1.5, "boolean": True}.get(str(kind))


def _resolved(schema: Schema, schemas: Schema) -> Schema:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema
