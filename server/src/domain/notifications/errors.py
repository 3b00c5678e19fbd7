"""What is refused about how people are told."""

from __future__ import annotations

from src.core.errors import Gone, Invalid


class BadPreference(Invalid):
    """A choice of how to be told that there is not: an unknown kind, or one that is always told.

    The kinds, and what each may be, stand in the list of preferences. Quiet hours have a beginning
    and an end, which differ.
    """

    code, title = "bad-preference", "This cannot be chosen"


class UnsubscribeLinkForged(Invalid):
    """The link of a mail was not copied whole, or is not ours. Change your preferences instead."""

    code, title = "unsubscribe-link-forged", "This link cannot be read"


class UnsubscribeLinkOver(Gone):
    """You chose anew after this mail was written, so its link says nothing any more.

    The link of a newer mail works, and so do the preferences.
    """

    code, title = "unsubscribe-link-over", "You have chosen anew since"
