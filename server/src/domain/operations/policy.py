"""Who may read, write and look after what the team writes.

Things belong to a team, or to everybody (None). Permissions are held everywhere or for teams;
incidents have their own (`operations.incidents.policy`).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from src.core import reach
from src.core.actor import Actor, Permission, forbidden, team_scope


def visible(actor: Actor, team_id: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a mapped column
    """What of a table the actor may read, by the column that holds its team."""
    return reach.within(actor, Permission.OPERATIONS_READ, {"team": team_id})


def may_read(actor: Actor, team_id: UUID | None) -> bool:
    """What `visible` says, of one team's things and without asking the database."""
    return actor.may(Permission.OPERATIONS_READ, *scopes(team_id))


def may_post(actor: Actor, team_id: UUID | None) -> bool:
    """Whether the actor may write to the team."""
    is_somebody = actor.user_id is not None
    return is_somebody and actor.may(Permission.OPERATIONS_POST, *scopes(team_id))


def may_manage(actor: Actor, team_id: UUID | None) -> bool:
    """Whether the actor looks after what the team writes."""
    return actor.may(Permission.OPERATIONS_MANAGE, *scopes(team_id))


def require_read(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor may read operations anywhere at all."""
    if not actor.may_anywhere(Permission.OPERATIONS_READ):
        raise forbidden(Permission.OPERATIONS_READ)


def require_post(actor: Actor, team_id: UUID | None) -> UUID:
    """Who writes. Raises `Forbidden`."""
    if actor.user_id is None or not may_post(actor, team_id):
        raise forbidden(Permission.OPERATIONS_POST)
    return actor.user_id


def require_manage(actor: Actor, team_id: UUID | None) -> None:
    """Raise `Forbidden` unless `may_manage`."""
    if not may_manage(actor, team_id):
        raise forbidden(Permission.OPERATIONS_MANAGE)


def scopes(team_id: UUID | None) -> tuple[str, ...]:
    """The scopes of what belongs to a team; none for what belongs to everybody."""
    return (team_scope(team_id),) if team_id else ()
