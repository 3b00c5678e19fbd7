"""What a deployment may say, and what is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from src.core import mail
from src.core.settings import Settings

PRODUCTION = {
    "ALIQUOT_ENV": "production",
    "ALIQUOT_SECRET_KEY": "x" * 32,
    "ALIQUOT_PUBLIC_URL": "https://aliquot.example.org",
    "DATABASE_URL": "postgresql://db/aliquot",
    "REDIS_URL": "redis://cache",
    "ALIQUOT_MAIL_URL": "smtp://mail",
}


def _settings(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_production_starts_when_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(monkeypatch, PRODUCTION)
    assert settings.database == "postgresql+asyncpg://db/aliquot"
    assert not settings.is_embedded
    assert "xxxx" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ALIQUOT_SECRET_KEY", "only-for-development-change-me-in-production", "SECRET_KEY"),
        ("ALIQUOT_SECRET_KEY", "short", "32 characters"),
        ("ALIQUOT_PUBLIC_URL", "http://aliquot.example.org", "https://"),
        ("DATABASE_URL", "sqlite:///a.db", "ALLOW_SQLITE"),
        ("REDIS_URL", "", "REDIS_URL"),
        ("ALIQUOT_MAIL_URL", "", "to none to send no mail"),
        ("DEMO", "1", "DEMO"),
        ("ALIQUOT_DEBUG", "1", "DEBUG"),
    ],
)
def test_production_refuses_what_is_only_for_a_laptop(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        _settings(monkeypatch, {**PRODUCTION, name: value})


def test_production_may_go_without_mail_when_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(monkeypatch, {**PRODUCTION, "ALIQUOT_MAIL_URL": "none"})
    assert isinstance(mail.create_mailer(settings), mail.NoMailer)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "none"),
        ("DATABASE_URL", "mysql://db/aliquot"),
        ("REDIS_URL", "cache:6379"),
        ("ALIQUOT_STORAGE_URL", "/srv/files"),
        ("ALIQUOT_MAIL_URL", "folder:///tmp/mail"),
    ],
)
def test_an_address_of_a_kind_nobody_speaks_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ValidationError, match=f"{name} begins with"):
        _settings(monkeypatch, {name: value})


def test_lists_are_comma_separated_and_a_wildcard_origin_takes_no_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = _settings(
        monkeypatch, {"ALIQUOT_CORS_ORIGINS": "https://a.example, https://b.example"}
    )
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    with pytest.raises(ValidationError, match="name the origins"):
        _settings(monkeypatch, {"ALIQUOT_CORS_ORIGINS": "*", "ALIQUOT_CORS_CREDENTIALS": "1"})
