"""Every trigger, exclusion constraint, partition and search index of both databases, in one list.

Migrations create them from here; a batch migration on SQLite re-creates those of its table with
`create_for`; after every upgrade path a test compares the catalogue with this list and tries the
forbidden writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:  # the worker does without Alembic
    from alembic.operations import BatchOperations, Operations


@dataclass(frozen=True, slots=True)
class DatabaseObject:
    """One object the ORM's metadata cannot say. `create` may hold several statements."""

    name: str
    table: str
    dialect: Literal["postgresql", "sqlite"]
    kind: Literal["trigger", "constraint", "partition", "function", "search"]
    create: tuple[str, ...]
    # Another table that it reads: made later, it is created then (`create_reading`).
    reads: str = ""


APPEND_ONLY = {"events": ("UPDATE", "DELETE"), "seals": ("UPDATE", "DELETE"),
               "event_details": ("UPDATE",), "event_archives": ("UPDATE", "DELETE"),
               "incident_entries": ("UPDATE", "DELETE"),
               "decision_amendments": ("UPDATE", "DELETE")}  # fmt: skip


# A row may go once an archive holds it. Seals go first, so an event without one was archived.
ARCHIVED = {
    "events": "NOT EXISTS (SELECT 1 FROM seals WHERE event_id = OLD.id)"
    " AND EXISTS (SELECT 1 FROM event_archives WHERE OLD.id < before_id)",
    "seals": "EXISTS (SELECT 1 FROM event_archives WHERE OLD.seq BETWEEN first_seq AND last_seq)",
}


def _append_only() -> list[DatabaseObject]:
    made = [
        _function("refuse_change", "", "RAISE EXCEPTION 'append_only: % of %', TG_OP, TG_TABLE_NAME"
                  " USING ERRCODE = '23514';"),
        *(_keeping(table, condition) for table, condition in ARCHIVED.items()),
    ]  # fmt: skip
    for table, verbs in APPEND_ONLY.items():
        made += [_postgresql_guard(table, verbs), _no_truncate(table)]
        made += [_sqlite_guard(table, verb) for verb in verbs]
    return made


def _function(name: str, table: str, body: str) -> DatabaseObject:
    create = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
    return DatabaseObject(name, table, "postgresql", "function", (create,))


def _keeping(table: str, condition: str) -> DatabaseObject:
    return _function(
        f"keep_{table}",
        "event_archives",
        f"IF TG_OP = 'DELETE' AND {condition} THEN RETURN OLD; END IF;"
        " RAISE EXCEPTION 'append_only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = '23514';",
    )


