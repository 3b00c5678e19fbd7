"""One history for SQLite (batch mode) and PostgreSQL.

The address is given by the caller (`config.attributes["connection"]` or `["url"]`), else by the
settings. On SQLite foreign keys are turned off before BEGIN, or a batch migration's DROP TABLE
would empty the child tables, and `foreign_key_check` runs before the end.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from alembic import context
from sqlalchemy import Connection, event, pool, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from src.core import ddl
from src.core.db import JSONOrNull, JSONValue, UTCDateTime
from src.core.fulltext import SearchDocument
from src.core.settings import get_settings
from src.domain.schema import metadata

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

# Two deployments that start at once must not both migrate: PostgreSQL's advisory lock.
MIGRATION_LOCK = 7_236_418_005
# SQLite cannot reflect an index over an expression, so it would be "missing" for ever.
EXPRESSION_INDEXES = {"ix_outbox_due"}
PARTITIONS = {item.name for item in ddl.OBJECTS if item.kind == "partition"}


def _is_partition(table: str) -> bool:
    # Months of events are partitions made at run time.
    return table in PARTITIONS or table.startswith("events_")


def _include(thing: Any, name: str | None, kind: str, reflected: bool, _other: object) -> bool:  # noqa: ANN401, FBT001 - Alembic's protocol
    if kind == "foreign_key_constraint" and reflected:
        return not _is_partition(thing.elements[0].target_fullname.split(".")[0])
    if kind == "index" and name in EXPRESSION_INDEXES:
        return context.get_context().dialect.name == "postgresql"
    if _is_of_search(thing, name or "", kind):
        return False
    return not (kind == "table" and _is_partition(name or ""))


def _is_of_search(thing: Any, name: str, kind: str) -> bool:  # noqa: ANN401
    """Whether it is what `core.ddl` makes for the full text: an FTS5 table and its shadows."""
    if kind == "column":
        is_ours = thing.table.name == SearchDocument.__tablename__
        return is_ours and name == ddl.SEARCH_COLUMN
    return name == ddl.SEARCH_INDEX or (kind == "table" and name.startswith(ddl.SEARCH_TABLE))


def _render(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:  # noqa: ANN401
    # Migrations stand still while our types may move on.
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and item in (JSONValue, JSONOrNull):
        autogenerate.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
        return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=context.config.attributes.get("batch", True),
        include_object=_include,
        render_item=_render,
        compare_type=True,
        transactional_ddl=True,  # true of SQLite too, begun as below
    )
    sqlite = connection.dialect.name == "sqlite"
    with context.begin_transaction():
        if not sqlite:
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        context.run_migrations()
        if sqlite:
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            if broken:
                raise RuntimeError(f"the migration would break foreign keys: {broken[:5]}")


def _begin_immediately(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401 - DBAPI object
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=OFF")  # inside a transaction it would be ignored
        connection.execute("PRAGMA busy_timeout=60000")

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _run_at(url: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite":
        _begin_immediately(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    asyncio.run(_run_at(context.config.attributes.get("url") or get_settings().database))
