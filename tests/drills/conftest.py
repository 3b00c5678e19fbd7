"""Whole systems to break, and what their processes said when a drill fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.databases import Kind
from tests.support.system import Ground, Post, System, settle

FULL = os.environ.get("ALIQUOT_TEST_CAMPAIGN") == "full"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add the logs of the processes to the report of a failure."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if report.failed and isinstance(item, pytest.Function):
        for value in item.funcargs.values():
            if isinstance(value, System):
                report.sections.append(("what the processes said", value.said()))
    return report  # type: ignore[return-value]


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Makes settled databases."""
    made = Ground(tmp_path_factory.mktemp("ground"))
    yield made
    made.close()


@pytest.fixture
def post() -> Iterator[Post]:
    """A mail server."""
    made = Post().start()
    yield made
    made.stop()


def _system(
    stack: ExitStack, ground: Ground, post: Post, kind: Kind, directory: Path, redis: object = None
) -> System:
    try:
        url, institute = stack.enter_context(ground.settled(kind))
    except servers.NoServerError as error:
        servers.missing("postgresql", error)
    made = System(directory, url, institute, post)
    if isinstance(redis, servers.OwnRedis):
        made.redis_url = redis.url
    elif isinstance(redis, servers.Redis):
        made.redis_url, made.redis_prefix = redis.url, redis.prefix
    stack.callback(made.close)
    return made


@pytest.fixture
def embedded(ground: Ground, post: Post, tmp_path: Path) -> Iterator[System]:
    """One process on SQLite, the worker inside it."""
    with ExitStack() as stack:
        yield _system(stack, ground, post, "sqlite", tmp_path)


@pytest.fixture
def deployed(
    ground: Ground, post: Post, tmp_path: Path, redis_space: servers.Redis
) -> Iterator[System]:
    """Servers and workers on PostgreSQL and Redis."""
    with ExitStack() as stack:
        yield _system(stack, ground, post, "postgresql", tmp_path, redis_space)


@pytest.fixture
def with_own_redis(
    ground: Ground, post: Post, tmp_path: Path, own_redis: servers.OwnRedis
) -> Iterator[System]:
    """The same with a Redis that may be killed."""
    with ExitStack() as stack:
        yield _system(stack, ground, post, "postgresql", tmp_path, own_redis)


@pytest.fixture
def bare_postgres() -> Iterator[servers.OwnPostgres]:
    """A PostgreSQL of the drill's own, to be stopped; nothing is in it."""
    try:
        server = servers.OwnPostgres().start()
    except servers.NoServerError as error:
        servers.missing("postgresql", error)
    yield server
    server.close()


@pytest.fixture
def with_own_postgres(
    bare_postgres: servers.OwnPostgres, post: Post, tmp_path: Path, redis_space: servers.Redis
) -> Iterator[System]:
    """Servers and workers on a PostgreSQL that may be stopped."""
    url = bare_postgres.url()
    made = System(tmp_path, url, settle(url), post, redis_space.url, redis_space.prefix)
    yield made
    made.close()
