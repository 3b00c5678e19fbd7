"""What one process decides holds in all others at once, whatever becomes of the cache."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from uuid import UUID

import pytest

from src import redis_client
from tests.support import servers
from tests.support.application import Lab, running
from tests.support.databases import Templates
from tests.support.source import ROOT
from tests.web.pages.visitor import Visitor

TAKE = dedent(
    """
    import asyncio, sys
    from uuid import UUID
    from src.core.actor import SYSTEM
    from src.core.db import create_database, transaction
    from src.domain import accounts, schema
    from src.domain.accounts import Holder

    async def main(url, user_id, role):
        database = create_database(url)
        async with transaction(database) as session:
            holder = Holder(user_id=UUID(user_id))
            assert await accounts.access.assignments.take(session, SYSTEM, holder, role)
        await database.dispose()

    asyncio.run(main(*sys.argv[1:]))
    """
)


def take_elsewhere(lab: Lab, user_id: UUID, role: str) -> None:
    """Take a role away in a process of its own."""
    subprocess.run(
        [sys.executable, "-c", TAKE, lab.settings.database, str(user_id), role],
        cwd=ROOT / "server",
        check=True,
        timeout=60,
    )


def test_a_role_taken_in_one_process_counts_in_no_other_from_then(lab: Lab) -> None:
    browser = Visitor.logged_in(lab, "manager")
    for _ in range(2):  # the second time it is remembered
        assert lab.get("/events", by="manager").status_code == 200
        assert browser.see("/requests").status == 200
    take_elsewhere(lab, lab.ids.manager, "manager")
    assert lab.get("/events", by="manager").status_code == 403
    assert browser.request("GET", "/requests").status_code == 303, "and its log-ins have ended"


@contextmanager
def _with_own_redis(templates: Templates, folder: Path) -> Iterator[tuple[Lab, servers.OwnRedis]]:
    with (
        servers.OwnRedis() as own,
        templates.with_schema("sqlite") as url,
        running(url, folder, redis_url=own.url) as lab,
    ):
        yield lab, own


def test_killing_the_cache_loses_no_log_in_and_brings_none_back(
    templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How long each question to a silent cache is waited for is not what this is about.
    defaults = {**(redis_client.create_async.__kwdefaults__ or {}), "patience": 0.3}
    monkeypatch.setattr(redis_client.create_async, "__kwdefaults__", defaults)
    with _with_own_redis(templates, tmp_path) as (lab, own):
        stays, goes = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "member")
        own.freeze()
        assert stays.request("GET", "/me").status_code == 200
        stays.send(stays.see("/me/sessions").form("/me/sessions/end"))
        assert goes.request("GET", "/me").status_code == 303
        assert Visitor.logged_in(lab, "member").request("GET", "/me").status_code == 200