def _postgresql_guard(table: str, verbs: tuple[str, ...]) -> DatabaseObject:
    function = f"keep_{table}" if table in ARCHIVED else "refuse_change"
    create = (
        f"CREATE TRIGGER {table}_append_only BEFORE {' OR '.join(verbs)} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
    reads = "event_archives" if table in ARCHIVED else ""
    return DatabaseObject(f"{table}_append_only", table, "postgresql", "trigger", (create,), reads)


def _no_truncate(table: str) -> DatabaseObject:
    create = (
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    return DatabaseObject(f"{table}_no_truncate", table, "postgresql", "trigger", (create,))


def _sqlite_guard(table: str, verb: str) -> DatabaseObject:
    name = f"{table}_no_{verb.lower()}"
    unless = ARCHIVED.get(table) if verb == "DELETE" else None
    create = (
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        + (f"WHEN NOT ({unless}) " if unless else "")
        + "BEGIN SELECT RAISE(ABORT, 'append_only'); END"
    )
    reads = "event_archives" if unless else ""
    return DatabaseObject(name, table, "sqlite", "trigger", (create,), reads)


# Bookings, offers and slots exclude everything; blocks exclude those but not each other.
_EXCLUSION = """ALTER TABLE holds ADD CONSTRAINT holds_exclude EXCLUDE USING gist (
    int8range(unit_id, unit_id, '[]') WITH &&,
    tstzrange(starts_at, ends_at) WITH &&,
    (CASE WHEN kind = 'block' THEN int8range(id, id, '[]') ELSE int8range(NULL, NULL) END) WITH &&
)"""

# An offset written as text would compare wrongly, so the stored format is checked too.
_STAMP = "'[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]'"


def _hold_trigger(verb: Literal["INSERT", "UPDATE"]) -> DatabaseObject:
    itself = "" if verb == "INSERT" else "AND h.id <> OLD.id"
    return DatabaseObject(
        f"holds_exclude_{verb.lower()}",
        "holds",
        "sqlite",
        "trigger",
        (
            f"""CREATE TRIGGER holds_exclude_{verb.lower()} BEFORE {verb} ON holds BEGIN
            SELECT RAISE(ABORT, 'hold_format')
              WHERE NEW.starts_at NOT GLOB {_STAMP} OR NEW.ends_at NOT GLOB {_STAMP};
            SELECT RAISE(ABORT, 'hold_overlap') WHERE EXISTS (
              SELECT 1 FROM holds AS h WHERE h.unit_id = NEW.unit_id
              AND h.ends_at > NEW.starts_at AND h.starts_at < NEW.ends_at
              AND NOT (h.kind = 'block' AND NEW.kind = 'block') {itself});
            END""",
        ),
    )


# Lexemes as they are (`core.words` made them): `kind:…`, each word, and `t:…` for those in titles.
_LEXEMES = """array_to_tsvector(array_remove(string_to_array('kind:' || kind || ' ' || folded_title
    || ' ' || folded_body || ' ' || regexp_replace(folded_title, '([^ ]+)', 't:\\1', 'g'), ' '), ''))"""
SEARCH_COLUMN, SEARCH_INDEX = "words", "ix_search_documents_words"
SEARCH_TABLE = "search_index"  # and its shadows, `search_index_…`
_SEARCHED = "kind, folded_title, folded_body"


def _search() -> list[DatabaseObject]:
    """What finds documents by their words: a column with its index, or FTS5 and its triggers."""
    table = "search_documents"
    lexemes = (
        f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {SEARCH_COLUMN} tsvector"
        f" GENERATED ALWAYS AS ({_LEXEMES}) STORED"
    )
    gin = f"CREATE INDEX IF NOT EXISTS {SEARCH_INDEX} ON {table} USING gin ({SEARCH_COLUMN})"
    fts5 = (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {SEARCH_TABLE} USING fts5({_SEARCHED},"
        f" content='{table}', content_rowid='id', prefix='2 3',"
        " tokenize='unicode61 remove_diacritics 2')"
    )
    # What stands there already (it was made before its triggers, or copied) is found too.
    rebuild = f"INSERT INTO {SEARCH_TABLE}({SEARCH_TABLE}) VALUES ('rebuild')"
    return [
        DatabaseObject(SEARCH_COLUMN, table, "postgresql", "search", (lexemes,)),
        DatabaseObject(SEARCH_INDEX, table, "postgresql", "search", (gin,)),
        DatabaseObject(SEARCH_TABLE, table, "sqlite", "search", (fts5, rebuild)),
        *(_search_trigger(verb) for verb in ("INSERT", "UPDATE", "DELETE")),
    ]


def _search_trigger(verb: str) -> DatabaseObject:
    name = f"search_documents_{verb.lower()}"
    new, old = (
        ", ".join(f"{row}.{column}" for column in ("id", *_SEARCHED.split(", ")))
        for row in ("NEW", "OLD")
    )
    gone = (
        f"INSERT INTO {SEARCH_TABLE}({SEARCH_TABLE}, rowid, {_SEARCHED}) VALUES ('delete', {old})"
    )
    come = f"INSERT INTO {SEARCH_TABLE}(rowid, {_SEARCHED}) VALUES ({new})"
    work = {"INSERT": come, "UPDATE": f"{gone}; {come}", "DELETE": gone}[verb]
    create = f"CREATE TRIGGER {name} AFTER {verb} ON search_documents BEGIN {work}; END"
    return DatabaseObject(name, "search_documents", "sqlite", "search", (create,))


OBJECTS: tuple[DatabaseObject, ...] = (
    *_append_only(),
    DatabaseObject(
        "events_default",
        "events",
        "postgresql",
        "partition",
        ("CREATE TABLE events_default PARTITION OF events DEFAULT",),
    ),
    # Triggers for statements are not inherited by partitions, those for rows are.
    replace(_no_truncate("events_default"), reads="event_archives"),
    DatabaseObject("holds_exclude", "holds", "postgresql", "constraint", (_EXCLUSION,)),
    _hold_trigger("INSERT"),
    _hold_trigger("UPDATE"),
    *_search(),
)


def create_for(connection: Connection, table: str) -> None:
    """Create the objects of one table (after it was made, or re-made by a batch migration).

    Those that read a table which is not there yet wait for it.
    """
    tables = set(inspect(connection).get_table_names())
    for item in OBJECTS:
        if item.dialect == connection.dialect.name and item.table == table:
            if item.reads and item.reads not in tables:
                continue
            for statement in item.create:
                connection.exec_driver_sql(statement)


def create_reading(connection: Connection, table: str) -> None:
    """Create the triggers that read a table which was just made, in the place of those before."""
    for item in OBJECTS:
        if item.dialect == connection.dialect.name and item.reads == table:
            of = f" ON {item.table}" if item.dialect == "postgresql" else ""
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {item.name}{of}")
            for statement in item.create:
                connection.exec_driver_sql(statement)


def partition_of_events(name: str, start: str, end: str) -> tuple[str, ...]:
    """Statements that make the partition for ids from `start` to before `end`, guarded too."""
    return (
        f"CREATE TABLE {name} PARTITION OF events FOR VALUES FROM ('{start}') TO ('{end}')",
        *_no_truncate(name).create,
    )


@contextmanager
def batch_alter(operations: Operations, table: str) -> Iterator[BatchOperations]:
    """Alter a table in a migration, on either database, keeping what this list promises of it.

    SQLite makes the table anew, which silently drops its triggers: they are created again.
    """
    bind = operations.get_bind()
    sqlite = bind.dialect.name == "sqlite"
    recreate: Literal["always", "never"] = "always" if sqlite else "never"
    with operations.batch_alter_table(table, recreate=recreate) as batch:
        yield batch
    if sqlite:
        create_for(bind, table)


def create_all(connection: Connection) -> None:
    """Create every object of this database; the tables must exist."""
    for item in OBJECTS:
        if item.dialect == connection.dialect.name:
            for statement in item.create:
                connection.exec_driver_sql(statement)


def present(connection: Connection) -> set[str]:
    """The names of those objects of the list's kinds that the database's catalogue holds."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'table')")
        )
    else:
        rows = connection.execute(
            text(
                "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE NOT tgisinternal AND t.tgparentid = 0"
                " AND c.relnamespace = current_schema()::regnamespace"
                " UNION SELECT conname FROM pg_constraint WHERE contype = 'x'"
                " AND connamespace = current_schema()::regnamespace"
                " UNION SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind='r'"
                " AND c.relnamespace = current_schema()::regnamespace"
                " UNION SELECT proname FROM pg_proc"
                " WHERE pronamespace = current_schema()::regnamespace"
                " UNION SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
                " UNION SELECT attname FROM pg_attribute"
                " WHERE attrelid = to_regclass('search_documents') AND attgenerated = 's'"
            )
        )
    return {row[0] for row in rows}


def expected(dialect: str) -> set[str]:
    """The names this list promises for the database."""
    return {item.name for item in OBJECTS if item.dialect == dialect}
