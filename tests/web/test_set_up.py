"""From an empty database in production to its first administrator: the code, the page, its end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from src.app import create_app
from src.core import logs, migrations
from src.core.settings import Settings
from src.domain import accounts
from tests.support import servers
from tests.support.application import settings_for
from tests.support.databases import Templates

PASSWORD = "seven brass herons sing"
PUBLIC = "https://aliquot.example.org"


@pytest.fixture
def settings(
    templates: Templates, redis_space: servers.Redis, tmp_path: Path
) -> Iterator[Settings]:
    """Production on an empty database."""
    with templates.empty("sqlite") as url:
        made = settings_for(
            url, tmp_path, env="production", public_url=PUBLIC, secret_key="s" * 32,
            allow_sqlite=True, redis_url=redis_space.url, redis_prefix=redis_space.prefix,
            mail_url="none", demo=False,
        )  # fmt: skip
        logs.configure(made)
        yield made
        accounts.setup.configure(None)


@contextmanager
def started(settings: Settings) -> Iterator[TestClient]:
    """A server process, but for the process."""
    with TestClient(create_app(settings), base_url=PUBLIC) as browser:
        browser.headers["Accept"] = "text/html"
        yield browser


def codes(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The codes that were logged since one last looked."""
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    return [told["code"] for told in map(json.loads, lines) if "code" in told]


def fill_in(browser: TestClient, page: str, **more: str) -> Any:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    form = {
        "name": "Institute", "timezone": "Europe/Berlin", "currency": "EUR", "mail_from": "",
        "admin_name": "Ann", "email": "ann@example.org", "password": PASSWORD,
        "csrf_token": found[1], **more,
    }  # fmt: skip
    return browser.post("/setup", data=form, headers={"Origin": PUBLIC}, follow_redirects=False)


def test_a_server_logs_the_code_until_somebody_exists_and_the_page_takes_it_once(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    migrations.upgrade(settings.database)
    capsys.readouterr()
    with started(settings):
        (code,) = codes(capsys)
    with started(settings) as browser:
        assert codes(capsys) == [code]  # as another process of the same deployment
        first = browser.get("/")
        assert (first.status_code, first.url.path) == (200, "/setup")
        assert codes(capsys) == []
        wrong = fill_in(browser, first.text, code="AAAA-BBBB-CCCC-DDDD")
        assert (wrong.status_code, 'data-code="wrong-set-up-code"' in wrong.text) == (403, True)
        done = fill_in(browser, first.text, code=code)
        assert (done.status_code, done.headers["location"]) == (303, "/login")
        assert browser.get("/setup").status_code == 404
        assert fill_in(browser, browser.get("/login").text, code=code).status_code == 404
        form = {"username": "ann@example.org", "password": PASSWORD}
        token = browser.post("/api/v1/auth/token", data=form).json()["access_token"]
        me = browser.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
        assert me["data"]["permissions"].count("settings:manage") == 1
    with started(settings):
        assert codes(capsys) == []


def test_a_server_that_was_there_before_the_schema_tells_the_code_at_the_first_visit(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with started(settings) as browser:
        assert codes(capsys) == []
        migrations.upgrade(settings.database)
        capsys.readouterr()
        assert browser.get("/").url.path == "/setup"
        assert len(codes(capsys)) == 1
        browser.get("/setup")
        assert codes(capsys) == []
