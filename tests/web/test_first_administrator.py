"""The first administrator from the environment, when a server starts on an empty database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from src.app import create_app
from src.core import logs, migrations
from src.core.settings import DEVELOPMENT_SECRET, Settings
from src.domain import accounts
from src.web.greeting import FirstAdministratorRefused
from tests.support import servers
from tests.support.application import settings_for
from tests.support.databases import Templates

PASSWORD = "seven brass herons sing"
PUBLIC = "https://aliquot.example.org"


@pytest.fixture
def environment(
    templates: Templates, redis_space: servers.Redis, tmp_path: Path
) -> Iterator[dict[str, Any]]:
    """Production on an empty database that names a first administrator."""
    with templates.empty("sqlite") as url:
        yield {
            "url": url, "folder": tmp_path, "env": "production", "public_url": PUBLIC,
            "secret_key": "s" * 32, "allow_sqlite": True, "redis_url": redis_space.url,
            "redis_prefix": redis_space.prefix, "mail_url": "none", "demo": False,
            "admin_email": "Ann@example.org", "admin_name": "Ann", "admin_password": PASSWORD,
        }  # fmt: skip
        accounts.setup.configure(None)


def settings_of(environment: dict[str, Any], **more: Any) -> Settings:
    made = settings_for(**{**environment, **more})
    logs.configure(made)
    return made


def may_log_in(browser: TestClient) -> bool:
    form = {"username": "ann@example.org", "password": PASSWORD}
    return browser.post("/api/v1/auth/token", data=form).status_code == 200


def test_whom_the_environment_names_is_there_after_the_start_and_nobody_else_can_set_up(
    environment: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(environment, log_level="DEBUG")
    migrations.upgrade(settings.database)
    for _ in range(2):
        with TestClient(create_app(settings), base_url=PUBLIC) as browser:
            assert may_log_in(browser)
            assert browser.get("/setup", headers={"Accept": "text/html"}).status_code == 404
    said = capsys.readouterr()
    assert "the first administrator was made" in said.out + said.err
    assert PASSWORD not in said.out + said.err
    assert '"code"' not in said.err  # no set-up code is told


def test_a_server_that_was_there_before_the_schema_makes_them_at_the_first_visit(
    environment: dict[str, Any],
) -> None:
    settings = settings_of(environment)
    with TestClient(create_app(settings), base_url=PUBLIC) as browser:
        migrations.upgrade(settings.database)
        assert browser.get("/setup", headers={"Accept": "text/html"}).status_code == 404
        assert may_log_in(browser)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"admin_password": "admin"}, "at least 12 characters"),
        ({"admin_password": "aliquot-demo-password"}, "first to be guessed"),
        ({"admin_password": ""}, "without mail nobody can be invited"),
        ({"admin_email": "nobody"}, "name@example.org"),
    ],
)
def test_a_server_that_cannot_make_them_does_not_start_and_says_why(
    environment: dict[str, Any], more: dict[str, str], why: str
) -> None:
    settings = settings_of(environment, **more)
    migrations.upgrade(settings.database)
    with (
        pytest.raises(FirstAdministratorRefused, match=why),
        TestClient(create_app(settings), base_url=PUBLIC),
    ):
        pass


@pytest.mark.parametrize("name", ["secret_key", "secret_keys_old", "encryption_keys"])
def test_production_takes_no_key_that_everybody_knows(
    environment: dict[str, Any], name: str
) -> None:
    with pytest.raises(ValidationError, match="ALIQUOT_"):
        settings_of(environment, **{name: DEVELOPMENT_SECRET})
