"""Second factors on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from src.domain.accounts.factors import Overview, PasskeyView
from src.domain.accounts.factors.passkeys import LONGEST_NAME
from src.domain.accounts.factors.totp import SetUp
from src.models.common import Line, Text, Wire

PasskeyName = Annotated[Line, Field(min_length=1, max_length=LONGEST_NAME, examples=["Phone"])]
Answer = Annotated[
    dict[str, Any],
    Field(description="What the browser answered: the credential's `toJSON()`."),
]


class PasskeyRead(Wire):
    """A passkey of one's own."""

    id: UUID
    name: str
    is_backed_up: bool = Field(description="Synced by whoever keeps it.")
    created_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, view: PasskeyView) -> Self:
        """From the service's view."""
        return cls.model_validate(view)


class FactorsRead(Wire):
    """What is set up; secrets are never read again."""

    is_needed: bool = Field(description="Whether a role wants a second factor.")
    due_at: datetime | None = Field(description="Until when one may do without, if one does.")
    totp_since: datetime | None
    passkeys: list[PasskeyRead]
    backup_codes_left: int
    backup_codes_made_at: datetime | None

    @classmethod
    def of(cls, found: Overview) -> Self:
        """From the service's view."""
        factors = found.factors
        return cls(
            is_needed=found.is_needed,
            due_at=found.due_at,
            totp_since=factors.totp_since,
            passkeys=[PasskeyRead.of(one) for one in factors.passkeys],
            backup_codes_left=factors.backup_codes_left,
            backup_codes_made_at=factors.backup_codes_made_at,
        )


class TotpRead(Wire):
    """What an authenticator app is told. Shown by this answer alone."""

    secret: str = Field(description="Base32.", examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    uri: str = Field(description="The same as a QR code says it: `otpauth://totp/…`.")
    until: datetime = Field(description="Confirm it until then.")

    @classmethod
    def of(cls, made: SetUp) -> Self:
        """From the service's view."""
        return cls(secret=made.secret, uri=made.uri, until=made.until)


class TotpConfirm(Wire):
    """The first code that the app shows."""

    code: Annotated[Text, Field(min_length=1, max_length=20, examples=["123456"])]


class BackupCodesRead(Wire):
    """Ten codes, shown by this answer alone."""

    codes: list[str]


class PasskeyOptions(Wire):
    """What `navigator.credentials.create` is given, and the token to send with its answer."""

    options: dict[str, Any]
    token: str


class PasskeyCreate(Wire):
    """A new passkey: the browser's answer, the token of its challenge, and a name."""

    name: PasskeyName
    token: Annotated[Text, Field(max_length=100)]
    credential: Answer


class PasskeyUpdate(Wire):
    """Another name."""

    name: PasskeyName
