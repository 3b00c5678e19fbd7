"""Settings: read once from the environment (or mounted secret files), refused when unsafe.

Every name is prefixed `ALIQUOT_`; PORT, DATA_DIR, DEMO, DATABASE_URL, REDIS_URL and LOG_LEVEL are
also accepted bare. Read where things are built (`src.app`, `src.tasks.__main__`, the commands),
then passed on: nothing else reads the environment.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from src.core import networks, providers
from src.core.providers import Provider

DEVELOPMENT_SECRET = "only-for-development-change-me-in-production"  # noqa: S105 - refused there
SERVER_ROOT = Path(__file__).resolve().parents[2]


def _bare(name: str) -> AliasChoices:
    return AliasChoices(f"ALIQUOT_{name}", name)


Words = Annotated[tuple[str, ...], NoDecode]

_DATABASES = ("postgresql+asyncpg://", "sqlite+aiosqlite://")
_BROKERS = ("redis://", "rediss://", "unix://")
_STORES = ("s3://", "file://")
_MAILS = ("smtp://", "smtps://")
NO_MAIL = "none"
# Of the ways that Apprise knows those that send text messages to a number of ours, and a program of
# the operator's own, which is told the number and the text as JSON.
_OWN_GATEWAYS = ("json://", "jsons://")
_GATEWAYS = (
    "46elks://", "atalk://", "bulksms://", "burstsms://", "clickatell://", "clicksend://",
    "d7sms://", "elks://", "httpsms://", "infobip://", "msgbird://", "nexmo://", "octopush://",
    "plivo://", "seven://", "sinch://", "smseagle://", "smseagles://", "smsmgr://", "sns://",
    "telnyx://", "twilio://", "vonage://", *_OWN_GATEWAYS,
)  # fmt: skip
_RATE = re.compile(r"[1-9]\d*\s*(/|\sper\s)\s*\d*\s*(second|minute|hour|day|month|year)s?")


class Settings(BaseSettings):
    """One deployment's configuration. Durations are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(
        env_prefix="ALIQUOT_",
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        secrets_dir=os.environ.get("ALIQUOT_SECRETS_DIR"),
    )

    env: Literal["development", "production"] = Field(
        "development",
        description="`production` refuses everything that is only for a laptop.",
    )
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(
        8000,
        validation_alias=_bare("PORT"),
        ge=1,
        le=65535,
        description="Port the server listens on.",
    )
    data_dir: Path = Field(
        Path("var"),
        validation_alias=_bare("DATA_DIR"),
        description="Folder of the SQLite file, the stored files and the mailbox.",
    )
    demo: bool = Field(
        default=False,
        validation_alias=_bare("DEMO"),
        description="Fill an empty database with a demonstration institute. Refused in production.",
    )
    public_url: str = Field(
        "",
        description="Address people reach Aliquot at; every link in mails is made from it.",
    )
    debug: bool = Field(
        default=False, description="Show tracebacks in answers. Refused in production."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO",
        validation_alias=_bare("LOG_LEVEL"),
        description="The least important lines that are logged.",
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="`console` is for people at a terminal."
    )
    secret_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET),
        description="Signs access tokens, cursors and queue messages. 32 characters or more.",
    )
    secret_keys_old: SecretStr = Field(
        SecretStr(""),
        description="Earlier secret keys, separated by commas: what they signed still counts.",
    )
    encryption_keys: SecretStr = Field(
        SecretStr(""),
        description="Keys that secrets in the database are encrypted with, separated by commas; "
        "the first encrypts. 32 characters or more each; empty takes the secret key.",
    )

    admin_email: str = Field(
        "",
        description="Address of the first administrator, made when the server starts and nobody "
        "exists; without a password they are mailed an invitation.",
    )
    admin_name: str = Field("", description="The first administrator's name.")
    admin_password: SecretStr = Field(
        SecretStr(""),
        description="The first administrator's password; weak ones are refused. Remove it "
        "afterwards.",
    )

    database_url: str = Field(
        "",
        validation_alias=_bare("DATABASE_URL"),
        description="`postgresql+asyncpg://…` or `sqlite+aiosqlite:///…`; "
        "empty is a SQLite file in the data folder.",
    )
    database_pool_size: int = Field(
        10, ge=1, le=200, description="Connections each process opens at most."
    )
    allow_sqlite: bool = Field(
        default=False, description="Accept SQLite in production (one small machine)."
    )
    redis_url: str = Field(
        "",
        validation_alias=_bare("REDIS_URL"),
        description="`redis://…`; empty runs the worker inside the server process.",
    )
    redis_prefix: str = Field("aliquot", description="Namespace of every key in Redis.")

    cors_origins: Words = Field((), description="Origins that may call the API from a browser.")
    cors_credentials: bool = Field(
        default=False, description="Let browsers send cookies from those origins."
    )
    allowed_hosts: Words = Field(("*",), description="Host names the server answers to.")
    trusted_proxies: Words = Field(
        (), description="Addresses whose X-Forwarded-* headers are believed."
    )

    session_idle: int = Field(12 * 3600, description="A log-in ends after so long without use.")
    session_absolute: int = Field(14 * 24 * 3600, description="A log-in ends at the latest then.")
    token_lifetime: int = Field(900, description="Lifetime of an access token.")
    refresh_idle: int = Field(
        14 * 24 * 3600, ge=60, description="A program's log-in ends after so long without use."
    )
    refresh_absolute: int = Field(
        90 * 24 * 3600, ge=60, description="A program's log-in ends at the latest then."
    )
    sso: Annotated[tuple[Provider, ...], NoDecode] = Field(
        (),
        description="Providers of single sign-on, a JSON list of objects; "
        "[how](../../DEPLOYMENT.md#single-sign-on).",
    )
    sso_secrets: SecretStr = Field(
        SecretStr(""),
        description="Client secrets of those providers, a JSON object: `slug` to secret. "
        "Best as a file of the folder of secrets.",
    )
    argon2_memory_kib: int = Field(
        65536, ge=8192, description="Memory for each hash of a password, in KiB."
    )
    argon2_time_cost: int = Field(3, ge=1, description="Rounds for each hash of a password.")

    rate_limits: bool = Field(
        default=True, description="Answer 429 to who asks too often, per person or address."
    )
    rate_read: str = Field("1200/minute", description="Requests that read.")
    rate_write: str = Field("300/minute", description="Requests that change something.")
    rate_login: str = Field("20/minute", description="Attempts to log in, per address.")
    rate_reset: str = Field(
        "5/minute", description="Mails that anybody may ask for: new passwords."
    )
    rate_export: str = Field("20/minute", description="Lists and files made to be taken away.")
    rate_cached: str = Field("6000/minute", description="Answers that nothing has changed (304).")
    max_body: int = Field(1024 * 1024, description="Largest request body except uploads.")
    max_upload: int = Field(50 * 1024 * 1024, description="Largest uploaded file.")

    storage_url: str = Field(
        "",
        description="`s3://bucket/prefix` or `file:///folder`; empty is the data folder.",
    )
    mail_url: str = Field(
        "",
        description="`smtp://user:password@host:587` (STARTTLS), `smtps://…`; "
        "`none` sends no mail at all; empty keeps mails in a mailbox in the data folder, "
        "which production refuses.",
    )
    mail_from: str = Field(
        "Aliquot <aliquot@example.org>",
        description="Sender of mails, unless the institute has its own.",
    )
    sms_url: SecretStr = Field(
        SecretStr(""),
        description="Gateway for text messages, such as `twilio://account:token@number`; "
        "empty verifies no phone numbers; [how](../../DEPLOYMENT.md#text-messages).",
    )

    queues: Words = Field(
        ("notifications", "reports", "maintenance"),
        description="Classes of work this worker serves.",
    )
    worker_threads: int = Field(4, ge=1, le=64, description="Threads per class of work.")
    worker_grace: int = Field(25, description="Seconds work may finish in after SIGTERM.")
    worker_health_host: str = Field("127.0.0.1", description="Address of the worker's health port.")
    worker_health_port: int = Field(
        8001,
        ge=0,
        le=65535,
        description="The worker's `/healthz`, `/readyz` and `/metrics`; 0 turns it off.",
    )

    @field_validator("cors_origins", "allowed_hosts", "trusted_proxies", "queues", mode="before")
    @classmethod
    def _comma_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("sso", mode="before")
    @classmethod
    def _providers_can_be_read(cls, value: object) -> object:
        return providers.parse(value) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            networks.networks(value)
        except ValueError as error:
            raise ValueError("write addresses or ranges such as 10.0.0.0/8") from error
        return value

    @field_validator(
        "rate_read", "rate_write", "rate_login", "rate_reset", "rate_export", "rate_cached"
    )
    @classmethod
    def _rates_can_be_read(cls, value: str) -> str:
        if _RATE.fullmatch(value.strip().lower()) is None:
            raise ValueError("write a rate such as 20/minute")
        return value

    @model_validator(mode="after")
    def _cors_is_safe(self) -> Self:
        if self.cors_credentials and "*" in self.cors_origins:
            raise ValueError(
                "ALIQUOT_CORS_ORIGINS may not be * while ALIQUOT_CORS_CREDENTIALS is on:"
                " name the origins"
            )
        return self

    @model_validator(mode="after")
    def _providers_are_complete(self) -> Self:
        _ = self.sso_providers
        return self

    @model_validator(mode="after")
    def _addresses_are_of_known_kinds(self) -> Self:
        faults = [
            f"{name} begins with {' or '.join(kinds)}"
            for name, value, kinds in (
                ("DATABASE_URL", self.database, _DATABASES),
                ("REDIS_URL", self.redis_url, _BROKERS),
                ("ALIQUOT_STORAGE_URL", self.storage_url, _STORES),
                ("ALIQUOT_MAIL_URL", "" if self.mail_url == NO_MAIL else self.mail_url, _MAILS),
                ("ALIQUOT_SMS_URL", self.sms_url.get_secret_value(), _GATEWAYS),
            )
            if value and not value.startswith(kinds)
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _gateway_is_named(self) -> Self:
        url = self.sms_url.get_secret_value()
        scheme, _, rest = url.partition("://")
        is_named = bool(urlsplit(url).hostname if f"{scheme}://" in _OWN_GATEWAYS else rest)
        if url and not is_named:
            raise ValueError(f"ALIQUOT_SMS_URL names no gateway after {scheme}://")
        return self

    @model_validator(mode="after")
    def _production_is_safe(self) -> Self:
        if self.env != "production":
            return self
        key = self.secret_key.get_secret_value()
        checks = (
            (
                key == DEVELOPMENT_SECRET,
                "set ALIQUOT_SECRET_KEY to a random value of 32 characters or more",
            ),
            (len(key) < 32, "ALIQUOT_SECRET_KEY needs 32 characters or more"),
            (
                DEVELOPMENT_SECRET in self.secret_keys_old.get_secret_value()
                or DEVELOPMENT_SECRET in self.encryption_keys.get_secret_value(),
                "take the public development key out of ALIQUOT_SECRET_KEYS_OLD and _ENCRYPTION_KEYS",
            ),
            (
                any(
                    len(one.strip()) < 32
                    for one in self.encryption_keys.get_secret_value().split(",")
                    if one.strip()
                ),
                "each of ALIQUOT_ENCRYPTION_KEYS needs 32 characters or more",
            ),
            (self.demo, "DEMO is refused: its accounts have a public password"),
            (self.debug, "ALIQUOT_DEBUG is refused: it shows internals to everybody"),
            (
                not self.public_url.startswith("https://"),
                "set ALIQUOT_PUBLIC_URL to the https:// address people use",
            ),
            (
                self.is_sqlite and not self.allow_sqlite,
                "set DATABASE_URL to PostgreSQL, or ALIQUOT_ALLOW_SQLITE=1",
            ),
            (
                not self.redis_url,
                "set REDIS_URL: the server and the worker are separate processes",
            ),
            (
                not self.mail_url,
                "set ALIQUOT_MAIL_URL to a mail server, or to none to send no mail",
            ),
        )
        faults = [sentence for is_wrong, sentence in checks if is_wrong]
        if faults:
            raise ValueError("not fit for production: " + "; ".join(faults))
        return self

    @property
    def old_keys(self) -> tuple[str, ...]:
        """Earlier secret keys."""
        words = self.secret_keys_old.get_secret_value().split(",")
        return tuple(word.strip() for word in words if word.strip())

    @property
    def sso_providers(self) -> tuple[Provider, ...]:
        """Providers of single sign-on, with their secrets. Raises ValueError."""
        return providers.with_secrets(
            self.sso,
            self.sso_secrets.get_secret_value(),
            even_loopback=self.env == "development",
        )

    @property
    def is_embedded(self) -> bool:
        """Whether the worker runs inside the server process (no Redis)."""
        return not self.redis_url

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a SQLite file."""
        return self.database.startswith("sqlite")

    @property
    def database(self) -> str:
        """The database's address, with the default filled in and the driver named."""
        url = self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'aliquot.db').resolve()}"
        for plain, driver in (
            ("postgres://", "postgresql+asyncpg://"),
            ("postgresql://", "postgresql+asyncpg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if url.startswith(plain):
                return driver + url.removeprefix(plain)
        return url

    @property
    def base_url(self) -> str:
        """What links are made from, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def names_of(field: str) -> list[str]:
    """The variables that set a field, the prefixed one first."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [f"ALIQUOT_{field.upper()}"]


def faults_of(error: ValidationError) -> list[str]:
    """Each wrong setting in a sentence: every name it goes by, never its value."""
    called = {
        where: " or ".join(reversed(names))
        for field in Settings.model_fields
        for names in [names_of(field)]
        for where in (field, *names)
    }
    return [
        f"{called.get(str(fault['loc'][0]), fault['loc'][0])}: {fault['msg']}"
        if fault["loc"]
        else fault["msg"].removeprefix("Value error, ")
        for fault in error.errors(include_input=False)
    ]


@cache
def get_settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
