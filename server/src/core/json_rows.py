"""Rows that hang on a row, as JSON beside it: one statement reads what would take several."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class JsonRows(FunctionElement[list[list[Any]]]):
    """All rows of a subquery as one JSON array of arrays."""

    type = JSON()
    inherit_cache = True
    name = "json_rows"


@compiles(JsonRows, "postgresql")
def _postgresql_rows(element: JsonRows, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    columns = compiler.process(element.clauses, **kw)
    return f"coalesce(json_agg(json_build_array({columns})), '[]'::json)"


@compiles(JsonRows, "sqlite")
def _sqlite_rows(element: JsonRows, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    return f"json_group_array(json_array({compiler.process(element.clauses, **kw)}))"


def time_of(text: str) -> datetime:
    """A time as one of the databases writes it into JSON: SQLite without offset, in UTC."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
