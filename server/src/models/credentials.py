"""Tokens and keys on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from src.core.actor import Permission
from src.domain.accounts import tokens
from src.domain.accounts.credentials.key_views import KeyView, KeyWish, NewKey
from src.models.accounts import UserRead
from src.models.common import Line, Moment, Wire, absent

Secret = Annotated[str, Field(max_length=1000, json_schema_extra={"format": "password"})]
Scope = Annotated[
    str,
    Field(max_length=2000, description="Permissions, separated by spaces; empty: all you may."),
]
_ID = "0198c0de-5a7e-7000-8000-000000000001"


class TokenForm(BaseModel):
    """OAuth2's grants: by password, code, client and refresh (RFC 6749, sections 4 and 6)."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    grant_type: Annotated[
        str,
        Field(
            max_length=100,
            description="`password`, `refresh_token`; of third parties `authorization_code` and "
            "`client_credentials` too.",
        ),
    ] = "password"
    username: Annotated[str, Field(max_length=320, examples=["member@example.org"])] = ""
    password: Secret = ""
    refresh_token: Annotated[str, Field(max_length=4000)] = ""
    scope: Scope = ""
    client_id: Annotated[str, Field(max_length=200)] = ""
    client_secret: Annotated[
        str,
        Field(
            max_length=200,
            description="The second factor's code, if you have one; of a third party its secret.",
        ),
    ] = ""
    code: Annotated[str, Field(max_length=200, description="Of /oauth/authorize.")] = ""
    redirect_uri: Annotated[str, Field(max_length=2000, description="As it was asked with.")] = ""
    code_verifier: Annotated[
        str, Field(max_length=200, description="What `code_challenge` was made of (PKCE).")
    ] = ""


class RevokeForm(BaseModel):
    """A token to end (RFC 7009): an access token or a refresh token."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    token: Annotated[str, Field(min_length=1, max_length=4000)]
    token_type_hint: Annotated[str, Field(max_length=100)] = ""


class Token(BaseModel):
    """Tokens, in OAuth2's own form (RFC 6749, section 5.1)."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the type's name
    expires_in: int = Field(description="Seconds until the access token ends.")
    refresh_token: str | None = Field(None, description="Exchange it, once, for the next pair.")
    scope: str = Field("", description="The permissions asked for; empty: all you may.")

    @classmethod
    def of(cls, made: tokens.Tokens) -> Self:
        """The tokens as they go over the wire."""
        return cls(
            access_token=made.access,
            expires_in=made.expires_in,
            refresh_token=made.refresh,
            scope=" ".join(made.scope or ()),
        )


class TokenRefused(BaseModel):
    """A refusal, in OAuth2's own form (RFC 6749, section 5.2)."""

    error: str = Field(examples=["invalid_grant"])
    error_description: str


class LogInCreate(Wire):
    """Address, password, and the second factor's code where the account has one."""

    model_config = ConfigDict(str_strip_whitespace=False)

    email: Annotated[Line, Field(max_length=320, examples=["member@example.org"])]
    password: Secret
    second_factor: Annotated[
        Line | None, Field(max_length=200, description="A code of the app, or a backup code.")
    ] = None
    scope: Scope = ""


class LogInRead(Wire):
    """Tokens, and whose they are."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    refresh_token: str | None
    scope: str
    user: UserRead


class RefreshCreate(Wire):
    """The refresh token; it is used up by this."""

    refresh_token: Annotated[Line, Field(min_length=1, max_length=4000)]


class TokenRead(Wire):
    """The next pair of tokens."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    refresh_token: str | None
    scope: str


Name = Annotated[Line, Field(min_length=1, max_length=100, examples=["Nightly export"])]
Permissions = Annotated[
    Annotated[list[Permission], Field(max_length=100)] | None,
    Field(
        description="What it may do, of what you may. Null: all of it.",
        examples=[["bookings:read"]],
    ),
]
Scopes = Annotated[
    Annotated[list[Annotated[Line, Field(max_length=100)]], Field(max_length=50)] | None,
    Field(description="`team:<id>` or `resource:<id>`. Null: without bounds.", examples=[None]),
]
Addresses = Annotated[
    list[Annotated[Line, Field(max_length=50)]],
    Field(
        max_length=50,
        description="Networks it may be used from (CIDR); none: from anywhere.",
        examples=[[]],
    ),
]
End = Annotated[Moment | None, Field(description="When it ends. Null: when it is revoked.")]


class ApiKeyCreate(Wire):
    """A new key."""

    name: Name
    permissions: Permissions = None
    scopes: Scopes = None
    addresses: Addresses = Field(default_factory=list)
    expires_at: End = None
    signing: Annotated[
        Literal["never", "allowed", "required"],
        Field(description="Whether requests may, or have to, be signed (see `docs/signing.md`)."),
    ] = "never"

    def wish(self) -> KeyWish:
        """As the service takes it."""
        return KeyWish(
            name=self.name,
            permissions=self.permissions,
            scopes=self.scopes,
            addresses=self.addresses,
            expires_at=self.expires_at,
            signing=self.signing,
        )


class ApiKeyUpdate(Wire):
    """What may be changed of a key."""

    name: Name = absent()
    permissions: Permissions = None
    scopes: Scopes = None
    addresses: Addresses = absent()
    expires_at: End = None
    must_sign: StrictBool = absent()


class ApiKeyRotate(Wire):
    """How the old key ends, and the new one."""

    overlap_hours: Annotated[
        int, Field(strict=True, ge=0, le=168, description="So long the old key goes on.")
    ] = 24
    expires_at: End = None


class ApiKeyRead(Wire):
    """A key as its owner sees it; its secret is seen once, when it is made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "name": "Nightly export",
                    "prefix": "alq_k3v9m2x7pq",
                    "permissions": ["bookings:read"],
                    "scopes": None,
                    "addresses": ["192.0.2.0/24"],
                    "signing": "never",
                    "expires_at": "2027-11-21T09:00:00Z",
                    "revoked_at": None,
                    "last_used_at": None,
                    "last_used_ip": None,
                    "replaces_id": None,
                    "version": 1,
                    "created_at": "2026-11-21T09:00:00Z",
                    "updated_at": "2026-11-21T09:00:00Z",
                }
            ]
        }
    )

    id: UUID
    name: str
    prefix: str
    permissions: list[str] | None
    scopes: list[str] | None
    addresses: list[str]
    signing: Literal["never", "allowed", "required"]
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_ip: str | None
    replaces_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: KeyView) -> Self:
        """The key as it goes over the wire."""
        return cls.model_validate(view)


class ApiKeyCreated(ApiKeyRead):
    """A new key with its secrets, shown this once."""

    key: str = Field(description="Send it as `Authorization: Bearer …`.")
    signing_secret: str | None = Field(description="Signs requests; is itself never sent.")

    @classmethod
    def of_new(cls, made: NewKey) -> Self:
        """The key as it is handed over."""
        fields = ApiKeyRead.of(made.view).model_dump()
        return cls(**fields, key=made.key, signing_secret=made.signing_secret)
