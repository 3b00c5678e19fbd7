"""What of bookings a search finds: those of which the reader may see who and what."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Subquery, case, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, finding
from src.core.actor import Actor, Permission
from src.core.language import format_span, mark
from src.domain.bookings import policy
from src.domain.bookings.tables import Booking
from src.domain.resources.tables import Resource

REACH = timedelta(days=365)  # how long ago what is found began at most
LOOKED_THROUGH = 10_000  # bookings the reader may see, those nearest to now, in each direction


async def _bookings(session: AsyncSession, actor: Actor, q: str, limit: int) -> list[finding.Hit]:
    """By title and resource: what is coming, the next first, then what is over, the last first.

    It is asked at every pause of typing, and words have no index: what began more than twelve
    months ago is not found, and of what remains only the nearest to now is looked through.
    """
    now = clock.now()
    near = _near(actor, now).c
    is_ahead = near.ends_at > now
    wanted = (
        select(near.id, near.title, Resource.name, near.starts_at, near.ends_at)
        .join(Resource, Resource.id == near.resource_id)
        .where(finding.holding(q, near.title, Resource.name))
        .order_by(
            case((is_ahead, 0), else_=1),
            case((is_ahead, near.starts_at)),
            near.starts_at.desc(),
            near.id,
        )
        .limit(limit)
    )
    return [
        finding.Hit(
            id_,
            title or name,
            " · ".join((name, format_span(starts_at, ends_at))),
            f"/bookings/{id_}",
        )
        for id_, title, name, starts_at, ends_at in await session.execute(wanted)
    ]


def _near(actor: Actor, now: datetime) -> Subquery:
    """The bookings to look through, read from now on and backwards by the index of their starts."""
    seen = select(
        Booking.id, Booking.title, Booking.resource_id, Booking.starts_at, Booking.ends_at
    ).where(policy.readable(actor))
    coming = seen.where(Booking.starts_at >= now).order_by(Booking.starts_at)
    begun = seen.where(Booking.starts_at < now, Booking.starts_at > now - REACH).order_by(
        Booking.starts_at.desc()
    )
    parts = (select(half.limit(LOOKED_THROUGH).subquery()) for half in (coming, begun))
    return union_all(*parts).subquery()


finding.source(
    "booking",
    title=mark("Bookings"),
    permission=Permission.BOOKINGS_READ,
    find=_bookings,
    rank=20,
    listing="/bookings?whose=all&when=all",
)
