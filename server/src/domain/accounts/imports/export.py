"""People and memberships given out, in the columns in which they are taken in."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events
from src.core.actor import Actor, Permission
from src.core.db import Database, reading
from src.domain.accounts import repository
from src.domain.accounts.imports.reading import COLUMNS, FORMULA, LIST_SEPARATOR
from src.domain.accounts.tables import Team, TeamMember, User

BATCH = 500
# Spreadsheets take a file without the mark for one of another alphabet.
MARK = b"\xef\xbb\xbf"


def template() -> bytes:
    """The line of column names, and one person as an example."""
    example = (
        "ada@example.org", "Ada Lovelace", "en", "Europe/London", "member", "Optics|Imaging", "",
    )  # fmt: skip
    return MARK + written([COLUMNS, example])


def record(session: AsyncSession, actor: Actor) -> None:
    """Write down that somebody took everybody's addresses along. Needs `users:manage`."""
    actor.require(Permission.USERS_MANAGE)
    events.record(session, actor, "user.exported", ("user", None))


async def chunks(database: Database) -> AsyncIterator[bytes]:
    """The bytes of the file, in short reads; whether the reader may is asked before (`record`)."""
    yield MARK + written([COLUMNS])
    after: UUID | None = None
    while True:
        async with reading(database) as reads:
            wanted = select(User).where(User.erased_at.is_(None)).order_by(User.id).limit(BATCH)
            if after is not None:
                wanted = wanted.where(User.id > after)
            people = (await reads.scalars(wanted)).all()
            rows = await _rows(reads, people)
        if not people:
            return
        yield written(rows)
        after = people[-1].id


async def _rows(reads: AsyncSession, people: Sequence[User]) -> list[tuple[str, ...]]:
    user_ids = [user.id for user in people]
    roles = await repository.roles_everywhere(reads, user_ids) if people else {}
    members = await reads.execute(
        select(TeamMember.user_id, Team.name, TeamMember.is_lead)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.user_id.in_(user_ids))
        .order_by(Team.name)
    )
    teams: dict[UUID, list[tuple[str, bool]]] = {}
    for user_id, name, leads in members:
        teams.setdefault(user_id, []).append((name, leads))
    return [
        (
            user.email,
            user.name,
            user.locale or "",
            user.timezone,
            joined(roles.get(user.id, ())),
            joined(name for name, leads in teams.get(user.id, ()) if not leads),
            joined(name for name, leads in teams.get(user.id, ()) if leads),
        )
        for user in people
    ]


def joined(parts: Iterable[str]) -> str:
    """Several in one cell."""
    escaped = (
        part.replace("\\", "\\\\").replace(LIST_SEPARATOR, f"\\{LIST_SEPARATOR}") for part in parts
    )
    return LIST_SEPARATOR.join(escaped)


def written(rows: Iterable[Sequence[str]]) -> bytes:
    """Lines of CSV that no spreadsheet takes for a formula."""
    out = io.StringIO()
    csv.writer(out).writerows([[_guarded(cell) for cell in row] for row in rows])
    return out.getvalue().encode()


def _guarded(cell: str) -> str:
    # What begins with the guard's own mark gets one too, so that reading gives the same again.
    return f"'{cell}" if cell.startswith((*FORMULA, "'")) else cell
