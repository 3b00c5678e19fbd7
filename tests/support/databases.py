"""A fresh database per test: a copy of a template that is made once per run.

`database_url` and `database` run every test that wants them twice, on SQLite and on PostgreSQL;
`on_sqlite` and `on_postgresql` restrict a test to one of them.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from sqlalchemy import insert

from tests.support import servers

if TYPE_CHECKING:
    from src.core.db import Database

# `src` is imported where it is used: a fault in one domain must not stop the tests of the others.

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)

_numbers = count(1)

# Without triggers, for some refuse it; rows only, for TRUNCATE makes every file anew.
EMPTY = (
    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()""",
    "SET session_replication_role = replica",
    "SET lock_timeout = '5s'",
    """DO $$ DECLARE made record; BEGIN
    FOR made IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
      AND tablename NOT IN ('alembic_version', 'roles') LOOP EXECUTE format('DELETE FROM %I', made.tablename);
    END LOOP;
    DELETE FROM roles WHERE NOT is_built_in;
    FOR made IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
      PERFORM setval(format('%I', made.sequencename)::regclass, 1, false);
    END LOOP; END $$""",
)


def sqlite_url(path: Path) -> str:
    """SQLAlchemy's address of a SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


def create_schema(url: str) -> None:
    """Create every table and database object at `url`, as the migrations do."""
    from src.core import ddl
    from src.core.db import create_database
    from src.domain.accounts.tables import Role, RoleName
    from src.domain.schema import metadata

    async def work() -> None:
        database = create_database(url)
        try:
            async with database.engine.begin() as connection:
                await connection.run_sync(metadata.create_all)
                await connection.run_sync(ddl.create_all)
                await connection.execute(insert(Role), [_built_in(name) for name in RoleName])
        finally:
            await database.dispose()

    servers.in_thread(work)


def _built_in(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": name,
        "is_built_in": True,
        "grants": [],
        "denies": [],
        "version": 1,
    }


class Templates:
    """Makes databases: `empty` ones, and ones `with_schema`, copied from a template."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._made: dict[Kind, str] = {}
        self._copies: set[str] = set()
        self._spare: list[str] = []

    @contextmanager
    def empty(self, kind: Kind) -> Iterator[str]:
        """The address of a database without tables, removed at the end."""
        name = f"{servers.RUN}_{next(_numbers)}"
        if kind == "sqlite":
            path = self.directory / f"{name}.db"
            try:
                yield sqlite_url(path)
            finally:
                _remove_sqlite(path)
            return
        server = self._postgres()
        server.create(name)
        try:
            yield server.url(name)
        finally:
            server.drop(name)

    @contextmanager
    def with_schema(self, kind: Kind) -> Iterator[str]:
        """The address of a database with the whole schema and no rows, removed at the end."""
        template = self._template(kind)
        if kind == "sqlite":
            path = self.directory / f"{servers.RUN}_{next(_numbers)}.db"
            shutil.copyfile(template, path)
            try:
                yield sqlite_url(path)
            finally:
                _remove_sqlite(path)
            return
        server = self._postgres()
        name = self._spare.pop() if self._spare else f"{servers.RUN}_{next(_numbers)}"
        if name not in self._copies:
            server.create(name, template)
            server.run(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
            self._copies.add(name)
        try:
            yield server.url(name)
        finally:
            # Emptied it serves the next test: to make and to drop one costs a checkpoint each.
            try:
                server.run(*EMPTY, database=name)
            except Exception:
                self._copies.discard(name)
                server.drop(name)
                raise
            self._spare.append(name)

    def close(self) -> None:
        """Remove the templates and their copies."""
        template = self._made.pop("postgresql", None)
        for name in (template, *self._copies):
            if name is not None:
                servers.postgres().drop(name)

    def _postgres(self) -> servers.Postgres:
        try:
            return servers.postgres()
        except servers.NoServerError as error:
            servers.missing("postgresql", error)

    def _template(self, kind: Kind) -> str:
        """The template's path or name."""
        if kind not in self._made:
            if kind == "sqlite":
                path = self.directory / "template.db"
                _remove_sqlite(path)
                create_schema(sqlite_url(path))
                self._made[kind] = str(path)
            else:
                server = self._postgres()
                name = f"{servers.RUN}_template"
                server.create(name)
                try:
                    create_schema(server.url(name))
                except BaseException:
                    server.drop(name)
                    raise
                self._made[kind] = name
        return self._made[kind]


def _remove_sqlite(path: Path) -> None:
    for tail in ("", "-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """Makes as many databases as a test wants."""
    made = Templates(tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """On which of the two databases the test runs now."""
    kind: Kind = request.param
    return kind


@pytest.fixture
def empty_database_url(database_kind: Kind, templates: Templates) -> Iterator[str]:
    """The address of a database without tables."""
    with templates.empty(database_kind) as url:
        yield url


@pytest.fixture
def database_url(database_kind: Kind, templates: Templates) -> Iterator[str]:
    """The address of a database with the whole schema and no rows."""
    with templates.with_schema(database_kind) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The same, opened on the test's event loop."""
    from src.core.db import create_database

    opened = create_database(database_url)
    yield opened
    await opened.dispose()


@pytest.fixture
def redis_space() -> Iterator[servers.Redis]:
    """A Redis address and a prefix of the test's own, emptied at the end."""
    try:
        server = servers.redis()
    except servers.NoServerError as error:
        servers.missing("redis", error)
    space = servers.Redis(server.url, server.origin, f"{servers.RUN}_{next(_numbers)}")
    yield space
    space.clear(space.prefix)


@pytest.fixture
def own_redis() -> Iterator[servers.OwnRedis]:
    """A Redis of the test's own, to flush, freeze, kill and start again."""
    try:
        server = servers.OwnRedis().start()
    except servers.NoServerError as error:
        servers.missing("redis", error)
    yield server
    server.close()


@pytest.fixture
def own_postgres() -> Iterator[servers.OwnPostgres]:
    """A PostgreSQL of the test's own, with the schema in `own_postgres.url()`, to stop and kill."""
    try:
        server = servers.OwnPostgres().start()
    except servers.NoServerError as error:
        servers.missing("postgresql", error)
    create_schema(server.url())
    yield server
    server.close()
