"""Who may do what to people and teams."""

from __future__ import annotations

from uuid import UUID

from src.core.actor import Actor, Permission


def may_see_details(actor: Actor, user_id: UUID) -> bool:
    """Whether address, state and roles of a person are shown; their name always is."""
    return actor.user_id == user_id or actor.may(Permission.USERS_MANAGE)
