"""What a timeline says by itself, in the reader's language: codes and arguments become sentences.

    wording.line("state-changed", mark("Moved from %(before)s to %(after)s"), words=STATES)

The arguments of a line stand in its details. Those named in `people` are ids of people, in
`resources` of resources, in `incidents` of incidents: each is called what the reader may know it
by. The others are codes, read in `words`, moments (`…_at`), or stand as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from src.core import language
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.operations.tables import EntryKind, IncidentRole, TaskPhase

ROLES = {
    IncidentRole.LEAD: mark("Lead"),
    IncidentRole.EHS_LIAISON: mark("EHS liaison"),
    IncidentRole.SCRIBE: mark("Scribe"),
    IncidentRole.RESPONDER: mark("Responder"),
}
PHASES = {
    TaskPhase.RESPONSE: mark("Response"),
    TaskPhase.CORRECTIVE: mark("Corrective"),
    TaskPhase.PREVENTIVE: mark("Preventive"),
}
KINDS = {
    EntryKind.NOTE: mark("Note"),
    EntryKind.UPDATE: mark("Update"),
    EntryKind.STATE: mark("State"),
    EntryKind.CHANGE: mark("Change"),
    EntryKind.ROLE: mark("Role"),
    EntryKind.TASK: mark("Task"),
    EntryKind.REVIEW: mark("Review"),
    EntryKind.RESOURCE: mark("Resource"),
    EntryKind.LINK: mark("Link"),
}
SOMEBODY, SOMETHING, ANOTHER = mark("somebody"), mark("something"), mark("another incident")


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, and what its arguments are."""

    text: str
    people: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    incidents: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids in a timeline are called, as far as its reader may know."""

    people: Mapping[UUID, str] = field(default_factory=dict)
    resources: Mapping[UUID, str] = field(default_factory=dict)
    incidents: Mapping[UUID, str] = field(default_factory=dict)


_lines: dict[str, Line] = {}


def line(
    code: str,
    text: str,
    *,
    people: Iterable[str] = (),
    resources: Iterable[str] = (),
    incidents: Iterable[str] = (),
    words: Mapping[Any, str] | None = None,
) -> None:
    """Say how a code reads, once. `text` is marked, and stands without a full stop."""
    if code in _lines:
        raise ValueError(f"the line {code!r} is said twice")
    known = {str(key): value for key, value in (words or {}).items()}
    _lines[code] = Line(text, frozenset(people), frozenset(resources), frozenset(incidents), known)


def wanted(details: Iterable[Mapping[str, Any]]) -> tuple[set[UUID], set[UUID], set[UUID]]:
    """The ids of people, resources and incidents that these lines speak of."""
    people: set[UUID] = set()
    resources: set[UUID] = set()
    incidents: set[UUID] = set()
    for one in details:
        known = _lines.get(str(one.get("code", "")))
        if known is None:
            continue
        for names, found in (
            (known.people, people), (known.resources, resources), (known.incidents, incidents)
        ):  # fmt: skip
            found |= {made for name in names if (made := _id(one.get(name))) is not None}
    return people, resources, incidents


def sentence(kind: EntryKind, details: Mapping[str, Any], names: Names) -> str:
    """What a line says by itself; of one that another version wrote, only what kind it is."""
    code = str(details.get("code", ""))
    if not code:
        return ""
    known = _lines.get(code)
    if known is None:
        return _(KINDS[kind])
    return _(known.text) % _Values(
        {key: _value(known, key, value, names) for key, value in details.items()}
    )


class _Values(dict[str, str]):
    """What was not said reads as something."""

    def __missing__(self, key: str) -> str:
        return _(SOMETHING)


def _value(known: Line, key: str, value: object, names: Names) -> str:
    found = _id(value)
    for keys, named, unknown in (
        (known.people, names.people, SOMEBODY),
        (known.resources, names.resources, SOMETHING),
        (known.incidents, names.incidents, ANOTHER),
    ):
        if key in keys:
            return (named.get(found) if found else None) or _(unknown)
    if isinstance(value, str) and value in known.words:
        return _(known.words[value])
    if key.endswith("_at") and isinstance(value, str):
        return language.format_moment(datetime.fromisoformat(value))
    return "" if value is None else str(value)


def _id(value: object) -> UUID | None:
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        return None


line("reported", mark("Reported"))
_ROLE_PEOPLE = ("person", "before")
line("role-given", mark("%(role)s: %(person)s"), people=_ROLE_PEOPLE, words=ROLES)
line(
    "role-handed-over",
    mark("%(role)s: handed over from %(before)s to %(person)s"),
    people=_ROLE_PEOPLE,
    words=ROLES,
)
line(
    "role-ended",
    mark("%(role)s: %(person)s no longer, nobody instead"),
    people=_ROLE_PEOPLE,
    words=ROLES,
)
line("task-added", mark("Task: %(title)s"))
line("task-given", mark("Task: %(title)s, for %(person)s"), people=("person",))
line("task-changed", mark("Task changed: %(title)s"))
line("task-done", mark("Task done: %(title)s"))
line("task-dropped", mark("Task dropped: %(title)s"))
line("task-open", mark("Task opened again: %(title)s"))
line("review-begun", mark("Review begun"))
line("review-signed", mark("Review signed off"))
line("review-reopened", mark("Signature of the review taken back"))
