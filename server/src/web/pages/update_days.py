"""Updates by the reader's days, and the versions of one with what was changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby

from src.core import language
from src.core.language import mark
from src.domain.operations.decisions import difference
from src.domain.operations.discussion import CommentView, Named, RevisionView
from src.domain.operations.updates import UpdateView

PARTS = (("done", mark("Done")), ("next", mark("Next")), ("needs", mark("Needs")))


@dataclass(frozen=True, slots=True)
class Version:
    """A version: who wrote it and when; per part the pieces that stayed, went and came."""

    number: int
    by: Named | None
    at: datetime
    parts: tuple[tuple[str, tuple[difference.Piece, ...]], ...]


def by_day(found: Iterable[UpdateView]) -> list[tuple[date, list[UpdateView]]]:
    """The updates under the reader's days; they come in order of time."""
    zone = language.reader().zone
    return [
        (day, list(items))
        for day, items in groupby(found, lambda one: one.posted_at.astimezone(zone).date())
    ]


def midnight(day: date, timezone: str) -> datetime:
    """When a day begins for the reader."""
    return datetime.combine(day, time.min, tzinfo=language.zone_of(timezone)).astimezone(UTC)


def versions(one: UpdateView, kept: Sequence[RevisionView]) -> list[Version]:
    """All versions, the present one first; each against the one before it."""
    texts = [{name: str(each.content.get(name, "")) for name, _w in PARTS} for each in kept]
    texts.append({name: getattr(one, name) for name, _words in PARTS})
    written: list[tuple[Named | None, datetime]] = [(one.author, one.posted_at)]
    written += [(each.changed_by, each.changed_at) for each in kept]
    before: dict[str, str] = {}
    found = []
    for number, (text, (by, at)) in enumerate(zip(texts, written, strict=True), 1):
        # The first version has nothing to be compared with: all of it stands as it is.
        old = before or text
        parts = tuple(
            (words, difference.of(old[name], text[name]))
            for name, words in PARTS
            if old[name] or text[name]
        )
        found.append(Version(number, by, at, parts))
        before = text
    return found[::-1]


def versions_of_comment(one: CommentView, kept: Sequence[RevisionView]) -> list[Version]:
    """The same of a comment."""
    texts = [str(each.content.get("text", "")) for each in kept] + [one.text]
    written: list[tuple[Named | None, datetime]] = [(one.author, one.created_at)]
    written += [(each.changed_by, each.changed_at) for each in kept]
    pairs = zip([texts[0], *texts], texts, written, strict=False)
    return [
        Version(number, by, at, (("", difference.of(old, new)),))
        for number, (old, new, (by, at)) in enumerate(pairs, 1)
    ][::-1]
