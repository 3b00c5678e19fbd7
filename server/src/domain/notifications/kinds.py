"""What people can be told: each domain registers its kinds beside itself.

A text is English with named places. Its values come from the notification's `args`:
- `*_at`: an ISO time with offset; shown in the reader's zone and language,
- a name listed in `people`: a person's id; shown as their name at the time of reading,
- everything else as it stands.
`%(when)s` is the period of `starts_at` and `ends_at`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from src.domain.notifications.tables import Notification

MailPath = Callable[[Notification], str | None]


@dataclass(frozen=True, slots=True)
class NotificationKind:
    """One thing people are told. `facts` are the rows of the mail: (label, text).

    `mail_path` makes the path its mail leads to, when that is not the notification's link.
    """

    name: str
    title: str
    body: str
    action: str
    facts: tuple[tuple[str, str], ...] = ()
    people: frozenset[str] = frozenset()
    mail: bool = True
    mail_path: MailPath | None = None


_kinds: dict[str, NotificationKind] = {}


def kind(  # noqa: PLR0913 - what a notification is made of
    name: str,
    *,
    title: str,
    body: str,
    action: str,
    facts: tuple[tuple[str, str], ...] = (),
    people: tuple[str, ...] = (),
    mail: bool = True,
    mail_path: MailPath | None = None,
) -> NotificationKind:
    """Register a kind, once. Texts are marked with `language.mark` for the catalogues."""
    if name in _kinds:
        raise ValueError(f"the kind {name!r} is registered twice")
    made = NotificationKind(name, title, body, action, facts, frozenset(people), mail, mail_path)
    _kinds[name] = made
    return made


def find(name: str) -> NotificationKind:
    """The kind of that name; KeyError when no domain registered it."""
    return _kinds[name]


def find_or_none(name: str) -> NotificationKind | None:
    """The same for what is stored: an older or newer version may have written it."""
    return _kinds.get(name)


def registered() -> dict[str, NotificationKind]:
    """All kinds by name."""
    return dict(_kinds)
