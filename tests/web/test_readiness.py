"""When an orchestrator may send requests here."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from src.core import migrations
from tests.support.application import running
from tests.support.databases import Templates


def test_an_older_schema_is_not_ready_and_a_newer_one_is(
    templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with templates.empty("sqlite") as url:
        migrations.upgrade(url)
        with running(url, tmp_path) as lab:
            assert lab.get("/readyz").status_code == 200
            with monkeypatch.context() as patch:
                patch.setattr(migrations, "head", lambda: "9999_later")
                old = lab.get("/readyz")
                assert (old.status_code, old.json()["parts"]["schema"]["ok"]) == (503, False)
                assert lab.get("/healthz").status_code == 200
            with sqlite3.connect(url.partition("///")[2]) as database:
                database.execute("UPDATE alembic_version SET version_num = 'fffff'")
            database.close()
            new = lab.get("/readyz")
            assert (new.status_code, new.json()["parts"]["schema"]["detail"]) == (200, "fffff")
