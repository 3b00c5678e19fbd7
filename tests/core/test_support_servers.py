"""The tests' own ground: servers that can be killed, databases that are fresh and alike."""

from __future__ import annotations

import asyncpg
import pytest
import redis as redis_client
from sqlalchemy import inspect, text

from src.core import ddl
from src.core.db import Database, create_database
from tests.support import servers
from tests.support.databases import Kind, Templates


async def test_a_database_has_every_table_and_guard(database: Database) -> None:
    from src.domain.schema import metadata

    async with database.engine.connect() as connection:
        tables = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
        guards = await connection.run_sync(ddl.present)
    assert set(metadata.tables) <= tables
    assert ddl.expected(database.engine.dialect.name) <= guards


async def test_what_one_test_writes_the_next_does_not_see(
    database: Database, database_kind: Kind, templates: Templates
) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE left_behind (id integer)"))
    with templates.with_schema(database_kind) as url:
        assert url != database.engine.url.render_as_string(hide_password=False)
        other = create_database(url)
        async with other.engine.connect() as connection:
            tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        await other.dispose()
    assert "users" in tables
    assert "left_behind" not in tables


def test_redis_is_cleared_of_our_keys_only(redis_space: servers.Redis) -> None:
    stranger = f"{servers.RUN}_stranger"
    with redis_client.Redis.from_url(redis_space.url) as client:
        client.set(f"{redis_space.prefix}:key", "1")
        client.set(stranger, "1")
        redis_space.clear(redis_space.prefix)
        assert client.exists(f"{redis_space.prefix}:key") == 0
        assert client.exists(stranger) == 1
        client.delete(stranger)


def test_keys_of_others_are_never_cleared(redis_space: servers.Redis) -> None:
    with pytest.raises(ValueError, match="not a prefix of this run"):
        redis_space.clear("aliquot")


@pytest.mark.faults
async def test_a_killed_postgresql_comes_back_with_what_was_committed(
    own_postgres: servers.OwnPostgres,
) -> None:
    address = own_postgres.url(driver="")
    connection = await asyncpg.connect(address)
    await connection.execute("CREATE TABLE kept (id integer); INSERT INTO kept VALUES (7)")
    own_postgres.kill()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("SELECT 1")
    connection.terminate()
    own_postgres.start()
    again = await asyncpg.connect(address)
    assert await again.fetchval("SELECT id FROM kept") == 7
    await again.close()


@pytest.mark.faults
def test_a_redis_of_our_own_restarts_with_its_keys_and_dies_without(
    own_redis: servers.OwnRedis,
) -> None:
    with redis_client.Redis.from_url(own_redis.url) as client:
        client.set("kept", "1")
        own_redis.restart()
        assert client.get("kept") == b"1"
        client.set("lost", "1")
        own_redis.kill()
        with pytest.raises(redis_client.ConnectionError):
            client.get("kept")
        own_redis.start()
        assert client.get("lost") is None
    own_redis.close()
    assert not own_redis.directory.exists()


@pytest.mark.parametrize("require", ["CI", "ALIQUOT_TEST_REQUIRE"])
def test_a_required_server_that_is_missing_fails(
    monkeypatch: pytest.MonkeyPatch, require: str
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("ALIQUOT_TEST_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="SERVER MISSING: redis: none"):
        servers.missing("redis", "none")
    monkeypatch.setenv(require, "redis")
    with pytest.raises(pytest.fail.Exception, match="redis is required"):
        servers.missing("redis", "none")
