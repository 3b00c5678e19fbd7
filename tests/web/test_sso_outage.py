"""While a provider of single sign-on hangs, everybody else goes on."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support import servers
from tests.support.application import running
from tests.support.databases import Templates
from tests.support.provider import providing
from tests.support.sign_on import at_provider, begun, configured, setting
from tests.web.pages.visitor import Visitor


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_provider_that_hangs_holds_no_connection(
    templates: Templates, tmp_path: Path, kind: Any
) -> None:
    with (
        providing() as provider,
        templates.with_schema(kind) as url,
        running(
            url, tmp_path, database_pool_size=1, sso=setting(configured("lab", provider))
        ) as lab,
        ThreadPoolExecutor(4) as pool,
    ):
        visitors = [Visitor(lab) for _ in range(4)]
        ways = [at_provider(begun(visitor)) for visitor in visitors]
        provider.hangs.add("token")
        sent = [f"aliquot_sign_on={visitor.cookies['aliquot_sign_on']}" for visitor in visitors]
        lab.client.cookies.clear()
        waiting = [
            pool.submit(lab.client.get, way, headers={"Cookie": cookie, "Accept": "text/html"})
            for way, cookie in zip(ways, sent, strict=True)
        ]
        servers.wait_until(lambda: provider.asked.count("token") == 4, what="four questions")
        began = time.monotonic()
        assert lab.get("/bookings").status_code == 200
        assert time.monotonic() - began < 2
        assert not any(one.done() for one in waiting)
        assert {one.result().status_code for one in waiting} == {503}
