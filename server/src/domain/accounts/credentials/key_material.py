"""What a key is made of: `alq_<prefix>_<secret>`, and the secret that signs."""

from __future__ import annotations

import re
import secrets
from uuid import UUID

from src.core.crypto import hash_of
from src.domain.accounts.secrets import holds, vault
from src.domain.accounts.tables import ApiKey

MARK = "alq_"
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that is taken for another
PREFIX_LENGTH = 10
_KEY = re.compile(rf"{MARK}([{LETTERS}]{{{PREFIX_LENGTH}}})_[A-Za-z0-9_-]{{43}}")
_NAME = re.compile(rf"{MARK}([{LETTERS}]{{{PREFIX_LENGTH}}})")


def mint(row: ApiKey, *, can_sign: bool) -> tuple[str, str | None]:
    """Give the row its prefix and what is kept of its secrets; the secrets, to be shown once."""
    row.prefix = "".join(secrets.choice(LETTERS) for _each in range(PREFIX_LENGTH))
    key = f"{MARK}{row.prefix}_{secrets.token_urlsafe(32)}"
    row.key_hash = hash_of(key)
    signing_secret = None
    if can_sign:
        signing_secret = secrets.token_urlsafe(32)
        row.signing_secret = vault().encrypt(signing_purpose(row.id), signing_secret)
    return key, signing_secret


def signing_purpose(key_id: UUID) -> str:
    """What a signing secret is encrypted for, so that it fits this key alone."""
    return f"signing secret of key {key_id}"


def is_key(text: str) -> bool:
    """Whether it is meant to be a key of ours, valid or not."""
    return text.startswith(MARK)


def prefix_of(key: str) -> str | None:
    """The prefix in a whole key; None where it is none."""
    found = _KEY.fullmatch(key)
    return found[1] if found else None


def prefix_in_name(name: str) -> str | None:
    """The prefix in `alq_<prefix>`, as signatures name a key."""
    found = _NAME.fullmatch(name)
    return found[1] if found else None


holds(ApiKey.signing_secret, id_=ApiKey.id, purpose=signing_purpose)
