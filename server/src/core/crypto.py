"""Signatures: access tokens, and keyed hashes for forms, cursors and messages.

Every use derives its own key from the deployment's secret, so that what is signed for one purpose
is worthless for another. The secret is exchanged without anybody noticing: what an earlier one
signed still counts while the ring knows it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from src.core import clock, ids
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.settings import Settings

ALGORITHM = "HS256"
ISSUER = "aliquot"
AUDIENCE = "aliquot-api"
ACCESS = "access"
SEALED = 64  # bytes: what one SHA-512 covers
_MARK = 16  # bytes
_TOKEN = "access token"  # noqa: S105 - a purpose's name
_REQUIRED = ["sub", "sid", "iat", "exp", "jti", "iss", "aud", "typ", "scope"]


class BadToken(Unauthenticated):
    """The access token is not ours, was altered, or has expired. Get a new one and try again."""

    code, title = "bad-token", "The access token is not valid"


def derive(secret: str, purpose: str) -> bytes:
    """32 bytes that belong to `purpose` alone (HKDF-SHA-256 with the purpose as its info)."""
    extracted = hmac.digest(b"aliquot", secret.encode(), hashlib.sha256)
    return hmac.digest(extracted, purpose.encode() + b"\x01", hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose access token it is, and of which family.

    `scope` are the permissions it was asked for; empty: all of the person's.
    """

    user_id: UUID
    family_id: UUID
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keyring:
    """Signs with the deployment's secret; verifies with it and with those from before.

    `keyring_of` makes it from the settings.
    """

    secret: str
    issuer: str = ISSUER
    old: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The present one first."""
        return (self.secret, *self.old)

    def sign(self, purpose: str, message: str | bytes) -> str:
        """A keyed hash of `message` (URL-safe text) that only `verify` of one purpose accepts."""
        return next(self.signatures(purpose, message))

    def signatures(self, purpose: str, message: str | bytes) -> Iterator[str]:
        """What `sign` gives, and what it gave under each earlier secret."""
        raw = message.encode() if isinstance(message, str) else message
        for secret in self.secrets:
            made = hmac.digest(derive(secret, purpose), raw, hashlib.sha256)
            yield base64.urlsafe_b64encode(made).rstrip(b"=").decode()

    def verify(self, purpose: str, message: str | bytes, signature: str) -> bool:
        """Whether `signature` is ours, compared in constant time."""
        given = signature.encode()
        fits = [
            hmac.compare_digest(made.encode(), given) for made in self.signatures(purpose, message)
        ]
        return any(fits)

    def seal(self, purpose: str, message: bytes) -> str:
        """`message` unreadable and unalterable, as URL-safe text; only `unseal` of one purpose opens it.

        The same message seals the same (as SIV does, RFC 5297, with HMAC in the place of AES), so
        it holds what makes it one of its kind. At most `SEALED` bytes.
        """
        if len(message) > SEALED:
            raise ValueError("this is too long to be sealed")
        raw = _sealed(self.secret, purpose, message)
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def unseal(self, purpose: str, sealed: str) -> bytes | None:
        """What was sealed, with this secret or an earlier one; None when that is not ours."""
        try:
            padded = sealed + "=" * (-len(sealed) % 4)
            raw = base64.b64decode(padded.encode(), altchars=b"-_", validate=True)
        except ValueError:
            return None
        mark, hidden = raw[:_MARK], raw[_MARK:]
        for secret in self.secrets:
            message = _veiled(secret, purpose, mark, hidden)
            if hmac.compare_digest(_sealed(secret, purpose, message), raw):
                return message
        return None

    def access_token(
        self, user_id: UUID, *, family_id: UUID, lifetime: float, scope: Collection[str] = ()
    ) -> str:
        """A bearer token for a person's program, valid for `lifetime` seconds (RFC 9068's shape)."""
        import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

        now = clock.now()
        return jwt.encode(
            {
                "iss": self.issuer,
                "aud": AUDIENCE,
                "sub": str(user_id),
                "sid": str(family_id),
                "iat": now,
                "exp": now + timedelta(seconds=lifetime),
                "jti": str(ids.new()),
                "typ": ACCESS,
                "scope": " ".join(sorted(scope)),
            },
            derive(self.secret, _TOKEN),
            algorithm=ALGORITHM,
            headers={"kid": key_id(self.secret), "typ": "at+jwt"},
        )

    def bearer_of(self, token: str) -> Bearer:
        """Whose token it is, and since when. Raises `BadToken`."""
        import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

        try:
            claims = jwt.decode(
                token,
                derive(self._secret_of(token), _TOKEN),
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self.issuer,
                options={"require": _REQUIRED},
            )
            if claims["typ"] != ACCESS:
                raise jwt.InvalidTokenError("not an access token")  # noqa: TRY301
            return Bearer(
                UUID(claims["sub"]),
                UUID(claims["sid"]),
                tuple(claims["scope"].split()),
            )
        except (jwt.InvalidTokenError, ValueError, OverflowError, AttributeError) as error:
            raise bad_token() from error

    def _secret_of(self, token: str) -> str:
        """The secret that the token's header names. It chooses a key, never an algorithm."""
        import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

        named = jwt.get_unverified_header(token).get("kid")
        for secret in self.secrets:
            if key_id(secret) == named:
                return secret
        raise jwt.InvalidSignatureError("signed with a key that is not in the ring")


def _sealed(secret: str, purpose: str, message: bytes) -> bytes:
    mark = hmac.digest(derive(secret, f"{purpose}: mark"), message, hashlib.sha256)[:_MARK]
    return mark + _veiled(secret, purpose, mark, message)


def _veiled(secret: str, purpose: str, mark: bytes, message: bytes) -> bytes:
    """The message and a stream of bytes that only `mark` and the secret give; twice is once."""
    stream = hmac.digest(derive(secret, f"{purpose}: veil"), mark, hashlib.sha512)
    return bytes(one ^ other for one, other in zip(message, stream, strict=False))


def hash_of(secret: str) -> str:
    """What a row keeps of a random secret: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def key_id(secret: str) -> str:
    """The name of a signing key, which tells nothing of it."""
    return hashlib.sha256(derive(secret, "key id")).hexdigest()[:12]


def keyring_of(settings: Settings) -> Keyring:
    """The ring of a deployment."""
    return Keyring(settings.secret_key.get_secret_value(), old=settings.old_keys)


def bad_token() -> BadToken:
    """The refusal, and where to get a new one."""
    return BadToken(_("Get a new access token from /api/v1/auth/token."))
