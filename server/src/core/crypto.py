"""Signatures: access tokens, and keyed hashes for forms, cursors and messages.

Every use derives its own key from the deployment's secret, so that what is signed for one purpose
is worthless for another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt

from src.core import clock, ids
from src.core.errors import Unauthenticated
from src.core.language import gettext as _

ALGORITHM = "HS256"
ISSUER = "aliquot"
AUDIENCE = "aliquot-api"
ACCESS = "access"
_REQUIRED = ["sub", "iat", "exp", "jti", "iss", "aud", "typ"]


class BadToken(Unauthenticated):
    """The access token is not ours, was altered, or has expired. Get a new one and try again."""

    code, title = "bad-token", "The access token is not valid"


def derive(secret: str, purpose: str) -> bytes:
    """32 bytes that belong to `purpose` alone (HKDF-SHA-256 with the purpose as its info)."""
    extracted = hmac.digest(b"aliquot", secret.encode(), hashlib.sha256)
    return hmac.digest(extracted, purpose.encode() + b"\x01", hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose access token it is, and the full second it was issued in."""

    user_id: UUID
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Keyring:
    """Signs and verifies with the deployment's secret; give it `settings.secret_key`'s value."""

    secret: str
    issuer: str = ISSUER

    def sign(self, purpose: str, message: str | bytes) -> str:
        """A keyed hash of `message` (URL-safe text) that only `verify` of one purpose accepts."""
        raw = message.encode() if isinstance(message, str) else message
        made = hmac.digest(derive(self.secret, purpose), raw, hashlib.sha256)
        return base64.urlsafe_b64encode(made).rstrip(b"=").decode()

    def verify(self, purpose: str, message: str | bytes, signature: str) -> bool:
        """Whether `signature` is ours, compared in constant time."""
        return hmac.compare_digest(self.sign(purpose, message).encode(), signature.encode())

    def access_token(self, user_id: UUID, *, lifetime: int) -> str:
        """A bearer token for a person, valid for `lifetime` seconds."""
        now = clock.now()
        return jwt.encode(
            {
                "iss": self.issuer,
                "aud": AUDIENCE,
                "sub": str(user_id),
                "iat": now,
                "exp": now + timedelta(seconds=lifetime),
                "jti": str(ids.new()),
                "typ": ACCESS,
            },
            derive(self.secret, "access token"),
            algorithm=ALGORITHM,
        )

    def bearer_of(self, token: str) -> Bearer:
        """Whose token it is, and since when. Raises `BadToken`."""
        try:
            claims = jwt.decode(
                token,
                derive(self.secret, "access token"),
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self.issuer,
                options={"require": _REQUIRED},
            )
            if claims["typ"] != ACCESS:
                raise jwt.InvalidTokenError("not an access token")  # noqa: TRY301
            issued_at = datetime.fromtimestamp(int(claims["iat"]), UTC)
            return Bearer(UUID(claims["sub"]), issued_at)
        except (jwt.InvalidTokenError, ValueError, OverflowError) as error:
            raise BadToken(_("Get a new access token from /api/v1/auth/token.")) from error
