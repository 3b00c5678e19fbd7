"""What can happen, in words: every verb of the record is declared here by the domain it belongs to.

    LOGGED_IN = events.verb("user.logged_in", mark("Logged in"), kind=Kind.LOG_IN)

Pages show the words, the audit log filters by kind, and a test holds every `events.record` to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from src.core.language import mark


class Kind(StrEnum):
    """What an auditor asks for. Every kind has at least one verb."""

    LOG_IN = "log-in"
    FAILED_LOG_IN = "failed-log-in"
    LOG_OUT = "log-out"
    CREDENTIAL_CHANGED = "credential-changed"
    NEW_ADDRESS = "new-address"
    PERMISSION_GRANTED = "permission-granted"
    PERMISSION_REVOKED = "permission-revoked"
    RESTRICTED_READ = "restricted-read"
    DATA_CHANGED = "data-changed"
    ADMINISTRATION = "administration"
    SECURITY = "security"
    SYSTEM_ERROR = "system-error"


KINDS = {
    Kind.LOG_IN: mark("Log-in"),
    Kind.FAILED_LOG_IN: mark("Failed log-in"),
    Kind.LOG_OUT: mark("Log-out"),
    Kind.CREDENTIAL_CHANGED: mark("Password, factor or key changed"),
    Kind.NEW_ADDRESS: mark("Used from a new place"),
    Kind.PERMISSION_GRANTED: mark("Permission given"),
    Kind.PERMISSION_REVOKED: mark("Permission taken away"),
    Kind.RESTRICTED_READ: mark("Restricted data read"),
    Kind.DATA_CHANGED: mark("Data changed"),
    Kind.ADMINISTRATION: mark("Administrator's action"),
    Kind.SECURITY: mark("Security event"),
    Kind.SYSTEM_ERROR: mark("System error"),
}


class Class(StrEnum):
    """What retention is decided for: how long the personal part of an event is kept."""

    SECURITY = "security"
    BOOKINGS = "bookings"
    OTHER = "other"


CLASSES = {
    Class.SECURITY: mark("Log-ins, credentials, permissions and security events"),
    Class.BOOKINGS: mark("Bookings"),
    Class.OTHER: mark("Everything else"),
}
_NO_SECURITY = frozenset({Kind.DATA_CHANGED, Kind.ADMINISTRATION, Kind.SYSTEM_ERROR})
_BOOKINGS = frozenset({"booking", "series", "waiting"})


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: its name "booking.confirmed", its words to be translated, and its kind."""

    name: str
    words: str
    kind: Kind

    @property
    def area(self) -> str:
        """What stands before the dot."""
        return self.name.partition(".")[0]

    @property
    def retained_as(self) -> Class:
        """The class its retention is decided for."""
        if self.area in _BOOKINGS:
            return Class.BOOKINGS
        return Class.OTHER if self.kind in _NO_SECURITY else Class.SECURITY


declared: dict[str, Verb] = {}


def verb(name: str, words: str, *, kind: Kind = Kind.DATA_CHANGED) -> str:
    """Declare a verb, once, beside the domain that records it; its name.

    `words` is a marked text that stands alone: "Logged in".
    """
    if name in declared:
        raise ValueError(f"the verb {name!r} is declared twice")
    declared[name] = Verb(name, words, kind)
    return name


def words_of(name: str) -> str:
    """The words of a verb, to be translated; of one that no code records any more, its name."""
    found = declared.get(name)
    if found is not None:
        return found.words
    return name.partition(".")[2].replace("_", " ").replace("-", " ").capitalize() or name


def of_kinds(kinds: Iterable[Kind]) -> list[str]:
    """The names of all verbs of these kinds."""
    wanted = frozenset(kinds)
    return [each.name for each in declared.values() if each.kind in wanted]


def of_class(class_: Class) -> list[str]:
    """The names of all verbs whose retention is decided together."""
    return [each.name for each in declared.values() if each.retained_as is class_]
