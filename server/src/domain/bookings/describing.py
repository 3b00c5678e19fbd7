"""What somebody is told about a request they may decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock, language
from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain.approvals import Description
from src.domain.bookings import repository, telling
from src.domain.bookings.repository import Whole
from src.domain.bookings.rules import HELD
from src.domain.bookings.tables import Booking, Status
from src.domain.resources.tables import Resource

_Other = aliased(Booking)


async def describe(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Description]:
    """What is asked for, by booking, in two statements. Whoever decides may see all of it."""
    found = await repository.find(session, Booking.id.in_(ids))
    concerns = await _concerns(session, found)
    return {
        each.booking.id: Description(
            what=each.resource.name,
            link=f"/bookings/{each.booking.id}",
            starts_at=each.booking.starts_at,
            ends_at=each.booking.ends_at,
            title=each.booking.title,
            text=each.booking.notes,
            concerns=tuple(concerns.get(each.booking.id, ())),
            args=telling.args_of(each),
        )
        for each in found
    }


async def _concerns(session: AsyncSession, found: Sequence[Whole]) -> dict[UUID, list[str]]:
    """Others who ask for the time, and what else the person has then."""
    waiting = [each.booking.id for each in found if each.booking.status is Status.REQUESTED]
    if not waiting:
        return {}
    now = clock.now()
    is_live = and_(
        _Other.status.in_(HELD),
        or_(_Other.request_expires_at.is_(None), _Other.request_expires_at > now),
    )
    rows = await session.execute(
        select(Booking.id, Booking.resource_id, _Other, Resource.name)
        .join(
            _Other,
            and_(
                _Other.id != Booking.id,
                _Other.starts_at < Booking.ends_at,
                _Other.ends_at > Booking.starts_at,
                or_(
                    and_(
                        _Other.resource_id == Booking.resource_id,
                        _Other.status == Status.REQUESTED,
                    ),
                    _Other.booked_for == Booking.booked_for,
                ),
            ),
        )
        .join(Resource, Resource.id == _Other.resource_id)
        .where(Booking.id.in_(waiting), is_live)
        .order_by(_Other.starts_at, _Other.id)
    )
    rivals, said = defaultdict[UUID, int](int), defaultdict[UUID, list[str]](list)
    for booking_id, resource_id, other, name in rows:
        if other.resource_id == resource_id and other.status is Status.REQUESTED:
            rivals[booking_id] += 1
        else:
            when = language.format_period(other.starts_at, other.ends_at)
            text = _("They have %(resource)s at that time as well: %(when)s.")
            said[booking_id].append(text % {"resource": name, "when": when})
    for booking_id, many in rivals.items():
        said[booking_id].insert(
            0,
            ngettext(
                "Somebody else asks for this time as well.",
                "%(num)s others ask for this time as well.",
                many,
            ),
        )
    return said
