"""What the settings may say of providers, and what is refused in which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from src.core.settings import Settings, faults_of

TENANT = "7b0c3f6e-1c2d-4e5f-8a9b-0c1d2e3f4a5b"
PLAIN = {"slug": "lab", "label": "Lab", "issuer": "https://id.example.org", "client_id": "c"}
AZURE = {"slug": "ms", "label": "Microsoft", "preset": "azure", "tenant": TENANT, "client_id": "c",
         "client_secret": "the secret of the client"}  # fmt: skip
GOOGLE = {"slug": "g", "label": "Google", "preset": "google", "client_id": "c"}


def faults(*providers: Any, secrets: str = "", **more: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Settings(sso=json.dumps(providers), sso_secrets=secrets, **more)  # type: ignore[arg-type]
    return "; ".join(faults_of(refused.value))


def test_presets_know_their_issuers_and_secrets_may_stand_apart() -> None:
    settings = Settings(
        sso=json.dumps([PLAIN, AZURE, GOOGLE]),  # type: ignore[arg-type]
        sso_secrets=json.dumps({"g": "from a file"}),  # type: ignore[arg-type]
    )
    lab, azure, google = settings.sso_providers
    assert azure.issuer == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert google.issuer == "https://accounts.google.com"
    assert google.client_secret.get_secret_value() == "from a file"
    assert lab.client_secret.get_secret_value() == ""
    assert not lab.just_in_time
    assert "the secret" not in repr(settings)


def test_secrets_are_read_from_the_folder_of_secrets(tmp_path: Path) -> None:
    (tmp_path / "aliquot_sso_secrets").write_text(json.dumps({"g": "from a file"}))
    (tmp_path / "aliquot_sso").write_text(json.dumps([GOOGLE]))
    settings = Settings(_secrets_dir=str(tmp_path))
    assert settings.sso_providers[0].client_secret.get_secret_value() == "from a file"


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ({**PLAIN, "issuer": ""}, "lab: name its issuer"),
        ({**PLAIN, "slug": "Our Lab"}, "slug"),
        ({**PLAIN, "clientid": "x"}, "clientid"),
        ({**PLAIN, "scopes": ["email"]}, "openid"),
        ({**PLAIN, "issuer": "http://id.example.org"}, "not https"),
        ({**PLAIN, "issuer": "ftp://id.example.org"}, "https:// address"),
        ({**PLAIN, "group_roles": {"staff": [{"scope": "team:1"}]}}, "role"),
        ({**PLAIN, "tenant": TENANT}, "only the preset azure"),
        ({**AZURE, "tenant": "common"}, "every company"),
        ({**AZURE, "issuer": "https://login.microsoftonline.us/other/v2.0"}, "another tenant"),
        (GOOGLE, "g has no client_secret"),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence(provider: dict[str, Any], said: str) -> None:
    told = faults(provider)
    assert said in told
    assert "the secret" not in told


def test_two_of_a_name_and_secrets_of_nobody_are_refused() -> None:
    assert "lab: its slug is used twice" in faults(PLAIN, {**PLAIN, "client_id": "d"})
    assert "same issuer and client_id" in faults(PLAIN, {**PLAIN, "slug": "again"})
    assert "names nobody, which is no provider" in faults(PLAIN, secrets='{"nobody": "s"}')
    with pytest.raises(ValidationError) as refused:
        Settings(sso="[{")  # type: ignore[arg-type]
    assert "no JSON" in faults_of(refused.value)[0]


def test_http_is_for_the_same_machine_and_never_for_production() -> None:
    local = {**PLAIN, "issuer": "http://localhost:9000"}
    assert Settings(sso=json.dumps([local])).sso_providers  # type: ignore[arg-type]
    production = {
        "env": "production",
        "secret_key": "k" * 40,
        "public_url": "https://aliquot.example.org",
        "database_url": "postgresql://localhost/aliquot",
        "redis_url": "redis://localhost",
        "mail_url": "none",
    }
    assert "not https" in faults(local, **production)
