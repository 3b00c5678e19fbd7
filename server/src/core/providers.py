"""Providers of single sign-on, as the deployment names them in `ALIQUOT_SSO`.

Read and checked when the settings are, without any network: each fault is a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import orjson
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

MOST = 10
AZURE = "https://login.microsoftonline.com"
GOOGLE = "https://accounts.google.com"
GRAPH = "https://graph.microsoft.com/v1.0"
_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_STRICT = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _as_role(value: object) -> object:
    return {"role": value} if isinstance(value, str) else value


class GroupRole(BaseModel):
    """A role that a group of the directory gives; `scope` as in assignments, none: everywhere."""

    model_config = _STRICT

    role: str = Field(min_length=1, max_length=40)
    scope: str | None = Field(None, max_length=80)


GroupRoles = tuple[Annotated[GroupRole, BeforeValidator(_as_role)], ...]


class Provider(BaseModel):
    """One issuer of OpenID Connect, and what it is trusted with."""

    model_config = _STRICT

    slug: str = Field(pattern=r"^[a-z][a-z0-9-]{0,29}$")
    label: str = Field(min_length=1, max_length=60)
    preset: Literal["generic", "azure", "google"] = "generic"
    issuer: str = Field("", max_length=255)
    tenant: str = ""
    client_id: str = Field(min_length=1, max_length=255)
    client_secret: SecretStr = SecretStr("")
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    just_in_time: bool = False
    domains: tuple[str, ...] = ()
    groups_claim: str = "groups"
    group_roles: dict[str, GroupRoles] = Field(default_factory=dict)
    trusts_factor: bool = False
    graph: str = GRAPH

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, given: Any) -> Any:  # noqa: ANN401 - whatever was written
        """Fill in what a preset knows."""
        if not isinstance(given, Mapping) or given.get("issuer"):
            return given
        if given.get("preset") == "azure" and isinstance(given.get("tenant"), str):
            return {**given, "issuer": f"{AZURE}/{given['tenant']}/v2.0"}
        if given.get("preset") == "google":
            return {**given, "issuer": GOOGLE}
        return given

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        faults = [sentence for is_wrong, sentence in self._checks() if is_wrong]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _checks(self) -> Iterator[tuple[bool, str]]:
        is_azure = self.preset == "azure"
        yield not self.issuer, "name its issuer"
        yield "openid" not in self.scopes, "its scopes need openid"
        yield (
            is_azure and _TENANT.fullmatch(self.tenant) is None,
            "its tenant is the directory's id, in small letters: common would let in every company",
        )
        yield is_azure and self.tenant not in self.issuer, "its issuer is that of another tenant"
        yield bool(self.tenant) and not is_azure, "only the preset azure has a tenant"
        yield not _is_address(self.issuer), "its issuer is an https:// address without query"
        yield not _is_address(self.graph), "its graph is an https:// address without query"

    @property
    def source(self) -> str:
        """What marks the roles that it gives."""
        return f"sso:{self.slug}"

    @property
    def addresses(self) -> tuple[str, str]:
        """Where it is asked, as far as the settings say so."""
        return self.issuer, self.graph


def _is_address(url: str) -> bool:
    found = urlsplit(url)
    return (
        found.scheme in ("https", "http")
        and bool(found.hostname)
        and not (found.query or found.fragment or found.username)
    )


def is_safe(url: str, *, even_loopback: bool) -> bool:
    """Whether an address may be asked: https; on a laptop also http of the same machine."""
    found = urlsplit(url)
    if not found.hostname or found.username is not None:
        return False
    if found.scheme == "https":
        return True
    return even_loopback and found.scheme == "http" and found.hostname in _LOOPBACK


def parse(text: str) -> tuple[Provider, ...]:
    """The providers of the setting. Raises ValueError in sentences that tell no secret."""
    if not text.strip():
        return ()
    found = _json(text)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError("write a JSON list of objects, one for each provider")
    faults: list[str] = []
    made: list[Provider] = []
    for number, one in enumerate(found, 1):
        try:
            made.append(Provider.model_validate(one))
        except ValidationError as error:
            name = one.get("slug") if isinstance(one.get("slug"), str) else f"provider {number}"
            faults += [f"{name}: {sentence}" for sentence in _sentences(error)]
    slugs = [one.slug for one in made]
    faults += [f"{slug}: its slug is used twice" for slug in {*slugs} if slugs.count(slug) > 1]
    issuers = [(one.issuer, one.client_id) for one in made]
    if len(set(issuers)) < len(issuers):
        faults.append("two providers have the same issuer and client_id")
    if len(made) > MOST:
        faults.append(f"{MOST} providers at most")
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(made)


def with_secrets(
    providers: Iterable[Provider], text: str, *, even_loopback: bool
) -> tuple[Provider, ...]:
    """The providers with the client secrets of the other setting. Raises ValueError."""
    secrets = _json(text) if text.strip() else {}
    if not isinstance(secrets, dict) or not all(isinstance(one, str) for one in secrets.values()):
        raise ValueError("ALIQUOT_SSO_SECRETS is a JSON object: the secret of each slug")
    made, faults = [], []
    for one in providers:
        secret = secrets.pop(one.slug, "") or one.client_secret.get_secret_value()
        if not secret and one.preset != "generic":
            faults.append(
                f"{one.slug} has no client_secret, nor has ALIQUOT_SSO_SECRETS one for it"
            )
        faults += [
            f"{one.slug}: {address} is not https://"
            for address in one.addresses
            if not is_safe(address, even_loopback=even_loopback)
        ]
        made.append(one.model_copy(update={"client_secret": SecretStr(secret)}))
    faults += [f"ALIQUOT_SSO_SECRETS names {slug}, which is no provider" for slug in secrets]
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(made)


def _json(text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"this is no JSON: {error.msg} at character {error.pos}") from None


def _sentences(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_input=False, include_url=False):
        where = ".".join(str(part) for part in fault["loc"])
        said = fault["msg"].removeprefix("Value error, ")
        yield f"{where}: {said}" if where else said
