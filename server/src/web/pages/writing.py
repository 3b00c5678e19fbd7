"""What forms of everything the team writes have in common: tags and links, typed or picked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain import operations
from src.web.forms import Form

MOST_COMMENTS = 200  # that a page shows
Subject = tuple[str, UUID]
_BETWEEN = re.compile(r"[\s,;]+")
_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Linked:
    """Something that is linked, as the form shows it; `key` is what the form sends."""

    key: str
    title: str
    icon: str


def id_of(text: str) -> UUID | None:
    """The id that a text is, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def tags_of(form: Form) -> list[str]:
    """The words of the field `tags`; the service judges them."""
    return [word for text in form.lists.get("tags", ()) for word in _BETWEEN.split(text) if word]


def links_of(form: Form) -> list[Subject] | None:
    """The things of the field `links`; None, and a fault at the field, where a line is none."""
    found: list[Subject] = []
    for line in _lines(form):
        thing = _thing(line)
        if thing is None:
            text = _("This leads to nothing here: %(line)s", line=line[:100])
            form.add("links", "bad-link", text)
            return None
        found.append(thing)
    return found


async def linked(session: AsyncSession, actor: Actor, form: Form) -> list[Linked]:
    """What the form links so far, with titles; one statement for each kind among it."""
    wanted = dict.fromkeys(thing for line in _lines(form) if (thing := _thing(line)))
    seen = await operations.subjects.things(session, actor, wanted)
    found = [(f"{kind}:{id_}", seen[kind, id_]) for kind, id_ in wanted if (kind, id_) in seen]
    # What was an address is a box from here on.
    keys = [key for key, _thing_ in found]
    form.lists["links"] = keys + [line for line in _lines(form) if _key(line) not in keys]
    return [Linked(key, thing.title, thing.icon) for key, thing in found]


def keys_of(things: Iterable[operations.subjects.Thing]) -> list[str]:
    """What the field `links` holds at first."""
    return [f"{one.kind}:{one.id}" for one in things]


def with_links(form: Form, things: Sequence[operations.subjects.Thing]) -> Form:
    """The form with what is linked now."""
    form.lists["links"] = keys_of(things)
    return form


def _lines(form: Form) -> list[str]:
    texts = form.lists.get("links", ())
    return [line.strip() for text in texts for line in text.splitlines() if line.strip()]


def _key(line: str) -> str:
    thing = _thing(line)
    return f"{thing[0]}:{thing[1]}" if thing else line


def _thing(line: str) -> Subject | None:
    """`type:id`, or the address of a page here, whole or only its path."""
    kinds = operations.subjects.kinds()
    name, _colon, rest = line.partition(":")
    if name in kinds and _ID.fullmatch(rest):
        return name, UUID(rest)
    try:
        path = urlsplit(line).path if len(line) < 2000 else ""
    except ValueError:  # "http://[" is no address
        return None
    for kind in kinds.values():
        before, _middle, after = kind.path.partition("{id}")
        found = re.search(
            f"(?:^|/){re.escape(before.lstrip('/'))}({_ID.pattern}){re.escape(after)}$", path
        )
        if found:
            return kind.name, UUID(found[1])
    return None
