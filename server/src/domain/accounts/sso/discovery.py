"""What a provider publishes of itself: its addresses and its keys, remembered for an hour.

A key that is not known yet is asked for once more, but not more often than every half minute: so
keys may change at any time, and strangers' tokens cost the provider nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from src.core.providers import Provider, is_safe
from src.domain.accounts.sso import providers
from src.domain.accounts.sso.fetching import Line

if TYPE_CHECKING:
    import jwt


KEPT = 3600.0
ASKED_EVERY = 30.0
MOST_KEYS = 50
SMALLEST_RSA = 2048  # bits
# What only the provider can have signed: nothing unsigned, nothing made with a shared secret.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_PATH = "/.well-known/openid-configuration"
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_FURTHER = ("userinfo_endpoint", "end_session_endpoint")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a provider is asked for what."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    takes_basic: bool = True
    # It names itself in its answers (RFC 9207).
    says_issuer: bool = False


@dataclass(slots=True)
class _Known:
    metadata: Metadata | None = None
    metadata_until: float = 0.0
    keys: list[dict[str, Any]] = field(default_factory=list)
    keys_until: float = 0.0
    keys_asked_at: float = float("-inf")
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


_known: dict[tuple[str, str], _Known] = {}


def forget() -> None:
    """Ask every provider anew."""
    _known.clear()


async def metadata(line: Line) -> Metadata:
    """The provider's addresses. Raises `ProviderAway`."""
    known, now = _of(line.provider), time.monotonic()
    if known.metadata is None or known.metadata_until <= now:
        url = line.provider.issuer.rstrip("/") + _PATH
        known.metadata = _read(line, url, await line.get(url))
        known.metadata_until = now + KEPT
    return known.metadata


async def keys_for(line: Line, key_id: str | None, algorithm: str) -> list[jwt.PyJWK]:
    """The keys that may have signed, most often one; empty where there is none.

    Raises `ProviderAway`.
    """
    url = (await metadata(line)).jwks_uri
    known = _of(line.provider)
    async with known.asking:  # of several log-ins at once one asks
        now = time.monotonic()
        found = _usable(known.keys, key_id, algorithm) if known.keys_until > now else []
        if found or known.keys_asked_at > now - ASKED_EVERY:
            return found
        told = (await line.get(url)).get("keys")
        keys = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
        known.keys, known.keys_until = keys[:MOST_KEYS], now + KEPT
        known.keys_asked_at = now
    return _usable(known.keys, key_id, algorithm)


def _of(provider: Provider) -> _Known:
    return _known.setdefault((provider.slug, provider.issuer), _Known())


def _read(line: Line, url: str, found: Mapping[str, Any]) -> Metadata:
    if found.get("issuer") != line.provider.issuer:
        raise line.away("it calls itself something else", url)
    even_loopback = providers.deployment().even_loopback
    addresses: dict[str, str] = {}
    for name in (*_NEEDED, *_FURTHER):
        told = found.get(name)
        if isinstance(told, str) and is_safe(told, even_loopback=even_loopback):
            addresses[name] = told
        elif name in _NEEDED:
            raise line.away(f"it names no {name}", url)
    methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        **addresses,
        takes_basic="client_secret_basic" in methods,
        says_issuer=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _usable(keys: list[dict[str, Any]], key_id: str | None, algorithm: str) -> list[jwt.PyJWK]:
    """Those of this name, or of any where none is given, that fit the algorithm."""
    import jwt  # noqa: PLC0415 - it brings cryptography, which the worker does without

    found = []
    for one in keys:
        is_named = key_id is None or one.get("kid") == key_id
        if is_named and one.get("use", "sig") == "sig" and one.get("alg", algorithm) == algorithm:
            try:
                made = jwt.PyJWK(one, algorithm)
            except (jwt.InvalidKeyError, jwt.PyJWKError, ValueError, TypeError):
                continue  # of another kind than the algorithm
            if getattr(made.key, "key_size", SMALLEST_RSA) >= SMALLEST_RSA or one["kty"] != "RSA":
                found.append(made)
    return found
