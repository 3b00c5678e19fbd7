"""Programs of third parties on the wire: as they are registered, and as they act for somebody."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from pydantic.config import JsonDict

from src.core.actor import Permission
from src.domain.accounts.credentials.oauth_apps import App
from src.domain.accounts.credentials.oauth_client_views import ClientView, ClientWish, NewClient
from src.models.common import Line, Reference, Wire, absent

Name = Annotated[Line, Field(min_length=1, max_length=100, examples=["Plate reader software"])]
Website = Annotated[Line | None, Field(max_length=500, examples=["https://reader.example.org"])]
Redirects = Annotated[
    list[Annotated[Line, Field(min_length=1, max_length=500)]],
    Field(
        max_length=10,
        description="Where people are sent back to, letter by letter: https, or http on 127.0.0.1, "
        "[::1] or localhost, there with any port.",
        examples=[["https://reader.example.org/callback"]],
    ),
]
GrantType = Literal["authorization_code", "refresh_token", "client_credentials"]
GrantTypes = Annotated[
    list[GrantType],
    Field(
        min_length=1,
        max_length=3,
        description="How it gets tokens. With `client_credentials` it acts for its owner by itself.",
        examples=[["authorization_code", "refresh_token"]],
    ),
]
Permissions = Annotated[
    list[Permission],
    Field(
        min_length=1,
        max_length=len(Permission),
        description="What it may ask for at most.",
        examples=[["bookings:read"]],
    ),
]
_ID = "0198c0de-5a7e-7000-8000-000000000001"
_CLIENT: JsonDict = {
    "id": _ID,
    "client_id": "alc_k3v9m2x7pqabcdefghijkmnp",
    "name": "Plate reader software",
    "website": "https://reader.example.org",
    "owner": {"id": _ID, "name": "Ada Admin"},
    "redirect_uris": ["https://reader.example.org/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "permissions": ["bookings:read"],
    "is_confidential": True,
    "revoked_at": None,
    "version": 1,
    "created_at": "2026-11-21T09:00:00Z",
    "updated_at": "2026-11-21T09:00:00Z",
}
_APP: JsonDict = {
    "id": _ID,
    "kind": "third_party",
    "name": "Plate reader software",
    "website": "https://reader.example.org",
    "permissions": ["bookings:read"],
    "device": "reader/2.1",
    "ip": "192.0.2.7",
    "connected_at": "2026-11-21T09:00:00Z",
    "last_used_at": "2026-11-21T09:00:00Z",
    "expires_at": "2027-02-19T09:00:00Z",
}


def _usual() -> list[GrantType]:
    return ["authorization_code", "refresh_token"]


class OAuthClientCreate(Wire):
    """A program that people may connect, or that acts for its owner."""

    name: Name
    website: Website = None
    redirect_uris: Redirects = Field(default_factory=list)
    grant_types: GrantTypes = Field(default_factory=_usual)
    permissions: Permissions
    is_confidential: Annotated[
        StrictBool,
        Field(description="Whether it can keep a secret: not in a browser, not on a phone."),
    ] = True

    def wish(self) -> ClientWish:
        """As the service takes it."""
        return ClientWish(**dict(self))


class OAuthClientUpdate(Wire):
    """What may be changed of a program."""

    name: Name = absent()
    website: Website = None
    redirect_uris: Redirects = absent()
    grant_types: GrantTypes = absent()
    permissions: Permissions = absent()


class OAuthClientRead(Wire):
    """A program of a third party. Its secret is seen once, when it is made."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CLIENT]})

    id: UUID
    client_id: str = Field(description="What it calls itself: `client_id`.")
    name: str
    website: str | None
    owner: Reference
    redirect_uris: list[str]
    grant_types: list[GrantType]
    permissions: list[str]
    is_confidential: bool
    revoked_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: ClientView) -> Self:
        """The program as it goes over the wire."""
        return cls.model_validate(_plain(view))


class OAuthClientCreated(OAuthClientRead):
    """A program with its secret, shown this once."""

    client_secret: str | None = Field(description="Null for a program that can keep none.")

    @classmethod
    def of_new(cls, made: NewClient) -> Self:
        """The program as it is handed over."""
        return cls.model_validate({**_plain(made.view), "client_secret": made.secret})


class AppRead(Wire):
    """A program that acts for you just now: a third party's, or one of your own."""

    model_config = ConfigDict(json_schema_extra={"examples": [_APP]})

    id: UUID
    kind: Literal["third_party", "own"]
    name: str = Field(description="Of one's own program what it says that it is.")
    website: str | None
    permissions: list[str] | None = Field(description="Null: all that you may.")
    device: str | None
    ip: str | None
    connected_at: datetime
    last_used_at: datetime = Field(description="When it got a token last.")
    expires_at: datetime

    @classmethod
    def of(cls, app: App) -> Self:
        """The app as it goes over the wire."""
        return cls.model_validate(app)


class OAuthMetadata(BaseModel):
    """What OAuth2 clients find the rest by (RFC 8414)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    service_documentation: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: bool


def _plain(view: ClientView) -> dict[str, object]:
    values = {name: getattr(view, name) for name in OAuthClientRead.model_fields}
    return {**values, "owner": Reference(id=view.owner_id, name=view.owner)}
