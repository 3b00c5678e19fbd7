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
from typing import TYPE_CHECKING, Literal

import pytest

from tests.support import servers

if TYPE_CHECKING:
    from src.core.db import Database

# `src` is imported where it is used: a fault in one domain must not stop the tests of the others.

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)

_numbers = count(1)


def sqlite_url(path: Path) -> str:
    """SQLAlchemy's address of a SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


def create_schema(url: str) -> None:
    """Create every table and database object at `url`, as the migrations do."""
    from src.core import ddl
    from src.core.db import create_database
    from src.domain.schema import metadata

    async def work() -> None:
        database = create_database(url)
        try:
            async with database.engine.begin() as connection:
                await connection.run_sync(metadata.create_all)
                await connection.run_sync(ddl.create_all)
        finally:
            await database.dispose()

    servers.in_thread(work)


class Templates:
    """Makes databases: `empty` ones, and ones `with_schema`, copied from a template."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._made: dict[Kind, str] = {}

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
        name = f"{servers.RUN}_{next(_numbers)}"
        if kind == "sqlite":
            path = self.directory / f"{name}.db"
            shutil.copyfile(template, path)
            try:
                yield sqlite_url(path)
            finally:
                _remove_sqlite(path)
            return
        server = self._postgres()
        server.create(name, template)
        try:
            yield server.url(name)
        finally:
            server.drop(name)

    def close(self) -> None:
        """Remove the templates."""
        template = self._made.pop("postgresql", None)
        if template is not None:
            servers.postgres().drop(template)

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
