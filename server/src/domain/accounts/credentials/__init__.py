"""Credentials of programs: tokens by log-in, keys, signed requests.

Invariants: a program never may more than its person may just then; secrets are shown once and kept
as hashes, or encrypted where the server computes with them; what is revoked, expired, or of
somebody suspended counts for nothing from that commit on; a credential is changed by its person
alone, never by a program.
"""

from __future__ import annotations

from src.domain.accounts.credentials import (
    api_keys,
    entering,
    key_use,
    oauth_apps,
    oauth_clients,
    oauth_codes,
    oauth_rules,
    oauth_verbs,
    reencryption,
    refresh,
    restricting,
    signing,
    tokens,
    verbs,
)

__all__ = [
    "api_keys",
    "entering",
    "key_use",
    "oauth_apps",
    "oauth_clients",
    "oauth_codes",
    "oauth_rules",
    "oauth_verbs",
    "reencryption",
    "refresh",
    "restricting",
    "signing",
    "tokens",
    "verbs",
]
