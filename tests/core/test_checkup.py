"""A wrong configuration is told before it hurts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP
from pydantic import ValidationError

from src.core import checkup
from src.core.settings import Settings
from tests.support import servers


def test_names_that_nothing_reads_are_told_with_what_was_meant() -> None:
    environment = {
        "ALIQUOT_STORAGE_ULR": "x",
        "ALIQUOT_QUEUES": "x",
        "ALIQUOT_SECRETS_DIR": "x",
        "ALIQUOT_TEST_CAMPAIGN": "x",
        "ALIQUOT_ZZZ": "x",
        "DATABASE_URL": "x",
        "HOME": "x",
    }
    assert checkup.unknown_names(environment) == {
        "ALIQUOT_STORAGE_ULR": "ALIQUOT_STORAGE_URL",
        "ALIQUOT_ZZZ": None,
    }


def test_faults_name_what_to_set_and_no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "70000-secret")
    with pytest.raises(ValidationError) as refused:
        Settings()
    (said,) = checkup.faults(refused.value)
    assert said.startswith("ALIQUOT_PORT: ")
    assert "secret" not in said
    monkeypatch.delenv("PORT")
    monkeypatch.setenv("ALIQUOT_ENV", "production")
    with pytest.raises(ValidationError) as refused:
        Settings()
    (said,) = checkup.faults(refused.value)
    assert "ALIQUOT_SECRET_KEY" in said
    assert "REDIS_URL" in said


async def test_every_part_is_tried(empty_database_url: str, tmp_path: Path) -> None:
    async def further() -> str:
        raise ConnectionError("nobody at home")

    settings = Settings(database_url=empty_database_url, data_dir=tmp_path)
    found = {
        finding.part: finding for finding in await checkup.connections(settings, {"redis": further})
    }
    assert found["database"].is_ok
    assert "none yet" in found["database"].said
    assert found["storage"].is_ok
    assert list((tmp_path / "files" / "incoming").iterdir()) == []
    assert found["mail"].is_ok
    assert not found["redis"].is_ok
    assert "nobody at home" in found["redis"].said


async def test_what_does_not_answer_is_told_without_its_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = servers.free_port()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "lab")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2-hunter2")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    settings = Settings(
        database_url=f"postgresql://lab:hunter2-hunter2@127.0.0.1:{port}/x",
        mail_url=f"smtp://lab:hunter2-hunter2@127.0.0.1:{port}",
        storage_url="s3://bucket",
        data_dir=tmp_path,
    )
    found = await checkup.connections(settings)
    assert [finding.is_ok for finding in found] == [False, False, False]
    assert "hunter2" not in str(found)


async def test_a_mail_server_is_spoken_to_and_sent_nothing(tmp_path: Path) -> None:
    class Counting:
        mails = 0

        async def handle_DATA(self, *_: object) -> str:  # noqa: N802 - aiosmtpd's protocol
            self.mails += 1
            return "250 OK"

    box = Counting()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="localhost"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = Settings(mail_url=f"smtp://127.0.0.1:{port}?tls=none", data_dir=tmp_path)
    found = {finding.part: finding for finding in await checkup.connections(settings)}
    server.close()
    assert found["mail"].said == "127.0.0.1 lets us in"
    assert box.mails == 0
