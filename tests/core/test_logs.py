"""Logs: one line of JSON per event, from wherever it comes, without secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
import structlog

from src.core import logs
from src.core.settings import Settings

Said = Callable[[], str]
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Said]:
    """What was written to standard error; loggers are as before when the test ends."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    levels = {name: logging.getLogger(name).level for name in logs.TALKATIVE}
    written: list[str] = []

    def read() -> str:
        written.append(capsys.readouterr().err)
        return "".join(written)

    yield read
    logging.captureWarnings(capture=False)
    root.handlers[:], level = before
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)
    structlog.reset_defaults()


@pytest.fixture
def lines(said: Said) -> Lines:
    """What was logged so far, each line decoded."""
    return lambda: [json.loads(line) for line in said().splitlines()]


def test_structlog_and_the_standard_library_write_alike(lines: Lines) -> None:
    logs.configure(Settings(), process="worker")
    structlog.get_logger("src.one").info("mail sent", attempts=2)
    logging.getLogger("other.two").warning("disk at %d %%", 91)
    ours, theirs = lines()
    assert ours["event"] == "mail sent"
    assert ours["attempts"] == 2
    assert (ours["logger"], theirs["logger"]) == ("src.one", "other.two")
    assert (ours["level"], theirs["level"]) == ("info", "warning")
    assert theirs["event"] == "disk at 91 %"
    assert ours["process"] == theirs["process"] == "worker"
    assert ours["timestamp"].endswith("Z")


def test_the_request_id_stands_on_every_line_of_the_request(lines: Lines) -> None:
    logs.configure(Settings())
    with logs.bound(request_id="r-1"):
        structlog.get_logger().info("inside")
        logging.getLogger("lib").error("inside too")
    structlog.get_logger().info("outside")
    assert [line.get("request_id") for line in lines()] == ["r-1", "r-1", None]


def test_configuring_twice_writes_once_and_the_level_holds(lines: Lines) -> None:
    logs.configure(Settings())
    logs.configure(Settings(log_level="WARNING"))
    structlog.get_logger().info("quiet")
    logging.getLogger("lib").info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in lines()] == ["loud"]


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "hunter2-hunter2"},
        {"body": {"user": {"new_password": "hunter2-hunter2"}}},
        {"headers": [(b"Authorization", b"Bearer hunter2-hunter2")]},
        {"headers": {"Set-Cookie": "aliquot_session=hunter2-hunter2"}},
        {"access_token": "hunter2-hunter2"},
        {"detail": "sent Authorization: Bearer hunter2-hunter2"},
        {"url": "smtp://lab:hunter2-hunter2@mail.example.org:587"},
        {"url": "redis://:hunter2-hunter2@cache"},
        {"path": "/reset?token=hunter2-hunter2&next=/"},
        {"error": "INSERT … [parameters: ('a', 'hunter2-hunter2')]\n(Background on this error)"},
        {"list": [[["x", {"secret": "hunter2-hunter2"}]]]},
        {"object": type("Odd", (), {"__repr__": lambda _: "password='hunter2-hunter2'"})()},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_secrets_are_masked(lines: Lines, said: Said, fields: dict[str, Any]) -> None:
    logs.configure(Settings())
    structlog.get_logger().info("said", **fields)
    logging.getLogger("lib").info("said %s", fields)
    assert len(lines()) == 2
    assert "hunter2" not in said()
    assert logs.MASK in said() or "parameters hidden" in said()


def test_the_secrets_of_the_settings_are_masked_wherever_they_appear(said: Said) -> None:
    settings = Settings(
        database_url="postgresql://lab:p%40ss-of-database@db/aliquot",
        redis_url="redis://:redis-password@cache:6379/0",
        mail_url="smtp://lab:mail-password@mail:587",
    )
    logs.configure(settings)
    key = settings.secret_key.get_secret_value()
    structlog.get_logger().error(
        "no way", said=f"p@ss-of-database, redis-password, mail-password and {key}"
    )
    assert "no way" in said()
    for secret in ("p@ss-of-database", "redis-password", "mail-password", key):
        assert secret not in said()


def test_what_is_no_secret_is_kept(lines: Lines) -> None:
    logs.configure(Settings())
    structlog.get_logger().info("kept", url="http://host:80/users?mail=a@b", count=3, big=2**70)
    (line,) = lines()
    assert line["url"] == "http://host:80/users?mail=a@b"
    assert (line["count"], line["big"]) == (3, 2**70)


def test_a_very_long_value_is_cut(lines: Lines) -> None:
    logs.configure(Settings())
    structlog.get_logger().info("long", body="a" * 2_000_000)
    (line,) = lines()
    assert line["body"].endswith("(2000000 characters)")
    assert len(line["body"]) < logs.LONGEST + 100


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_the_way_and_no_values(
    said: Said, form: Literal["json", "console"]
) -> None:
    logs.configure(Settings(log_format=form))

    def fail(host: str) -> None:
        hidden = host.upper()
        raise ValueError(f"redis://:spoken-secret@{host} does not answer, {len(hidden)}")

    try:
        fail("cache")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "ValueError" in said()
    assert "in fail" in said() or '"name":"fail"' in said()
    assert "redis://:***@cache does not answer, 5" in said()
    assert "CACHE" not in said()


def test_uvicorn_is_routed_and_its_access_lines_are_left_to_ours(lines: Lines) -> None:
    own = logging.StreamHandler(io.StringIO())
    logging.getLogger("uvicorn.error").addHandler(own)
    # A server that ran in this process before may have asked for less.
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)
    logs.configure(Settings())
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s HTTP/%s" %d', "10.0.0.1:5", "GET", "/feed?key=abc", "1.1", 200
    )
    logging.getLogger("uvicorn.error").info("Started", extra={"color_message": "\x1b[1mStarted"})
    (started,) = lines()
    assert started["event"] == "Started"
    assert "color_message" not in started
