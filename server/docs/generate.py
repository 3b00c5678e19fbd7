"""Writes the pages of this folder that are made from the code: `make docs`.

`database.md` from the tables and `core.ddl`, `configuration.md` from the settings. A test compares
them with what this would write, so they cannot fall behind.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import dedent
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from sqlalchemy import CheckConstraint, Column, Enum, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from src.core import ddl  # noqa: E402 - the path comes first
from src.core.db import Table as Mapped  # noqa: E402
from src.core.settings import Settings  # noqa: E402
from src.domain.schema import metadata  # noqa: E402

NOTE = "<!-- Made by `make docs`; change the code, then run it. -->"
DIALECTS: tuple[Dialect, ...] = (
    postgresql.dialect(),  # type: ignore[no-untyped-call]
    sqlite.dialect(),
)


def database_page() -> str:
    """Every table with its columns, keys and guards."""
    by_module: dict[str, list[type[Mapped]]] = defaultdict(list)
    for mapper in Mapped.registry.mappers:
        by_module[mapper.class_.__module__].append(mapper.class_)
    parts = [
        f"# The database\n\n{NOTE}",
        dedent("""\
            One schema on PostgreSQL and SQLite. Where a type differs, PostgreSQL's stands first.
            Only the owner writes a table: the package under which it stands here. Times are UTC,
            ids are UUIDv7 unless they are counted, `*_id` leads to the table named beside it."""),
    ]
    known = set()
    for module in sorted(by_module, key=_floor):
        parts.append(f"## {_owner(module)}")
        classes = by_module[module]
        order = {node.name: place for place, node in enumerate(_classes(classes[0]))}
        for class_ in sorted(classes, key=lambda item: order[item.__name__]):
            parts.append(_table(class_))
            known.add(class_.__tablename__)
    if known != set(metadata.tables):
        raise RuntimeError(f"tables without a class: {set(metadata.tables) - known}")
    parts.append(_guards())
    return "\n\n".join(parts) + "\n"


def _floor(module: str) -> tuple[bool, str]:
    return (not module.startswith("src.core"), module)


def _owner(module: str) -> str:
    return "`" + module.removeprefix("src.").removesuffix(".tables").replace(".", "/") + "`"


def _classes(class_: type) -> list[ast.ClassDef]:
    tree = ast.parse(Path(inspect.getfile(class_)).read_text())
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def _table(class_: type[Mapped]) -> str:
    table = class_.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{class_} is mapped to no table")
    comments = dict(_comments(class_))
    rows = [
        (f"`{column.name}`", _type(column), _key(column), comments.get(column.name, ""))
        for column in table.columns
    ]
    said = inspect.cleandoc(class_.__doc__ or "")
    parts = [f"### {table.name}", said, _grid(("Column", "Type", "Key", "Note"), rows)]
    further = sorted(_further(table))
    if partition := table.dialect_options["postgresql"].get("partition_by"):
        further.append(f"partitioned on PostgreSQL by `{partition}`")
    if further:
        parts.append("\n".join(f"- {line}" for line in further))
    return "\n\n".join(part for part in parts if part)


def _comments(class_: type) -> Iterator[tuple[str, str]]:
    """What stands as a comment beside or above a column."""
    above: list[str] = []
    for line in inspect.getsource(class_).splitlines():
        found = re.match(r"    (\w+): Mapped\[", line)
        comment = re.search(r"(?:^|  )# (?!noqa)(.*)$", line.strip() if not found else line)
        if found:
            beside = [comment.group(1)] if comment else []
            if above or beside:
                yield found.group(1), " ".join([*above, *beside]).replace("<", "&lt;")
            above = []
        elif line.strip().startswith("#") and comment:
            above.append(comment.group(1))
        else:
            above = []


def _type(column: Column[Any]) -> str:
    if isinstance(column.type, Enum):
        shown = ", ".join(f"`{value}`" for value in column.type.enums)
    else:
        names = list(dict.fromkeys(column.type.compile(dialect=dialect) for dialect in DIALECTS))
        shown = " / ".join(name.lower() for name in names)
    return shown + (", or NULL" if column.nullable else "")


def _key(column: Column[Any]) -> str:
    said = ["primary"] if column.primary_key else []
    said += ["unique"] if column.unique else []
    said += [f"{key.column.table.name}" for key in column.foreign_keys]
    return ", ".join(said)


def _further(table: Table) -> Iterator[str]:
    """Constraints of several columns, and indexes."""
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and len(constraint.columns) > 1:
            yield "unique: " + ", ".join(f"`{column.name}`" for column in constraint.columns)
        if isinstance(constraint, CheckConstraint) and not getattr(constraint, "_type_bound", 0):
            yield f"check: `{' '.join(str(constraint.sqltext).split())}`"
    yield from map(_index, table.indexes)


def _index(index: Index) -> str:
    columns = ", ".join(f"`{getattr(part, 'name', None) or part}`" for part in index.expressions)
    where = index.dialect_options["postgresql"]["where"]
    condition = "" if where is None else f" where `{where}`"
    return ("unique: " if index.unique else "index: ") + columns + condition


def _guards() -> str:
    names = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
    rows = [
        (f"`{item.name}`", f"`{item.table}`" if item.table else "", names[item.dialect], item.kind)
        for item in ddl.OBJECTS
    ]
    return "\n\n".join(
        [
            "## Guards",
            dedent("""\
                What the database refuses by itself, listed in `server/src/core/ddl.py`: changes of
                the record of events, and two holds of one unit at one time."""),
            _grid(("Name", "Table", "Database", "Kind"), sorted(rows)),
        ]
    )


def configuration_page() -> str:
    """Every setting with its names, default and meaning."""
    rows = [
        (_names(name, field), _default(field), _kind(field.annotation), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    parts = [
        f"# Configuration\n\n{NOTE}",
        dedent("""\
            Settings come from the environment. Each name may also be a file in the folder that
            `ALIQUOT_SECRETS_DIR` names, holding the value; the environment wins. Lists are
            separated by commas. They are read at the start, so a change needs a restart.
            `server/aliquot check-config` tells which names are unknown and what is missing, and
            tries each connection."""),
        _grid(("Name", "Default", "Value", "Meaning"), rows),
        dedent("""\
            ## Production

            `ALIQUOT_ENV=production` refuses to start, with the list of what to change, while the
            secret key is the development one or shorter than 32 characters, the demo or debug is
            on, the public address is not https, the database is SQLite without
            `ALIQUOT_ALLOW_SQLITE=1`, or Redis is not named.

            ## The object store

            With `ALIQUOT_STORAGE_URL=s3://bucket/prefix` the endpoint and the credentials come
            from the usual variables: `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`,
            `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, or the role of the machine. The bucket
            must exist, and the credentials must be allowed to read, write, list and delete in it.
            Tell the bucket to discard unfinished multipart uploads after a day."""),
    ]
    return "\n\n".join(parts) + "\n"


def _names(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    names = alias.choices if isinstance(alias, AliasChoices) else [f"ALIQUOT_{name.upper()}"]
    return " or ".join(f"`{choice}`" for choice in names)


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "needed"
    if isinstance(value, SecretStr):
        return "one for development"
    if isinstance(value, bool):
        return "`1`" if value else "`0`"
    if isinstance(value, tuple):
        value = ",".join(value)
    return f"`{value}`" if str(value) else ""


def _kind(annotation: Any) -> str:  # noqa: ANN401 - any type's annotation
    origin = get_origin(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    if origin in (Union, UnionType):
        return ", ".join(_kind(part) for part in get_args(annotation) if part is not type(None))
    names = {"str": "text", "int": "number", "bool": "0 or 1", "tuple": "list", "Path": "folder",
             "SecretStr": "text"}  # fmt: skip
    return names[(origin or annotation).__name__]


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |"
        for line in lines
    )


PAGES = {"database.md": database_page, "configuration.md": configuration_page}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page())
        print(f"server/docs/{name}")


if __name__ == "__main__":
    main()
