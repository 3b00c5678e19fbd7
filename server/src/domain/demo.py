"""The demonstration: an institute with people, instruments and six weeks of bookings.

Only into an empty database, and never in production: its accounts have a public password.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM, Actor, ActorKind
from src.core.db import Database, transaction
from src.core.errors import Conflict
from src.core.settings import Settings
from src.domain import accounts, bookings, notifications, resources
from src.domain.accounts import demo as people_demo
from src.domain.accounts.tables import User
from src.domain.approvals import demo as approvals_demo
from src.domain.bookings import demo as bookings_demo
from src.domain.bookings.parties import demo as parties_demo
from src.domain.bookings.presence import demo as presence_demo
from src.domain.bookings.quotas import demo as quotas_demo
from src.domain.bookings.tables import Booking, Status
from src.domain.maintenance import demo as maintenance_demo
from src.domain.operations import demo as operations_demo
from src.domain.resources import demo as resources_demo
from src.domain.resources.tables import Closure, Resource
from src.domain.training import demo as training_demo

SEED = 20_260_214
ACCOUNTS = (people_demo.ADMIN, people_demo.MANAGER, people_demo.MEMBER)
PASSWORD = people_demo.PASSWORD


class DemoRefused(Conflict):
    """The demonstration is only for an empty database, and never for production."""

    code, title = "demo-refused", "No demonstration here"


async def fill(database: Database, settings: Settings) -> int:
    """Fill an empty database, first with bookings, then with the team's day; how many bookings.

    Raises `DemoRefused` in production and where anybody exists.
    """
    if settings.env == "production":
        raise DemoRefused("Its accounts have a public password.")
    password_hash = await accounts.passwords.make_hash(PASSWORD)
    now = clock.now().replace(second=0, microsecond=0)
    async with transaction(database) as session:
        if await accounts.is_set_up(session):
            raise DemoRefused("There are people here already; it is for an empty database.")
        people = await people_demo.fill(session, password_hash=password_hash)
        facility = people.members["Core Facility"]
        by_type = await resources_demo.fill(
            session, contacts=facility, timezone=people_demo.TIMEZONE
        )
        await resources_demo.keep_sets(session, _acting(people.member), by_type)
        closure = await _announce_closure(session, people.manager, now)
        # Before there are requests, so that they go by it.
        await approvals_demo.fill(session, _acting(people.manager), stands_in=people.admin, now=now)
        count = await bookings_demo.fill(
            session,
            cast_=bookings_demo.Cast(
                {name: (people.teams[name], people.members[name]) for name in people.teams},
                people.member,
                people.manager,
            ),
            stage=await _stage(session, by_type, now),
            now=now,
            seed=SEED,
        )
        await _at_the_instruments(session, people)
        await resources.closures.lay(session, closure)
        await parties_demo.fill(session, _acting(people.member), _party(people, by_type), now=now)
        phone = bookings.feeds.FeedWish(bookings.feeds.FeedKind.PERSON, name="Phone")
        await bookings.feeds.create(session, _acting(people.member), wish=phone)
        await _share_out(session, people, by_type)
        await _tell(session, people.member)
    # A transaction of its own: on a slow machine both together would outlast what one may take.
    async with transaction(database) as session:
        await operations_demo.fill(session, _team_day(people), now=now, seed=SEED)
    return count


def _team_day(people: people_demo.People) -> operations_demo.Cast:
    """The core facility runs the instruments; everybody posts."""
    teams = {name: (people.teams[name], people.members[name]) for name in people.teams}
    return operations_demo.Cast(
        teams, "Core Facility", people.safety, people.manager, people.member, people_demo.TIMEZONE
    )


async def _share_out(
    session: AsyncSession, people: people_demo.People, by_type: dict[str, list[UUID]]
) -> None:
    """Quotas, a checklist, and a tablet in the culture rooms."""
    confocal, room = by_type["Confocal microscope"][0], by_type["Meeting room"][0]
    types = {
        row.id: row.type_id
        for row in await session.execute(
            select(Resource.id, Resource.type_id).where(Resource.id.in_([confocal, room]))
        )
    }
    manager = _acting(people.manager)
    await quotas_demo.fill(
        session,
        manager,
        team_id=people.teams["Cell Biology"],
        confocals=types[confocal],
        rooms=types[room],
    )
    await presence_demo.fill(
        session,
        manager,
        asking=by_type["Electron microscope"][0],
        beside=by_type["Culture workplace"][:3],
    )


async def _at_the_instruments(session: AsyncSession, people: people_demo.People) -> None:
    """Who has been taught what, what depends on what, and what is wrong."""
    biologists, chemists = people.members["Cell Biology"], people.members["Structural Chemistry"]
    lasers = {*people.members["Core Facility"], *biologists, *people.members["Plant Genomics"]}
    taught = {
        training_demo.CRYO: {people.admin, *chemists},
        training_demo.LASER: lasers,
    }
    cast = training_demo.Cast(people.manager, people.member, taught)
    await training_demo.fill(session, cast)
    await maintenance_demo.fill(
        session, keeper=people.manager, reporters=(people.member, chemists[0])
    )


def _party(people: people_demo.People, by_type: dict[str, list[UUID]]) -> parties_demo.Cast:
    """The member's group meets every week."""
    name = next(team for team, those in people.members.items() if people.member in those)
    return parties_demo.Cast(
        people.teams[name],
        people.members[name],
        by_type["Meeting room"],
        by_type["Confocal microscope"][0],
        ZoneInfo(people_demo.TIMEZONE),
    )


