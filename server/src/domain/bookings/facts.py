"""What the rules have to know about a person, as columns beside the terms of resources.

So everything a booking is judged by comes in one statement, however many rules there are.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Label, Row, ScalarSelect, and_, or_, select
from sqlalchemy.orm import aliased

from src.core.json_rows import JsonRows, time_of
from src.domain import resources
from src.domain.bookings import repository
from src.domain.bookings.tables import Attendee, Booking, Response, Status
from src.domain.resources.tables import Resource
from src.domain.training.tables import Qualification, QualificationGrant

Window = resources.hours.Window
Held = resources.rules.Held
Taken = resources.rules.Taken
# Limits count whole weeks of the resource's own clock.
_WEEKS = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Facts:
    """How a person stands to a resource; the fields are those of `resources.rules.Question`."""

    upcoming: int = 0
    taken: tuple[Taken, ...] = ()
    held: Mapping[UUID, tuple[Held, ...]] | None = None
    names: Mapping[UUID, str] = field(default_factory=dict)


def columns(
    person_id: UUID | None,
    *,
    around: Window,
    now: datetime,
    excluding: Collection[UUID] = (),
    with_names: bool = False,
) -> list[Label[Any]]:
    """Columns for statements over resources; `of` reads them.

    Bookings of `excluding` are left out. `with_names` reads those of qualifications, which
    messages tell.
    """
    window = Window(around.starts_at - _WEEKS, around.ends_at + _WEEKS)
    upcoming = repository.upcoming(person_id, now=now, excluding=excluding)
    more = [_names().label("qualification_names")] if with_names else []
    return [
        upcoming.label("upcoming"),
        _own(person_id, window, now, excluding).label("taken"),
        _attended(person_id, window, now, excluding).label("attended"),
        _held(person_id).label("held"),
        *more,
    ]


def of(row: Row[Any]) -> Facts:
    """What stands in the columns."""
    held: dict[UUID, tuple[Held, ...]] = {}
    for id_, since, until in _rows(row.held):
        grant = Held(time_of(since), time_of(until) if until else None)
        held[UUID(id_)] = (*held.get(UUID(id_), ()), grant)
    own = [_taken(each, is_attended=False) for each in _rows(row.taken)]
    attended = [_taken(each, is_attended=True) for each in _rows(row.attended)]
    names = {UUID(id_): name for id_, name in _rows(getattr(row, "qualification_names", None))}
    return Facts(row.upcoming, (*own, *attended), held, names)


def _own(
    person_id: UUID | None, window: Window, now: datetime, excluding: Collection[UUID]
) -> ScalarSelect[Any]:
    return _booked(Booking.booked_for == person_id, window, now, excluding)


def _attended(
    person_id: UUID | None, window: Window, now: datetime, excluding: Collection[UUID]
) -> ScalarSelect[Any]:
    accepted = select(Attendee.booking_id).where(
        Attendee.user_id == person_id, Attendee.response == Response.ACCEPTED
    )
    which = and_(Booking.id.in_(accepted), Booking.booked_for != person_id)
    return _booked(which, window, now, excluding)


def _booked(
    which: ColumnElement[bool], window: Window, now: datetime, excluding: Collection[UUID]
) -> ScalarSelect[Any]:
    """Bookings that hold their time, or were used."""
    place = aliased(Resource)
    columns_ = (Booking.starts_at, Booking.ends_at, Booking.resource_id, place.name)
    return (
        select(JsonRows(*columns_, Booking.group_id))
        .select_from(Booking)
        .join(place, place.id == Booking.resource_id)
        .where(
            which,
            repository.touches(window),
            or_(repository.is_held(now), Booking.status == Status.COMPLETED),
            Booking.id.not_in(list(excluding)),
        )
        .correlate(None)
        .scalar_subquery()
    )


def _held(person_id: UUID | None) -> ScalarSelect[Any]:
    grant = QualificationGrant
    return (
        select(JsonRows(grant.qualification_id, grant.granted_at, grant.expires_at))
        .where(grant.person_id == person_id, grant.revoked_at.is_(None))
        .correlate(None)
        .scalar_subquery()
    )


def _names() -> ScalarSelect[Any]:
    rows = JsonRows(Qualification.id, Qualification.name)
    return select(rows).select_from(Qualification).correlate(None).scalar_subquery()


def _taken(row: list[Any], *, is_attended: bool) -> Taken:
    starts, ends, resource_id, name, group_id = row
    window = Window(time_of(starts), time_of(ends))
    group = UUID(group_id) if group_id else None
    return Taken(window, UUID(resource_id), name, group, is_attended)


def _rows(found: Any) -> list[Any]:  # noqa: ANN401 - JSON, which SQLite may hand on as its text
    return json.loads(found) if isinstance(found, str) else found or []
