"""Events as tables of pages tell them: what happened, who did it, and to what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from src.core import verbs
from src.core.actor import ActorKind
from src.core.audit import EventView, Filter
from src.core.language import gettext as _
from src.core.language import mark
from src.core.verbs import Kind

SUBJECTS = {
    "app": mark("App"),
    "archive": mark("Archive"),
    "booking": mark("Booking"),
    "closure": mark("Closure"),
    "events": mark("Record"),
    "file": mark("File"),
    "institute": mark("Institute"),
    "job": mark("Job"),
    "location": mark("Place"),
    "oauth_client": mark("Program"),
    "operation": mark("Operation"),
    "policy": mark("Rules"),
    "request": mark("Request to the server"),
    "resource": mark("Resource"),
    "resource-set": mark("Set of resources"),
    "resource-type": mark("Type"),
    "role": mark("Role"),
    "schedule": mark("Periodic work"),
    "team": mark("Team"),
    "user": mark("Person"),
}
# Subjects that have a page of their own.
PAGES = {"booking": "/bookings/{}", "resource": "/resources/{}", "operation": "/operations/{}",
         "archive": "/events/archives/{}"}  # fmt: skip
_KIND = "kind:"


@dataclass(frozen=True, slots=True)
class Row:
    """An event as a list tells it."""

    event: EventView
    what: str
    who: str
    subject: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Choices:
    """A heading and what can be chosen below it: values and marked texts."""

    heading: str
    options: list[tuple[str, str]]


def what() -> list[Choices]:
    """Everything that can happen: what an auditor asks for, then every verb below its subject."""
    kinds = [(f"{_KIND}{kind}", words) for kind, words in verbs.KINDS.items()]
    made = [Choices(mark("Kinds"), kinds)]
    declared = sorted(verbs.declared.values(), key=lambda one: (one.area, one.words))
    for area, found in groupby(declared, key=lambda one: one.area):
        named = [(one.name, one.words) for one in found]
        heading = SUBJECTS.get(area) or area.replace("_", " ").replace("-", " ").capitalize()
        made.append(Choices(heading, [(f"{area}.", mark("All of these")), *named]))
    return made


def chosen(value: str | None) -> tuple[list[str], list[Kind]]:
    """The verbs and kinds that one of those values, or a verb that was typed, stands for."""
    if value and value.startswith(_KIND):
        kind = value.removeprefix(_KIND)
        return [], [Kind(kind)] if kind in set(Kind) else []
    return [value] if value else [], []


def people_of(found: Iterable[EventView], wanted: Filter | None = None) -> set[UUID]:
    """Everybody whose name the rows need."""
    people: set[UUID] = {wanted.actor_id} if wanted is not None and wanted.actor_id else set()
    for one in found:
        if one.actor_id:
            people.add(one.actor_id)
        if one.subject_type == "user" and one.subject_id:
            people.add(one.subject_id)
    return people


def who_of(event: EventView, named: Mapping[UUID, str]) -> str:
    """Who did it: a person, Aliquot itself, or somebody who was not logged in."""
    if event.actor_id is not None:
        return named.get(event.actor_id, "…")
    return "Aliquot" if event.actor_kind is ActorKind.SYSTEM else _("Somebody not logged in")


def row_of(event: EventView, named: Mapping[UUID, str]) -> Row:
    """An event, with the names of its people."""
    subject, link = "", PAGES.get(event.subject_type)
    if event.subject_id is not None:
        subject = named.get(event.subject_id) or str(event.subject_id)[-8:]
    is_linked = link is not None and event.subject_id is not None
    return Row(
        event,
        verbs.words_of(event.verb),
        who_of(event, named),
        subject,
        link.format(event.subject_id) if link is not None and is_linked else None,
    )
