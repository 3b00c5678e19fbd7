"""Who may see a series, and change it: as with each of its bookings."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, or_

from src.core import reach
from src.core.actor import Actor, Permission, resource_scope, team_scope
from src.domain.bookings.tables import BookingSeries


def readable(actor: Actor) -> ColumnElement[bool]:
    """Series the actor may read."""
    everywhere: reach.Columns = {
        "resource": BookingSeries.resource_id,
        "team": BookingSeries.team_id,
    }
    theirs: list[ColumnElement[bool]] = []
    if actor.user_id is not None:
        theirs += [
            BookingSeries.booked_by == actor.user_id,
            BookingSeries.booked_for == actor.user_id,
        ]
    if actor.team_ids:
        theirs.append(BookingSeries.team_id.in_(actor.team_ids))
    concerned = or_(*theirs, false())
    if actor.is_program:
        concerned = and_(concerned, reach.within(actor, Permission.BOOKINGS_READ, everywhere))
    return or_(reach.within(actor, Permission.BOOKINGS_READ_DETAILS, everywhere), concerned)


def may_change(actor: Actor, series: BookingSeries) -> bool:
    """Whether the actor may edit and cancel it."""
    scopes = [resource_scope(series.resource_id)]
    if series.team_id is not None:
        scopes.append(team_scope(series.team_id))
    is_theirs = actor.user_id is not None and actor.user_id in {
        series.booked_by,
        series.booked_for,
    }
    if is_theirs and actor.is_program:
        is_theirs = actor.may(Permission.BOOKINGS_CREATE, *scopes)
    return is_theirs or actor.may(Permission.BOOKINGS_MANAGE, *scopes)
