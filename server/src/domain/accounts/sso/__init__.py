"""Single sign-on by any issuer of OpenID Connect that the settings name.

Invariants: an account is found by issuer and subject, never by an address; a log-in ends in the
browser where it was begun, once; roles that a directory gives are the only ones it takes; nothing is
asked of a provider while a transaction is open, and nothing for longer than five seconds.
"""

from __future__ import annotations

from src.core.settings import Settings
from src.domain.accounts.sso import (
    arriving,
    discovery,
    ending,
    errors,
    identities,
    pending,
    providers,
    verbs,
)
from src.domain.accounts.sso.arriving import Linked, begin, finish
from src.domain.accounts.sso.exchange import Answer
from src.domain.accounts.sso.identities import IdentityView
from src.domain.accounts.sso.pending import Begun

__all__ = [
    "Answer",
    "Begun",
    "IdentityView",
    "Linked",
    "arriving",
    "begin",
    "configure",
    "ending",
    "errors",
    "finish",
    "identities",
    "pending",
    "providers",
    "verbs",
]


def configure(settings: Settings) -> None:
    """Take over the deployment's providers; what was known of them is asked anew."""
    providers.configure(settings)
    discovery.forget()
