"""People as others look for them: by name, for pickers and for the search."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote_plus
from uuid import UUID

from sqlalchemy import ScalarSelect, String, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import finding
from src.core.actor import Actor, Permission
from src.core.errors import Forbidden
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import Team, TeamMember, User, UserState

# Whoever names somebody else in what they do must be able to find them.
NAMING = (Permission.USERS_READ, Permission.BOOKINGS_FOR_OTHERS, Permission.RESOURCES_MANAGE)
_SEPARATOR = "\x1f"  # no name holds a control character


@dataclass(frozen=True, slots=True)
class Name:
    """A person by name."""

    id: UUID
    name: str


async def pick(
    session: AsyncSession, actor: Actor, *, q: str | None = None, paging: Paging | None = None
) -> Page[Name]:
    """Active people whose name holds every word of `q`, the nearest first, in one statement.

    Needs `users:read`, `bookings:for-others` or `resources:manage`, in any scope. Raises
    `Forbidden`, `BadCursor`.
    """
    if not any(actor.may_anywhere(permission) for permission in NAMING):
        detail = _(
            "This needs one of the permissions %(permissions)s.", permissions=", ".join(NAMING)
        )
        raise Forbidden(detail, permission=NAMING[0].value)
    statement = select(User.id, User.name).where(
        User.state == UserState.ACTIVE, finding.holding(q or "", User.name)
    )
    keys = [
        Key(finding.closeness(q or "", User.name), name="closeness"),
        Key(func.lower(User.name, type_=String()), name="name"),
        Key(User.id, name="id"),
    ]
    page = await paginate(session, statement, keys=keys, paging=paging or Paging())
    return page.map(lambda row: Name(*row))


async def _find(session: AsyncSession, actor: Actor, q: str, limit: int) -> list[finding.Hit]:
    """By name, and by address for those who may see addresses; with their teams."""
    is_manager = actor.may(Permission.USERS_MANAGE)
    columns = (User.name, User.email) if is_manager else (User.name,)
    wanted = (
        select(User.id, User.name, _team_names())
        .where(User.state == UserState.ACTIVE, finding.holding(q, *columns))
        .order_by(finding.closeness(q, User.name), func.lower(User.name), User.id)
        .limit(limit)
    )
    return [
        finding.Hit(
            id_,
            name,
            ", ".join(sorted((teams or "").split(_SEPARATOR))),
            f"/people?q={quote_plus(name)}" if is_manager else None,
        )
        for id_, name, teams in await session.execute(wanted)
    ]


def _team_names() -> ScalarSelect[str]:
    return (
        select(func.aggregate_strings(Team.name, _SEPARATOR))
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(TeamMember.user_id == User.id)
        .correlate(User)
        .scalar_subquery()
    )


finding.source(
    "person",
    title=mark("People"),
    permission=Permission.USERS_READ,
    find=_find,
    rank=30,
)
