"""The schema's history: from empty to head on both databases, without drift, guards standing."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from textwrap import dedent
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.exc import DBAPIError

from src.core import ddl, migrations
from src.core.db import Database, create_database

SCRIPTS = Path(__file__).resolve().parents[2] / "server" / "migrations"

A_BOOKING = """INSERT INTO holds (id, unit_id, starts_at, ends_at, kind, holder_id) VALUES
    ({id}, 1, '2030-01-01 {start}:00:00.000000{zone}', '2030-01-01 {end}:00:00.000000{zone}',
     '{kind}', '{holder}')"""
AN_EVENT = """INSERT INTO events (id, at, actor_kind, verb, subject_type, changes, digest)
    VALUES ('{id}', '2030-01-01 09:00:00.000000{zone}', 'system', 'a.b', 'x', '{{}}', 'd')"""
AN_ID = "01980000000070008000000000000001"

# One write per object that it must refuse, on rows that `_fill` made.
FORBIDDEN = {
    "holds_exclude": A_BOOKING.format(id=2, start="10", end="12", kind="booking", holder=AN_ID, zone="+00"),
    "holds_exclude_insert": A_BOOKING.format(id=2, start="10", end="12", kind="offer", holder=AN_ID, zone=""),
    "holds_exclude_update": "UPDATE holds SET starts_at = '2030-01-01 9:00:00'",
    "events_append_only": "DELETE FROM events",
    "events_no_truncate": "TRUNCATE events CASCADE",
    "events_no_update": "UPDATE events SET verb = 'c.d'",
    "events_no_delete": "DELETE FROM events",
    "seals_append_only": "UPDATE seals SET hash = 'other'",
    "seals_no_truncate": "TRUNCATE seals",
    "seals_no_update": "UPDATE seals SET hash = 'other'",
    "seals_no_delete": "DELETE FROM seals",
    "event_details_append_only": "UPDATE event_details SET ip = NULL",
    "event_details_no_truncate": "TRUNCATE event_details",
    "event_details_no_update": "UPDATE event_details SET ip = NULL",
    "events_default_no_truncate": "TRUNCATE events_default CASCADE",
    "event_archives_append_only": "DELETE FROM event_archives",
    "event_archives_no_truncate": "TRUNCATE event_archives",
    "event_archives_no_update": "UPDATE event_archives SET last_seq = 1",
    "event_archives_no_delete": "DELETE FROM event_archives",
    "incident_entries_append_only": "UPDATE incident_entries SET text = 'other'",
    "incident_entries_no_truncate": "TRUNCATE incident_entries CASCADE",
    "incident_entries_no_update": "UPDATE incident_entries SET text = 'other'",
    "incident_entries_no_delete": "DELETE FROM incident_entries",
    "decision_amendments_append_only": "DELETE FROM decision_amendments",
    "decision_amendments_no_truncate": "TRUNCATE decision_amendments",
    "decision_amendments_no_update": "UPDATE decision_amendments SET reason = 'other'",
    "decision_amendments_no_delete": "DELETE FROM decision_amendments",
}  # fmt: skip


def _config(url: str, scripts: Path = SCRIPTS) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


async def _upgrade(url: str, scripts: Path = SCRIPTS, *, to: str = "head") -> None:
    await asyncio.to_thread(command.upgrade, _config(url, scripts), to)


# It holds none of the rows there are, so it lets none of them go.
AN_ARCHIVE = """INSERT INTO event_archives (id, month, first_seq, last_seq, previous_hash,
    last_hash, before_id, key, size, sha256, created_at) VALUES ('{id}', '2020-01', 2, 3, 'h', 'h',
    '{id}', 'k', 1, 's', '2030-01-01 09:00:00.000000{zone}')"""


async def _fill(database: Database) -> None:
    zone = "" if database.is_sqlite else "+00"
    now = f"'2030-01-01 08:00:00.000000{zone}'"
    rows = [
        (
            f"INSERT INTO resource_types (id, name, description, version, created_at, updated_at)"
            f" VALUES ('{AN_ID}', 't', '', 1, {now}, {now})"
        ),
        (
            f"INSERT INTO locations (id, name, version, created_at, updated_at)"
            f" VALUES ('{AN_ID}', 'l', 1, {now}, {now})"
        ),
        (
            f"INSERT INTO resources (id, name, description, type_id, location_id, state, timezone,"
            f" tags, calendar_version, version, created_at, updated_at) VALUES ('{AN_ID}', 'r', '',"
            f" '{AN_ID}', '{AN_ID}', 'available', 'UTC', '[]', 0, 1, {now}, {now})"
        ),
        f"INSERT INTO units (id, resource_id, number, is_active) VALUES (1, '{AN_ID}', 1, true)",
        A_BOOKING.format(id=1, start="09", end="11", kind="booking", holder=AN_ID, zone=zone),
        AN_EVENT.format(id=AN_ID, zone=zone),
        (
            f"INSERT INTO event_details (event_id, personal, ip, salt) VALUES ('{AN_ID}', '{{}}',"
            " '::1', 's')"
        ),
        f"INSERT INTO seals (seq, event_id, hash) VALUES (1, '{AN_ID}', 'h')",
    ]
    async with database.engine.begin() as connection:
        for row in rows:
            await connection.exec_driver_sql(row)


# A line of an incident's timeline and an amendment of a decision, with what they hang on.
OF_OPERATIONS = (
    """INSERT INTO incidents (id, number, type_id, title, description, severity, severity_rank,
    state, state_rank, visibility, is_near_miss, occurred_at, reported_at, resolution, is_imported,
    version, created_at, updated_at) SELECT '{id}', 1, id, 't', '', 'low', 1, 'open', 0, 'open',
    false, {now}, {now}, '', false, 1, {now}, {now} FROM incident_types WHERE code = 'it'""",
    """INSERT INTO incident_entries (id, incident_id, kind, at, created_at, text, details,
    is_backdated) VALUES ('{id}', '{id}', 'note', {now}, {now}, 't', '{{}}', false)""",
    """INSERT INTO decisions (id, number, title, context, outcome, state, state_rank, proposed_at,
    reason, version, created_at, updated_at) VALUES ('{id}', 1, 't', '', '', 'accepted', 1, {now},
    '', 1, {now}, {now})""",
    """INSERT INTO decision_amendments (id, decision_id, number, changes, reason, amended_at)
    VALUES ('{id}', '{id}', 1, '{{}}', 'r', {now})""",
)


A_DOCUMENT = """INSERT INTO search_documents (kind, subject_id, title, body, folded_title,
    folded_body, changed_at) VALUES ('update', '{id}', 'T', 'Größe', 't', 'grosse', {now})"""
A_SEARCH = {
    True: "SELECT count(*) FROM search_index WHERE search_index MATCH 'kind : update AND gros*'",
    False: "SELECT count(*) FROM search_documents WHERE words @@ $$'kind:update' & 'gros':*$$",
}


async def _write_a_document(database: Database) -> None:
    now = "'2030-01-01 08:00:00.000000" + ("'" if database.is_sqlite else "+00'")
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql(A_DOCUMENT.format(id=AN_ID, now=now))


async def _is_searched(database: Database) -> None:
    """What is written is found, changed it is found as it is, removed it is not found any more."""
    found = []
    async with database.engine.begin() as connection:
        for change in (
            "UPDATE search_documents SET title = 'U'",
            "UPDATE search_documents SET folded_body = 'small'",
            "UPDATE search_documents SET folded_title = 'grosser'",
            "DELETE FROM search_documents",
        ):
            await connection.exec_driver_sql(change)
            found.append(
                (await connection.exec_driver_sql(A_SEARCH[database.is_sqlite])).scalar_one()
            )
    assert found == [1, 0, 1, 0]


async def _guards_stand(url: str) -> None:
    database = create_database(url)
    try:
        await _fill(database)
        async with database.engine.begin() as connection:
            zone = "" if database.is_sqlite else "+00"
            await connection.exec_driver_sql(AN_ARCHIVE.format(id=AN_ID, zone=zone))
            for row in OF_OPERATIONS:
                now = f"'2030-01-01 08:00:00.000000{zone}'"
                await connection.exec_driver_sql(row.format(id=AN_ID, now=now))
        async with database.engine.connect() as connection:
            expected = ddl.expected(connection.dialect.name)
            assert expected - await connection.run_sync(ddl.present) == set()
            assert await connection.scalar(text("SELECT count(*) FROM holds")) == 1
        refusing = {
            item.name
            for item in ddl.OBJECTS
            if item.name in expected and item.kind in {"trigger", "constraint"}
        }
        assert refusing <= FORBIDDEN.keys(), "an object without its forbidden write"
        for name in refusing:
            with pytest.raises(DBAPIError, match=r"append_only|hold_|holds_exclude"):
                async with database.engine.begin() as connection:
                    await connection.exec_driver_sql(FORBIDDEN[name])
        await _write_a_document(database)
        await _is_searched(database)
    finally:
        await database.dispose()


def test_the_history_has_one_head() -> None:
    scripts = ScriptDirectory.from_config(_config(""))
    # What serves reads the names of the files alone.
    assert scripts.get_heads() == [migrations.head()]
    assert all(
        Path(one.path).name.startswith(f"{one.revision}_") for one in scripts.walk_revisions()
    )


async def test_from_empty_to_head_nothing_drifts_and_every_guard_refuses(
    empty_database_url: str,
) -> None:
    await _upgrade(empty_database_url)
    await asyncio.to_thread(command.check, _config(empty_database_url))
    await _guards_stand(empty_database_url)


# As they stood until 0005: nothing at all could go.
STRICT = {
    True: [
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
        " BEGIN SELECT RAISE(ABORT, 'append_only'); END"
        for table in ("events", "seals")
    ],
    False: [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in ("events", "seals")
    ],
}


async def test_guards_that_let_nothing_go_give_way_to_those_that_know_archives(
    empty_database_url: str,
) -> None:
    await _upgrade(empty_database_url, to="0005")
    database = create_database(empty_database_url)
    async with database.engine.begin() as connection:
        for statement in STRICT[database.is_sqlite]:
            await connection.exec_driver_sql(statement)
    await database.dispose()
    await _upgrade(empty_database_url)
    await _guards_stand(empty_database_url)


async def test_a_batch_migration_keeps_rows_and_guards(
    empty_database_url: str, tmp_path: Path
) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(SCRIPTS, scripts)
    head = ScriptDirectory.from_config(_config("", scripts)).get_current_head()
    await _upgrade(empty_database_url, scripts)
    (scripts / "versions" / "9999_batch.py").write_text(
        dedent(f"""
        import sqlalchemy as sa
        from alembic import op
        from src.core import ddl
        revision, down_revision = "9999", "{head}"
        def upgrade():
            for table in ("units", "holds", "search_documents"):
                with ddl.batch_alter(op, table) as batch:
                    batch.add_column(sa.Column("spare", sa.Integer()))
        """)
    )
    database = create_database(empty_database_url)
    await _fill(database)
    await _write_a_document(database)
    await database.dispose()
    await _upgrade(empty_database_url, scripts)
    database = create_database(empty_database_url)
    await _is_searched(database)
    async with database.engine.begin() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM holds")) == 1
        assert await connection.scalar(text("SELECT count(*) FROM units")) == 1
        assert ddl.expected(connection.dialect.name) <= await connection.run_sync(ddl.present)
    for name in (
        ("holds_exclude_insert", "holds_exclude_update")
        if database.is_sqlite
        else ("holds_exclude",)
    ):
        with pytest.raises(DBAPIError, match="hold"):
            async with database.engine.begin() as connection:
                await connection.exec_driver_sql(FORBIDDEN[name])
    await database.dispose()


async def test_tags_of_the_first_release_become_what_a_search_finds(
    empty_database_url: str,
) -> None:
    before = [r'["Gr\u00f6\u00dfe", "a\\u00e9 \"b\"", "\ud83d\udd2c"]', '["plain"]', "[]"]
    await _upgrade(empty_database_url, to="0001")
    database = create_database(empty_database_url)
    await _fill(database)
    add = (
        "INSERT INTO resources (id, name, description, type_id, location_id, state, timezone, tags,"
        " calendar_version, version, created_at, updated_at) SELECT :id, :id, '', type_id,"
        " location_id, state, timezone, CAST(:tags AS {kind}), 0, 7, created_at, updated_at"
        " FROM resources WHERE name = 'r'"
    )
    statement = text(add.format(kind="TEXT" if database.is_sqlite else "JSONB"))
    statement = statement.bindparams(bindparam("id", type_=Uuid()))
    async with database.engine.begin() as connection:
        for number, tags in enumerate(before):
            await connection.execute(statement, {"id": UUID(int=number), "tags": tags})
    await database.dispose()
    await _upgrade(empty_database_url)
    database = create_database(empty_database_url)
    async with database.engine.connect() as connection:
        kept = "SELECT CAST(tags AS TEXT), version FROM resources WHERE version = 7 ORDER BY id"
        after = [tuple(row) for row in await connection.execute(text(kept))]
    await database.dispose()
    assert [json.loads(tags) for tags, _ in after] == [json.loads(tags) for tags in before]
    assert after[0][0] == r'["Größe", "a\\u00e9 \"b\"", "🔬"]'
    assert [version for _, version in after] == [7, 7, 7]
