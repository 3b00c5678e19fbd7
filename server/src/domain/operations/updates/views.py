"""What the services of status updates take and give: plain frozen values, never rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from src.domain.operations.parties import Named
from src.domain.operations.subjects import Thing

Subject = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has to say to a team (None: to everybody). Texts are Markdown.

    What is brought from elsewhere says by whom and when it was said; that takes
    `operations:manage`, and nobody is told of it.
    """

    team_id: UUID | None = None
    done: str = ""
    next: str = ""
    needs: str = ""
    tags: Collection[str] = ()
    links: Collection[Subject] = ()
    author_id: UUID | None = None
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which updates; times are [from_, to) of when they were posted.

    None in `team_ids`: those to everybody.
    """

    author_ids: Collection[UUID] = ()
    team_ids: Collection[UUID | None] = ()
    tags: Collection[str] = ()
    q: str | None = None
    from_: datetime | None = None
    to: datetime | None = None


@dataclass(frozen=True, slots=True)
class UpdateView:
    """One person's word as one reader sees it.

    `title` is its beginning. `may_change` and `may_remove` are this reader's. What it leads to
    stands in `Whole`: how many there are may not be known to everybody.
    """

    id: UUID
    author: Named
    team: Named | None
    title: str
    done: str
    next: str
    needs: str
    tags: tuple[str, ...]
    comments: int
    acknowledgements: int
    is_acknowledged: bool
    posted_at: datetime
    edited_at: datetime | None
    may_change: bool
    may_remove: bool
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Whole:
    """An update with what it leads to and what leads to it."""

    update: UpdateView
    to: tuple[Thing, ...]
    from_: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """Who of a team said nothing to it in [starts_at, ends_at), the local days `first` to `last`."""

    team: Named
    timezone: str
    first: date
    last: date
    starts_at: datetime
    ends_at: datetime
    members: int
    silent: tuple[Named, ...]
