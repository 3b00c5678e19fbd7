"""What people are mailed about their keys and tokens. Nobody can turn these off."""

from __future__ import annotations

from src.core.language import mark
from src.domain.accounts import letters

_KEY = mark("%(key)s")
_ADDRESS = mark("%(ip)s")
_KEYS = "/me/api-keys"
_FACTS = ((mark("Key"), _KEY), (mark("Address"), _ADDRESS))

KEY_MADE = letters.kind(
    "api-key-made",
    title=mark("A key was made for your account"),
    body=mark(
        "A program can act for you with it from now on. If you did not make it, revoke it and "
        "change your password."
    ),
    action=mark("See your keys"),
    path=_KEYS,
    facts=_FACTS,
)
KEY_REPLACED = letters.kind(
    "api-key-replaced",
    title=mark("A key of yours was replaced"),
    body=mark(
        "The old key ends on %(ends_at)s. If you did not do this, revoke both and change your "
        "password."
    ),
    action=mark("See your keys"),
    path=_KEYS,
    facts=_FACTS,
)
KEY_REVOKED = letters.kind(
    "api-key-revoked",
    title=mark("A key of yours was revoked"),
    body=mark("No program can use it any more."),
    action=mark("See your keys"),
    path=_KEYS,
    facts=_FACTS,
)
NEW_ADDRESS = letters.kind(
    "api-key-new-address",
    title=mark("Your key was used from a new address"),
    body=mark(
        "A program acted for you from an address that this key was not used from before. If that "
        "was none of yours, revoke the key. You are told once a day at the most."
    ),
    action=mark("See your keys"),
    path=_KEYS,
    facts=_FACTS,
)
TOKEN_REUSED = letters.kind(
    "refresh-token-reused",
    title=mark("A program was logged out of your account"),
    body=mark(
        "A token of its was used a second time, as happens when somebody has copied it. Nothing "
        "that came of that log-in counts any more. If you know of no reason, change your password."
    ),
    action=mark("See your account"),
    path="/me",
    facts=((mark("Device"), mark("%(device)s")), (mark("Address"), _ADDRESS)),
)
