"""What people can be told: each domain registers its kinds beside itself.

A text is English with named places. Its values come from the notification's `args`:
- `*_at`: an ISO time with offset; shown in the reader's zone and language,
- a name listed in `people`: a person's id; shown as their name at the time of reading,
- everything else as it stands.
`%(when)s` is the period of `starts_at` and `ends_at`.

People choose for each kind how they hear of it on each channel (`preferences`), except for what
they are owed: safety, and what others decided about what is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from src.domain.notifications.tables import Mode, Notification

MailPath = Callable[[Notification], str | None]


class Channel(StrEnum):
    """A way by which people are told."""

    APP = "app"
    MAIL = "mail"


# In the application a thing stands in the list or it does not; a letter can wait for the others.
MODES: Mapping[Channel, tuple[Mode, ...]] = {
    Channel.APP: (Mode.IMMEDIATE, Mode.OFF),
    Channel.MAIL: (Mode.IMMEDIATE, Mode.DIGEST, Mode.OFF),
}


@dataclass(frozen=True, slots=True)
class NotificationKind:
    """One thing people are told. `facts` are the rows of the mail: (label, text).

    `mail_path` makes the path its mail leads to, when that is not the notification's link.
    `default` says how whoever chose nothing hears of it. Nobody can turn off what they are owed;
    `is_safety` is owed too, and waits for no quiet hours.
    """

    name: str
    title: str
    body: str
    action: str
    facts: tuple[tuple[str, str], ...] = ()
    people: frozenset[str] = frozenset()
    mail_path: MailPath | None = None
    group: str = ""
    is_safety: bool = False
    is_owed: bool = False
    default: Mapping[Channel, Mode] = field(default_factory=dict)

    @property
    def is_fixed(self) -> bool:
        """Whether nobody chooses how they hear of it."""
        return self.is_owed or self.is_safety

    def by_default(self, channel: Channel) -> Mode:
        """How whoever chose nothing hears of it."""
        return Mode.IMMEDIATE if self.is_fixed else self.default.get(channel, Mode.IMMEDIATE)


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds that belong together among the preferences."""

    name: str
    words: str
    rank: int


_kinds: dict[str, NotificationKind] = {}
_groups: dict[str, Group] = {}
_LAST = 1000


def group(name: str, words: str, *, rank: int) -> None:
    """Name a group of kinds, once; `words` are marked with `language.mark`."""
    if name in _groups:
        raise ValueError(f"the group {name!r} is named twice")
    _groups[name] = Group(name, words, rank)


def groups() -> list[Group]:
    """Every group that has kinds, in its order; those nobody named last."""
    found = {what.group for what in _kinds.values()}
    named = [
        _groups.get(name) or Group(name, name.replace("-", " ").capitalize(), _LAST)
        for name in found
    ]
    return sorted(named, key=lambda one: (one.rank, one.name))


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
    group: str = "",
    is_safety: bool = False,
    is_owed: bool = False,
    default: Mapping[str, Mode] | None = None,
) -> NotificationKind:
    """Register a kind, once. Texts are marked with `language.mark` for the catalogues.

    `group` is where it stands among the preferences (the part before the dot); `mail=False` is
    short for a default of no mail, `default` is `{"mail": Mode.DIGEST}` and the like.
    """
    if name in _kinds:
        raise ValueError(f"the kind {name!r} is registered twice")
    chosen = {Channel(channel): mode for channel, mode in (default or {}).items()}
    if not mail:
        chosen.setdefault(Channel.MAIL, Mode.OFF)
    if any(mode not in MODES[channel] for channel, mode in chosen.items()):
        raise ValueError(f"the kind {name!r} has a default that its channel does not know")
    made = _kinds[name] = NotificationKind(
        name,
        title,
        body,
        action,
        facts,
        frozenset(people),
        mail_path,
        group or name.split(".", 1)[0],
        is_safety,
        is_owed,
        chosen,
    )
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
