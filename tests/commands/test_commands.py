"""The command line: what it prints, what it changes, and how it ends."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner, Result

from src.commands import configuration
from src.commands.__main__ import app
from src.core import events, mailbox, outbox, seals
from src.core.actor import SYSTEM
from src.core.db import Database, create_database, transaction
from src.core.outbox import Message, State
from src.core.storage import Storage, StorageUnavailable
from tests.support import log_ins
from tests.support.databases import on_sqlite
from tests.support.servers import free_port

T = TypeVar("T")
PASSWORD = "seven brass herons sing"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A data folder, cheap hashes, and the logging as it was afterwards."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ALIQUOT_ARGON2_MEMORY_KIB", "8192")
    monkeypatch.setenv("ALIQUOT_ARGON2_TIME_COST", "1")
    monkeypatch.setattr("src.core.logs.configure", lambda *_args, **_more: None)
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)


def aliquot(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, words, input=given)


def on(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        database = create_database(url)
        try:
            return await work(database)
        finally:
            await database.dispose()

    return asyncio.run(run())


def test_migrating_is_a_step_of_its_own(
    monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    asked = aliquot("migrate", "--check")
    assert (asked.exit_code, "the schema is empty" in asked.stderr) == (1, True)
    done = aliquot("migrate")
    assert done.exit_code == 0, done.output
    assert "was empty and is" in done.stdout
    assert "up to date" in aliquot("migrate").stdout
    assert aliquot("migrate", "--check").exit_code == 0

    async def step_ahead(database: Database) -> None:
        async with database.engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    on(empty_database_url, step_ahead)
    refused = aliquot("migrate")
    assert (refused.exit_code, "newer than this code" in refused.stderr) == (1, True)
    asked = aliquot("migrate", "--check")
    assert (asked.exit_code, "newer than this code needs" in asked.stdout) == (0, True)


def test_an_administrator_is_made_and_can_log_in(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    who = ("create-admin", "--email", "Ann@Example.org", "--name", "Ann")
    weak = aliquot(*who, "--password-stdin", given="short\n")
    assert (weak.exit_code, "12 characters" in weak.stderr) == (1, True)
    silent = aliquot(*who)
    assert (silent.exit_code, "nobody can be asked" in silent.stderr) == (1, True)
    made = aliquot(*who, "--password-stdin", given=f"{PASSWORD}\n")
    assert (made.exit_code, made.stdout) == (0, "ann@example.org is an administrator now\n")
    monkeypatch.setenv("ALIQUOT_ADMIN_PASSWORD", PASSWORD)
    again = aliquot(*who)
    assert again.exit_code == 1
    assert PASSWORD not in again.output

    async def log_in(database: Database) -> str:
        entered = await log_ins.log_in(database, email="ann@example.org", password=PASSWORD)
        return entered.actor.name

    assert on(database_url, log_in) == "Ann"


def test_unknown_settings_are_named_and_every_connection_is_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert aliquot("check-config").exit_code == 1  # nothing was migrated yet
    assert aliquot("migrate").exit_code == 0
    sound = aliquot("check-config")
    assert sound.exit_code == 0, sound.output
    assert [line.split()[0] for line in sound.stdout.splitlines()] == [
        "settings", "database", "redis", "storage", "mail",
    ]  # fmt: skip
    monkeypatch.setenv("ALIQUOT_PUBLIC_ULR", "https://lab.example.org")
    typed = aliquot("check-config")
    assert typed.exit_code == 1
    assert "did you mean ALIQUOT_PUBLIC_URL?" in typed.stdout
    monkeypatch.delenv("ALIQUOT_PUBLIC_ULR")
    for name, url in (
        ("DATABASE_URL", "postgresql://me:hidden-word@127.0.0.1:{}/aliquot"),
        ("REDIS_URL", "redis://:hidden-word@127.0.0.1:{}/0"),
        ("ALIQUOT_MAIL_URL", "smtp://me:hidden-word@127.0.0.1:{}"),
        ("ALIQUOT_STORAGE_URL", "file:///proc/nowhere-{}"),
    ):
        with monkeypatch.context() as changed:
            changed.setenv(name, url.format(free_port()))
            broken = aliquot("check-config")
        faults = [line for line in broken.stdout.splitlines() if "FAULT" in line]
        assert (broken.exit_code, len(faults)) == (1, 1), broken.output
        assert "hidden-word" not in broken.output


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("ALIQUOT_FOO", None),
        ("ALIQUOT_SECRET", "ALIQUOT_SECRET_KEY"),
        ("ALIQUOT_DATABSE_URL", "ALIQUOT_DATABASE_URL"),
    ],
)
def test_only_what_is_really_alike_is_proposed(name: str, alike: str | None) -> None:
    assert list(configuration.unknown({name: "x"})) == [(name, alike)]


def test_a_wrong_setting_is_called_by_all_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "http")
    monkeypatch.setenv("ALIQUOT_MAX_BODY", "large")
    said = aliquot("check-config").stdout
    assert "PORT or ALIQUOT_PORT: Input should be" in said
    assert "ALIQUOT_MAX_BODY: Input should be" in said


def test_a_store_that_lists_and_takes_nothing_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert aliquot("migrate").exit_code == 0
    assert aliquot("check-config").exit_code == 0
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []

    async def refuse(*_: object) -> None:
        raise StorageUnavailable("Only reading is allowed.")

    monkeypatch.setattr(Storage, "put", refuse)
    checked = aliquot("check-config")
    assert (checked.exit_code, "storage   FAULT" in checked.stdout) == (1, True), checked.output


def test_what_production_lacks_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIQUOT_ENV", "production")
    ended = aliquot("check-config")
    assert ended.exit_code == 1
    for name in (
        "ALIQUOT_SECRET_KEY",
        "ALIQUOT_PUBLIC_URL",
        "DATABASE_URL",
        "REDIS_URL",
        "ALIQUOT_MAIL_URL",
    ):
        assert name in ended.stdout


def test_settings_are_shown_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIQUOT_SECRET_KEY", "hidden-word-" * 4)
    monkeypatch.setenv("ALIQUOT_MAIL_URL", "smtp://me:hidden-word@mail.example.org:587")
    shown = aliquot("settings").stdout
    assert "smtp://me:***@mail.example.org:587" in shown
    assert "hidden-word" not in shown


def test_a_test_mail_goes_the_way_of_all_others(tmp_path: Path) -> None:
    assert aliquot("test-mail", "nobody").exit_code == 1
    sent = aliquot("test-mail", "ann@example.org")
    assert sent.exit_code == 0, sent.output
    letters = mailbox.list_(mailbox.folder_of(tmp_path))
    assert [letter.to for letter in letters] == ["ann@example.org"]


def test_failed_jobs_are_listed_and_queued_again(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)

    async def fail(database: Database) -> int:
        topic = outbox.Topic("tests.commands", "maintenance")
        async with transaction(database) as session:
            job_id = await outbox.publish(session, topic, {"id": 1})
            assert job_id is not None
            row = await session.get_one(Message, job_id)
            row.state, row.error = State.DEAD, "It broke.\nAt length."
        return job_id

    job_id = on(database_url, fail)
    listed = aliquot("jobs", "list", "--state", "dead").stdout
    assert f"{job_id}" in listed
    assert "It broke." in listed
    assert "At length." not in listed
    assert aliquot("jobs", "requeue", str(job_id)).exit_code == 0
    refused = aliquot("jobs", "requeue", str(job_id))
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)

    async def state(database: Database) -> State | None:
        async with database.reads() as reads:
            return await reads.scalar(select(Message.state).where(Message.id == job_id))

    assert on(database_url, state) is State.QUEUED


@on_sqlite
def test_a_record_that_was_edited_is_found_out(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)

    async def record(database: Database) -> None:
        async with transaction(database) as session:
            events.record(session, SYSTEM, "test.done", ("test", None))
        async with transaction(database) as session:
            await seals.seal(session)

    on(database_url, record)
    sound = aliquot("verify-events")
    assert (sound.exit_code, "1 seals checked" in sound.stdout) == (0, True)

    async def forge(database: Database) -> None:
        async with database.engine.begin() as connection:
            await connection.execute(text("DROP TRIGGER events_no_update"))
            await connection.execute(text("UPDATE events SET verb = 'test.undone'"))

    on(database_url, forge)
    broken = aliquot("verify-events")
    assert (broken.exit_code, "edited" in broken.stdout) == (1, True)


def test_the_specification_is_printed() -> None:
    written = aliquot("openapi")
    assert written.exit_code == 0, written.output
    assert "/api/v1/bookings" in json.loads(written.stdout)["paths"]


def test_schedules_are_listed(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    listed = aliquot("schedules")
    assert listed.exit_code == 0, listed.output
    assert listed.stdout.split()[:3] == ["Schedule", "State", "Times"]
