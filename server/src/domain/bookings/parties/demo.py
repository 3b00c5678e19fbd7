"""Of the demonstration: a weekly series with people invited, and a template shared with a team."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain.bookings import series
from src.domain.bookings.parties import attendees, templates
from src.domain.bookings.tables import Booking
from src.domain.bookings.views import Wish

RULE = "FREQ=WEEKLY;BYDAY=TU;COUNT=8"
HOURS = (10, 14, 9, 16)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who meets, where, and the instrument whose booking is kept as a template."""

    team_id: UUID
    mates: Sequence[UUID]
    rooms: Sequence[UUID]
    instrument: UUID
    zone: ZoneInfo


async def fill(session: AsyncSession, member: Actor, cast: Cast, *, now: datetime) -> None:
    """Make them, as the member by the services; what is taken already is skipped."""
    actor = replace(member, team_ids=frozenset({cast.team_id}))
    await _meet(session, actor, cast, now)
    await templates.create(
        session,
        actor,
        values={
            "name": "Morning slides",
            "resource_id": cast.instrument,
            "minutes": 120,
            "title": "Slides of the week",
            "notes": "63x oil, DAPI and GFP",
            "team_id": cast.team_id,
        },
    )


async def _meet(session: AsyncSession, actor: Actor, cast: Cast, now: datetime) -> None:
    """The group meets where most of the weeks are free; two have answered."""
    zone = cast.zone
    guests = [one for one in cast.mates if one != actor.user_id][:4]
    day = now.astimezone(zone).date() + _DAY
    day += (1 - day.weekday()) % 7 * _DAY
    for hour in HOURS:
        starts = datetime.combine(day, time(hour), zone).astimezone(UTC)
        for room in cast.rooms:
            wish = Wish(
                room,
                starts,
                starts + timedelta(hours=1),
                title="Group meeting",
                team_id=cast.team_id,
                attendees=tuple(guests),
            )
            answer = await series.check(session, actor, wish=wish, rule=RULE)
            if len(answer.in_the_way) > 2:
                continue
            made = await series.create(session, actor, wish=wish, rule=RULE, skip_conflicts=True)
            await _answer(session, actor, guests, made.id)
            return


async def _answer(
    session: AsyncSession, actor: Actor, guests: Sequence[UUID], series_id: UUID
) -> None:
    earliest = select(Booking.id).where(Booking.series_id == series_id).order_by(Booking.starts_at)
    first = (await session.scalars(earliest.limit(1))).one()
    answers: tuple[attendees.Answer, ...] = ("accepted", "tentative")
    for guest, answer in zip(guests, answers, strict=False):
        await attendees.respond(
            session,
            replace(actor, user_id=guest),
            first,
            answer=answer,
            whole_series=True,
        )
