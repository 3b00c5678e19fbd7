"""Mentions: `[@Ada Byron](/people/<id>)` in a text, or a team's `[@Optics](/teams/<id>)`.

They read as links wherever Markdown is shown, and whoever is named is told, once.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain.accounts.tables import TeamMember, User, UserState

MOST = 50  # people in a text, counted with the members of named teams
_ID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_MENTION = re.compile(rf"\[@[^\]\n]{{1,200}}\]\(/(people|teams)/({_ID})\)")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Whom a text names."""

    people: frozenset[UUID]
    teams: frozenset[UUID]


def found(*texts: str) -> Mentioned:
    """Whom the texts name, without asking whether they exist."""
    named = [(kind, UUID(found)) for text in texts for kind, found in _MENTION.findall(text)]
    return Mentioned(
        frozenset(one for kind, one in named if kind == "people"),
        frozenset(one for kind, one in named if kind == "teams"),
    )


async def people(
    session: AsyncSession, mentioned: Mentioned, *, without: Collection[UUID | None] = ()
) -> list[UUID]:
    """The active people behind the names, those of teams too, in order of id; at most `MOST`."""
    if not mentioned.people and not mentioned.teams:
        return []
    of_teams = select(TeamMember.user_id).where(TeamMember.team_id.in_(mentioned.teams))
    rows = await session.scalars(
        select(User.id)
        .where(
            User.state == UserState.ACTIVE, User.id.in_(mentioned.people) | User.id.in_(of_teams)
        )
        .order_by(User.id)
    )
    return [user_id for user_id in rows if user_id not in without][:MOST]


def written(name: str, user_id: UUID) -> str:
    """A mention of a person as it stands in a text."""
    return f"[@{name.replace(']', '').replace('[', '')}](/people/{user_id})"


def renamed(text: str, user_id: UUID, name: str) -> str:
    """The text with another name wherever it mentions the person."""
    return re.sub(
        rf"\[@[^\]\n]{{1,200}}\]\(/people/{user_id}\)",
        lambda _found: written(name, user_id),
        text,
        flags=re.IGNORECASE,
    )
