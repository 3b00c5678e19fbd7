"""Second factors: one-time codes of an app, passkeys, backup codes, and who must have one.

Invariants: secrets of apps are encrypted, codes of paper hashed, and both are shown once; a code
works once, to one of two at once; a challenge is answered once; whoever must have a factor cannot
remove the last one; every change is an event and a mail.

    factors.methods_of(session, user_id)                 what to ask for
    factors.totp.verify(session, user_id, code)          in a writing transaction
    factors.backup_codes.verify(session, user_id, code)
"""

from __future__ import annotations

from src.domain.accounts.factors import backup_codes, enforcement, passkeys, totp, verbs
from src.domain.accounts.factors.attestation import RelyingParty
from src.domain.accounts.factors.errors import (
    BadPasskeyName,
    FactorNeeded,
    MayNotReset,
    NoSuchFactor,
    NothingToBackUp,
    PasskeyNotTaken,
    PasskeyRefused,
    PasskeyTaken,
    SetUpNotBegun,
    TooManyPasskeys,
    WrongCode,
)
from src.domain.accounts.factors.holding import Factors, PasskeyView, has_factor, methods_of
from src.domain.accounts.factors.overview import Overview, overview
from src.domain.accounts.factors.resetting import reset

__all__ = [
    "BadPasskeyName",
    "FactorNeeded",
    "Factors",
    "MayNotReset",
    "NoSuchFactor",
    "NothingToBackUp",
    "Overview",
    "PasskeyNotTaken",
    "PasskeyRefused",
    "PasskeyTaken",
    "PasskeyView",
    "RelyingParty",
    "SetUpNotBegun",
    "TooManyPasskeys",
    "WrongCode",
    "backup_codes",
    "enforcement",
    "has_factor",
    "methods_of",
    "overview",
    "passkeys",
    "reset",
    "totp",
    "verbs",
]
