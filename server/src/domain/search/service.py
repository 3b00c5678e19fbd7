"""Asking every source."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from urllib.parse import quote_plus

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import finding, language, words
from src.core.actor import Actor
from src.core.finding import Hit
from src.core.language import gettext as _

MOST = 20


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind, under its title; `more` is the page with the rest of it."""

    kind: str
    title: str
    hits: tuple[Hit, ...]
    has_more: bool
    more: str | None


async def find(
    session: AsyncSession,
    actor: Actor,
    q: str,
    limit_per_kind: int = 5,
    *,
    kinds: Collection[str] = (),
) -> list[Group]:
    """What holds every word of `q`, in groups by kind; kinds without a hit are left out.

    Of these `kinds` alone, where some are named. One statement a kind, whatever is found. At most
    20 hits of each kind.
    """
    limit = max(1, min(limit_per_kind, MOST))
    groups: list[Group] = []
    if not finding.words_of(q):
        return groups
    with language.reading_as(timezone=actor.timezone):
        for source in finding.sources():
            if not actor.may_anywhere(source.permission) or (kinds and source.kind not in kinds):
                continue
            hits = await source.find(session, actor, q, limit + 1)
            if hits:
                groups.append(_group(source, hits, q, limit))
    return groups


def kinds_for(actor: Actor) -> list[tuple[str, str]]:
    """What the actor can look for: kinds with their titles, in their order."""
    return [
        (source.kind, _(source.title))
        for source in finding.sources()
        if actor.may_anywhere(source.permission)
    ]


def _group(source: finding.Source, hits: list[Hit], q: str, limit: int) -> Group:
    has_more = len(hits) > limit
    listing = source.listing or ""
    joint = "&" if "?" in listing else "?"
    more = f"{listing}{joint}q={quote_plus(q)}" if has_more and listing else None
    sought = words.sought(q)
    shown = tuple(
        replace(hit, title_pieces=words.pieces(hit.title, sought)) for hit in hits[:limit]
    )
    return Group(source.kind, _(source.title), shown, has_more, more)
