"""What people are mailed about ways in by single sign-on. Nobody can turn these off."""

from __future__ import annotations

from src.core.language import mark
from src.domain.accounts import letters

_FACTS = ((mark("Provider"), "%(provider)s"), (mark("When"), "%(happened_at)s"))

LINKED = letters.kind(
    "identity-linked",
    title=mark("Single sign-on was linked to your account"),
    body=mark(
        "One can now log in to your account at %(institute)s by %(provider)s. "
        "If it was not you, unlink it and change your password at once."
    ),
    action=mark("See what is linked"),
    path="/me/identities",
    facts=_FACTS,
)
UNLINKED = letters.kind(
    "identity-unlinked",
    title=mark("Single sign-on was unlinked from your account"),
    body=mark(
        "One can no longer log in to your account at %(institute)s by this identity of "
        "%(provider)s. If it was not you, change your password at once."
    ),
    action=mark("See what is linked"),
    path="/me/identities",
    facts=_FACTS,
)
