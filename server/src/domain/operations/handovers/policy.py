"""Who reads a hand-over, and who takes it over."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from src.core.actor import Actor, Permission, forbidden
from src.domain.operations import policy
from src.domain.operations.tables import Handover


def visible(actor: Actor) -> ColumnElement[bool]:
    """Those of teams the actor reads, and those given by or to them."""
    of_team = policy.visible(actor, Handover.team_id)
    if actor.user_id is None or actor.is_program:
        return of_team
    return or_(of_team, Handover.from_id == actor.user_id, Handover.to_id == actor.user_id)


def may_acknowledge(actor: Actor, row: Handover) -> bool:
    """Whether it waits for the actor: given to them, or to their team by somebody else."""
    if actor.user_id is None or row.acknowledged_at is not None:
        return False
    if row.to_id is not None:
        return row.to_id == actor.user_id
    return row.from_id != actor.user_id and policy.may_post(actor, row.team_id)


def require_acknowledge(actor: Actor, row: Handover) -> None:
    """Raise `Forbidden` unless `may_acknowledge`."""
    if not may_acknowledge(actor, row):
        raise forbidden(Permission.OPERATIONS_POST)


def waiting(actor: Actor) -> ColumnElement[bool]:
    """Those that wait for the actor: to them by name, or to one of their teams."""
    to_team = Handover.to_id.is_(None) & Handover.team_id.in_(actor.team_ids)
    return (
        Handover.acknowledged_at.is_(None)
        & (Handover.from_id != actor.user_id)
        & or_(Handover.to_id == actor.user_id, to_team)
    )
