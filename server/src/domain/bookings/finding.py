"""What of bookings a search finds: those of which the reader may see who and what."""

from __future__ import annotations

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, finding
from src.core.actor import Actor, Permission
from src.core.language import format_span, mark
from src.domain.bookings import policy
from src.domain.bookings.tables import Booking
from src.domain.resources.tables import Resource


async def _bookings(session: AsyncSession, actor: Actor, q: str, limit: int) -> list[finding.Hit]:
    """By title and resource: what is coming, the next first, then what is over, the last first."""
    is_ahead = Booking.ends_at > clock.now()
    wanted = (
        select(Booking.id, Booking.title, Resource.name, Booking.starts_at, Booking.ends_at)
        .join(Resource, Resource.id == Booking.resource_id)
        .where(policy.readable(actor), finding.holding(q, Booking.title, Resource.name))
        .order_by(
            case((is_ahead, 0), else_=1),
            case((is_ahead, Booking.starts_at)),
            Booking.starts_at.desc(),
            Booking.id,
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


finding.source(
    "booking",
    title=mark("Bookings"),
    permission=Permission.BOOKINGS_READ,
    find=_bookings,
    rank=20,
    listing="/bookings",
)
