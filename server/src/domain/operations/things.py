"""The things of other domains that can be linked, mentioned and followed.

Each answers with the visibility of its own domain: what one may not see there, one cannot link
here. What the team writes itself is registered beside its services.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import language
from src.core.actor import Actor, Permission, resource_scope
from src.core.language import mark
from src.domain import accounts, bookings, maintenance, resources
from src.domain.accounts.tables import Team, User
from src.domain.bookings.tables import Booking
from src.domain.maintenance.tables import ProblemReport
from src.domain.operations import subjects
from src.domain.resources.tables import Resource

_LONGEST = 80
Names = dict[UUID, str]


async def _bookings(session: AsyncSession, actor: Actor, booking_ids: Collection[UUID]) -> Names:
    """By resource and time; their titles are for those concerned."""
    rows = await session.execute(
        select(Booking.id, Resource.name, Booking.starts_at, Booking.ends_at)
        .join(Resource, Resource.id == Booking.resource_id)
        .where(Booking.id.in_(booking_ids), bookings.policy.readable(actor))
    )
    return {
        booking_id: f"{name}, {language.format_period(starts_at, ends_at)}"
        for booking_id, name, starts_at, ends_at in rows
    }


async def _problems(session: AsyncSession, actor: Actor, problem_ids: Collection[UUID]) -> Names:
    rows = await session.execute(
        select(ProblemReport.id, Resource.name, ProblemReport.text)
        .join(Resource, Resource.id == ProblemReport.resource_id)
        .where(ProblemReport.id.in_(problem_ids), maintenance.policy.visible(actor))
    )
    return {problem_id: _cut(f"{name}: {text}") for problem_id, name, text in rows}


async def _people(session: AsyncSession, actor: Actor, user_ids: Collection[UUID]) -> Names:
    if not actor.may_anywhere(Permission.USERS_READ):
        return {}
    rows = await session.execute(
        select(User.id, User.name).where(User.id.in_(user_ids), User.erased_at.is_(None))
    )
    return {user_id: name for user_id, name in rows}  # noqa: C416 - rows are not pairs to mypy


async def _teams(session: AsyncSession, actor: Actor, team_ids: Collection[UUID]) -> Names:
    if not actor.may_anywhere(Permission.USERS_READ):
        return {}
    rows = await session.execute(select(Team.id, Team.name).where(Team.id.in_(team_ids)))
    return {team_id: name for team_id, name in rows}  # noqa: C416 - rows are not pairs to mypy


async def _readers_of_resource(
    session: AsyncSession, resource_id: UUID, people: Collection[UUID]
) -> set[UUID]:
    scope = resource_scope(resource_id)
    return set(people) & set(await accounts.holders(session, Permission.RESOURCES_READ, scope))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}…"


for _kind in (
    subjects.Kind(
        "resource", mark("Resource"), "resource", "/resources/{id}",
        named=resources.names, readers=_readers_of_resource,
    ),
    subjects.Kind("booking", mark("Booking"), "booking", "/bookings/{id}", named=_bookings),
    subjects.Kind("problem", mark("Problem"), "alert", "/problem-reports/{id}", named=_problems),
    subjects.Kind("person", mark("Person"), "user", "/people/{id}", named=_people),
    subjects.Kind("team", mark("Team"), "people", "/teams/{id}", named=_teams),
):  # fmt: skip
    subjects.kind(_kind)