async def is_filled(session: AsyncSession) -> bool:
    """Whether the demonstration's three accounts are here."""
    found = await session.scalars(select(User.email).where(User.email.in_(ACCOUNTS)))
    return len(found.all()) == len(ACCOUNTS)


async def _announce_closure(session: AsyncSession, manager: UUID, now: datetime) -> Closure:
    """The hall is closed on a morning about a week from now."""
    zone = ZoneInfo(people_demo.TIMEZONE)
    day = now.astimezone(zone).date() + timedelta(days=6)
    day += timedelta(days=(2 - day.weekday()) % 7)
    starts = datetime.combine(day, time(8), zone)
    named = await session.scalars(
        select(Resource.id).where(Resource.name.in_(resources_demo.UNDER_CLOSURE))
    )
    wish = resources.closures.ClosureWish(
        tuple(named), starts, starts + timedelta(hours=6), resources_demo.CLOSURE_REASON
    )
    return await resources.closures.create(session, _acting(manager), wish=wish)


def _acting(user_id: UUID) -> Actor:
    return replace(SYSTEM, user_id=user_id, kind=ActorKind.USER)


async def _stage(
    session: AsyncSession, by_type: dict[str, list[UUID]], now: datetime
) -> bookings_demo.Stage:
    span = resources.hours.Window(now - bookings_demo.WEEKS * 2, now + bookings_demo.WEEKS * 2)
    ids = [resource_id for found in by_type.values() for resource_id in found]
    terms = await resources.terms.load(session, ids, around=span)
    return bookings_demo.Stage(
        {name: [terms[resource_id] for resource_id in found] for name, found in by_type.items()}
    )


async def _tell(session: AsyncSession, member: UUID) -> None:
    """The member hears of bookings that were made; the requests tell their deciders."""
    rows = await session.execute(
        select(Booking, Resource.name)
        .join(Resource, Resource.id == Booking.resource_id)
        .where(Booking.booked_for == member, Booking.status == Status.CONFIRMED)
        .order_by(Booking.starts_at)
        .limit(3)
    )
    for booking, name in rows.all():
        args = {
            "booking_id": booking.id, "resource": name, "title": booking.title,
            "starts_at": booking.starts_at, "ends_at": booking.ends_at, "person": member,
            "by": member, "reason": None, "request_expires_at": None,
        }  # fmt: skip
        await notifications.notify(
            session,
            user_id=member,
            kind="booking.confirmed",
            args=args,
            link=f"/bookings/{booking.id}",
            subject=("booking", booking.id),
        )
