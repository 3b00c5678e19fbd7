"""Each PostgreSQL that can be had here takes the schema and keeps its promises.

Debian's own version and the packaged one: on bookworm that is 15 and 18, the oldest and the newest
that are supported. `make versions` runs everything on the packaged ones.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from src.core import ddl
from src.core.db import create_database, sqlstate
from tests.support import servers
from tests.support.databases import create_schema

HOLD = text(
    "INSERT INTO holds (id, unit_id, starts_at, ends_at, kind, holder_id) VALUES (:id, 1,"
    " '2030-01-01 09:00+00', '2030-01-01 10:00+00', 'booking', gen_random_uuid())"
)


def installed() -> list[Path]:
    try:
        return list(servers.postgres_binaries())
    except servers.NoServerError:
        return []


@pytest.mark.faults
@pytest.mark.parametrize("binaries", installed(), ids=lambda path: path.parent.name)
async def test_every_version_has_the_guards_and_refuses_an_overlap(binaries: Path) -> None:
    with servers.OwnPostgres(binaries) as own:
        create_schema(own.url())
        database = create_database(own.url())
        async with database.engine.connect() as connection:
            assert await connection.run_sync(ddl.present) >= ddl.expected("postgresql")
            # A hold of a unit that does not exist: only the overlap is to be refused here.
            await connection.execute(text("SET session_replication_role = replica"))
            await connection.execute(HOLD, {"id": 1})
            with pytest.raises(IntegrityError) as refused:
                await connection.execute(HOLD, {"id": 2})
            assert sqlstate(refused.value) == "23P01"
        await database.dispose()
