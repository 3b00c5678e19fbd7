"""What can be refused about keys, tokens and signatures."""

from __future__ import annotations

from src.core.crypto import BadToken
from src.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated


class BadRefreshToken(Unauthenticated):
    """The refresh token is not ours, was exchanged or revoked, or has expired. Log in again."""

    code, title = "bad-refresh-token", "The refresh token is not valid"


class RefreshTokenReused(BadRefreshToken):
    """The refresh token had been exchanged before, so two hold it: the log-in has ended.

    None of its tokens counts any more, and the person has been mailed. Log in again, and keep each
    refresh token in one place only.
    """

    code, title = "refresh-token-reused", "The refresh token was used before"
    keeps = True


class BadScope(Invalid):
    """A permission that was asked for does not exist, or is not yours to hand on."""

    code, title = "bad-scope", "The scope is not valid"


class BadApiKey(Invalid):
    """Something about the key cannot be as it was given; `errors` says which field and why."""

    code, title = "bad-api-key", "The key cannot be made like this"


class ApiKeyNotFound(NotFound):
    """You have no such key."""

    code, title = "api-key-not-found", "You have no such key"


class ApiKeyEnded(Conflict):
    """The key was revoked or has expired, and stays so. Make a new one."""

    code, title = "api-key-ended", "The key has ended"


class TooManyApiKeys(Conflict):
    """You have as many keys as one person may have. Revoke those that nothing uses any more."""

    code, title = "too-many-api-keys", "You have too many keys"


class NotFromHere(Forbidden):
    """The key may be used from certain addresses only, and this is none of them.

    The attempt is recorded.
    """

    code, title = "not-from-here", "The key may not be used from this address"
    keeps = True


class SignatureRequired(Unauthenticated):
    """The key takes signed requests only. Its secret signs them; the key itself is never sent."""

    code, title = "signature-required", "The request has to be signed"


class BadSignature(BadToken):
    """The signature does not fit the request, the key or the time. Nothing was done.

    The clock of whoever signs may be off by five minutes at the most.
    """

    code, title = "bad-signature", "The signature is not valid"


class RequestReplayed(BadToken):
    """A request with this nonce was taken before. Sign each request anew, with a fresh nonce."""

    code, title = "request-replayed", "The request was sent before"
    keeps = True


class PersonOnly(Forbidden):
    """Programs do this for nobody: log in as a person. Keys and third parties are refused here."""

    code, title = "person-only", "Only a person may do this"
