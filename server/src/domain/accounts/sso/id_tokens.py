"""Tokens of a provider, proved: signed by it, for us, now, and for this log-in.

Nothing of a token is believed before its signature; its header chooses among the algorithms and
keys we allow.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from src.core.language import gettext as _
from src.core.providers import Provider
from src.domain.accounts.sso import discovery
from src.domain.accounts.sso.errors import BadLogOutToken, SignOnRefused
from src.domain.accounts.sso.fetching import Line

if TYPE_CHECKING:
    import jwt


SKEW = 60  # seconds that the provider's clock may differ from ours
LONGEST = 200_000  # letters
_ID = ("iss", "sub", "aud", "exp", "iat", "nonce")
_LOG_OUT = ("iss", "aud", "iat", "jti", "events")
LOG_OUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}
_TEXT = 255

log = structlog.get_logger(__name__)


async def prove(line: Line, raw: str, *, nonce: str, access_token: str) -> dict[str, Any]:
    """The claims of an ID token. Raises `SignOnRefused`, `ProviderAway`."""
    import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

    try:
        claims, algorithm = await _verified(line, raw, required=_ID)
        _require_text(claims, "sub")
        _require_nonce(claims, nonce)
        _require_access_token(claims, access_token, algorithm)
        if line.provider.preset == "azure" and claims.get("tid") != line.provider.tenant:
            raise jwt.InvalidTokenError("of another tenant")  # noqa: TRY301 - one way out
    except jwt.InvalidTokenError as error:
        log.warning("an ID token is refused", provider=line.provider.slug, why=str(error))
        raise refused(line.provider) from error
    return claims


async def prove_log_out(line: Line, raw: str) -> dict[str, Any]:
    """The claims of a log-out token. Raises `BadLogOutToken`, `ProviderAway`."""
    import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

    try:
        claims, _algorithm = await _verified(line, raw, required=_LOG_OUT)
        _require_text(claims, "jti")
        told = claims["events"]
        if not (isinstance(told, Mapping) and isinstance(told.get(LOG_OUT_EVENT), Mapping)):
            raise jwt.InvalidTokenError("it tells of no log-out")  # noqa: TRY301 - one way out
        if "nonce" in claims:
            raise jwt.InvalidTokenError("it has a nonce")  # noqa: TRY301
        if not any(isinstance(claims.get(name), str) for name in ("sub", "sid")):
            raise jwt.InvalidTokenError("it names nobody")  # noqa: TRY301
    except jwt.InvalidTokenError as error:
        log.warning("a log-out token is refused", provider=line.provider.slug, why=str(error))
        raise BadLogOutToken(_("It is not of this provider, not for us, or too old.")) from error
    return claims


def refused(provider: Provider) -> SignOnRefused:
    """The refusal of an answer."""
    return SignOnRefused(
        _("Begin again. What %(provider)s answered was not accepted.", provider=provider.label)
    )


async def _verified(line: Line, raw: str, *, required: Sequence[str]) -> tuple[dict[str, Any], str]:
    import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

    if len(raw) > LONGEST:
        raise jwt.InvalidTokenError("too long")
    header = jwt.get_unverified_header(raw)
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in discovery.ALGORITHMS or not isinstance(key_id, str | None):
        raise jwt.InvalidTokenError(f"signed by {algorithm!r}")
    keys = await discovery.keys_for(line, key_id, algorithm)
    for key in keys:
        try:
            claims = _decoded(line.provider, raw, key, algorithm, required)
        except jwt.InvalidSignatureError:
            continue
        _require_party(claims, line.provider.client_id)
        return claims, algorithm
    raise jwt.InvalidSignatureError("signed with none of its keys")


def _decoded(
    provider: Provider, raw: str, key: jwt.PyJWK, algorithm: str, required: Sequence[str]
) -> dict[str, Any]:
    import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

    claims: dict[str, Any] = jwt.decode(
        raw,
        key,
        algorithms=[algorithm],
        audience=provider.client_id,
        issuer=provider.issuer,
        leeway=SKEW,
        options={"require": list(required), "enforce_minimum_key_length": True},
    )
    return claims


def _require_party(claims: Mapping[str, Any], client_id: str) -> None:
    """A token for several is for us only where it says that we asked for it."""
    import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

    audience, party = claims["aud"], claims.get("azp")
    if party is None and isinstance(audience, list) and len(audience) > 1:
        raise jwt.InvalidTokenError("for several, asked for by nobody")
    if party is not None and party != client_id:
        raise jwt.InvalidTokenError("asked for by another program")


def _require_text(claims: Mapping[str, Any], name: str) -> None:
    import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

    value = claims[name]
    if not isinstance(value, str) or not 0 < len(value) <= _TEXT or "\x00" in value:
        raise jwt.InvalidTokenError(f"its {name} cannot be kept")


def _require_nonce(claims: Mapping[str, Any], nonce: str) -> None:
    import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

    told = claims["nonce"]
    if not isinstance(told, str) or not hmac.compare_digest(told.encode(), nonce.encode()):
        raise jwt.InvalidTokenError("made for another log-in")


def _require_access_token(claims: Mapping[str, Any], token: str, algorithm: str) -> None:
    """Where it says which access token belongs to it, it is this one."""
    import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

    told = claims.get("at_hash")
    if told is None:
        return
    digest = _HASHES.get(algorithm[-3:], hashlib.sha512)(token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    if not isinstance(told, str) or not hmac.compare_digest(told.rstrip("=").encode(), half):
        raise jwt.InvalidTokenError("it belongs to another access token")
