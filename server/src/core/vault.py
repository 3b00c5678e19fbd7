"""Secrets that must be read again (a one-time code's seed, a signing secret), encrypted at rest.

AES-256-GCM under a ring of keys: the first encrypts, all of them decrypt, so a key is exchanged
without anybody noticing. What is encrypted for one purpose and one owner cannot be moved to another.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from src.core.crypto import derive
from src.core.errors import Unavailable
from src.core.settings import Settings

_NONCE = 12
_VERSION = "v1"


class KeyLost(Unavailable):
    """A stored secret was encrypted with a key that this process was not given.

    Add the key to ALIQUOT_ENCRYPTION_KEYS again; without it the secret has to be set up anew.
    """

    code, title = "key-lost", "The key of a stored secret is missing"


@dataclass(frozen=True, slots=True)
class Vault:
    """Encrypts with the first of its keys and decrypts with any. Keys are long random texts."""

    keys: Sequence[str]

    def encrypt(self, purpose: str, text: str) -> str:
        """The text as it may be stored; `purpose` names its use and its owner."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - large, and seldom needed by the worker

        key, nonce = _key(self.keys[0]), secrets.token_bytes(_NONCE)
        sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), purpose.encode())
        return f"{_VERSION}.{_id(self.keys[0])}.{base64.urlsafe_b64encode(sealed).decode()}"

    def decrypt(self, purpose: str, stored: str) -> str:
        """The text again. Raises `KeyLost`."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        _version, _, rest = stored.partition(".")
        name, _, sealed = rest.partition(".")
        for key in self.keys:
            if _id(key) == name:
                raw = base64.urlsafe_b64decode(sealed)
                try:
                    found = AESGCM(_key(key)).decrypt(raw[:_NONCE], raw[_NONCE:], purpose.encode())
                except InvalidTag as error:
                    raise KeyLost("A stored secret was altered.") from error
                return found.decode()
        raise KeyLost(f"The key {name} is not in ALIQUOT_ENCRYPTION_KEYS.")

    def is_current(self, stored: str) -> bool:
        """Whether it was encrypted with the first key."""
        return stored.startswith(f"{_VERSION}.{_id(self.keys[0])}.")


def create_vault(settings: Settings) -> Vault:
    """The vault of a deployment: its encryption keys, else what its secret keys give."""
    given = _words(settings.encryption_keys.get_secret_value())
    if given:
        return Vault(given)
    return Vault([settings.secret_key.get_secret_value(), *settings.old_keys])


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _key(key: str) -> bytes:
    return derive(key, "vault")


def _id(key: str) -> str:
    return hashlib.sha256(derive(key, "vault id")).hexdigest()[:8]
