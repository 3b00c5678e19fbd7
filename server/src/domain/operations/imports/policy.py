"""Who may bring a team's work along: whoever looks after it."""

from __future__ import annotations

from uuid import UUID

from src.core.actor import Actor, Permission, forbidden
from src.domain.operations import policy as of_operations
from src.domain.operations.tables import ImportKind


def may(actor: Actor, kind: ImportKind, team_id: UUID | None) -> bool:
    """Whether the actor may write this in the names of others."""
    scopes = of_operations.scopes(team_id)
    may_all = actor.may(Permission.OPERATIONS_MANAGE, *scopes)
    is_incident = kind is ImportKind.INCIDENTS
    return may_all and (not is_incident or actor.may(Permission.INCIDENTS_MANAGE, *scopes))


def require(actor: Actor, kind: ImportKind, team_id: UUID | None) -> UUID:
    """Who brings it. Raises `Forbidden`."""
    if actor.user_id is None or not may(actor, kind, team_id):
        is_incident = kind is ImportKind.INCIDENTS
        wanted = Permission.INCIDENTS_MANAGE if is_incident else Permission.OPERATIONS_MANAGE
        raise forbidden(wanted)
    return actor.user_id
