"""The kinds of things that can be commented, linked, followed, mentioned in a summary or found.

Each noun registers itself beside its service; whatever hangs on all of them asks here, and never
knows the nouns. A thing one may not see does not exist here either.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.errors import NotFound
from src.core.language import gettext as _

# The titles of those the actor may see, in one statement.
Named = Callable[[AsyncSession, Actor, Collection[UUID]], Awaitable[dict[UUID, str]]]
# Raises where the actor may not write beside it: not seen, not allowed, archived.
Require = Callable[[AsyncSession, Actor, UUID], Awaitable[None]]
# Who hears of what is said about it, without following: author, owner, roles.
Concerned = Callable[[AsyncSession, UUID], Awaitable[set[UUID]]]
# Of these people those who may see it. None: whoever reads operations of its team.
Readers = Callable[[AsyncSession, UUID, Collection[UUID]], Awaitable[set[UUID]]]


class SubjectNotFound(NotFound):
    """There is no such thing, or you may not know of it."""

    code, title = "subject-not-found", "There is no such thing"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things. `words` is marked for translation, `path` holds `{id}`.

    `discussed`: asked before somebody comments on it or links from it; None: nobody does.
    `changed`: raises where nothing on it changes any more, for those too who only read it.
    """

    name: str
    words: str
    icon: str
    path: str
    named: Named
    discussed: Require | None = None
    concerned: Concerned | None = None
    readers: Readers | None = None
    changed: Require | None = None


@dataclass(frozen=True, slots=True)
class Thing:
    """One of them, as far as the reader may know of it."""

    kind: str
    id: UUID
    title: str
    path: str
    icon: str


_kinds: dict[str, Kind] = {}


def kind(made: Kind) -> None:
    """Register a kind, once."""
    if made.name in _kinds:
        raise ValueError(f"the subject {made.name!r} is registered twice")
    _kinds[made.name] = made


def kinds() -> dict[str, Kind]:
    """All kinds by name."""
    return dict(_kinds)


def find(name: str) -> Kind:
    """The kind of that name. Raises `SubjectNotFound`."""
    try:
        return _kinds[name]
    except KeyError:
        raise SubjectNotFound(_("There is no such kind of thing.")) from None


async def things(
    session: AsyncSession, actor: Actor, wanted: Iterable[tuple[str, UUID]]
) -> dict[tuple[str, UUID], Thing]:
    """Those the actor may see; one statement for each kind among them."""
    by_kind: dict[str, set[UUID]] = {}
    for name, thing_id in wanted:
        if name in _kinds:
            by_kind.setdefault(name, set()).add(thing_id)
    found: dict[tuple[str, UUID], Thing] = {}
    for name, thing_ids in by_kind.items():
        what = _kinds[name]
        for thing_id, title in (await what.named(session, actor, thing_ids)).items():
            path = what.path.format(id=thing_id)
            found[name, thing_id] = Thing(name, thing_id, title, path, what.icon)
    return found


async def require(session: AsyncSession, actor: Actor, subject: tuple[str, UUID]) -> Thing:
    """The thing. Raises `SubjectNotFound` where the actor may not know of it."""
    find(subject[0])
    found = await things(session, actor, [subject])
    if subject not in found:
        raise SubjectNotFound(_("It may have been removed, or you may not see it."))
    return found[subject]


async def require_discussed(session: AsyncSession, actor: Actor, subject: tuple[str, UUID]) -> None:
    """Raise what keeps the actor from writing beside the thing."""
    what = find(subject[0])
    if what.discussed is None:
        raise SubjectNotFound(_("Nobody comments on this kind of thing."))
    await what.discussed(session, actor, subject[1])


async def require_changing(session: AsyncSession, actor: Actor, subject: tuple[str, UUID]) -> None:
    """Raise where nothing on the thing, which the actor sees, changes any more: it is archived."""
    what = find(subject[0])
    if what.changed is not None:
        await what.changed(session, actor, subject[1])


async def audience(
    session: AsyncSession, subject: tuple[str, UUID], people: Collection[UUID]
) -> set[UUID]:
    """Of these people those who may see the thing."""
    what = find(subject[0])
    return set(people) if what.readers is None else await what.readers(session, subject[1], people)
