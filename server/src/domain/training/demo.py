"""The demonstration's qualifications: two, with those who hold them, and somebody who asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM, Actor, ActorKind
from src.domain import resources
from src.domain.resources.tables import Resource
from src.domain.training import access, grants, qualifications

CRYO, LASER = "Cryo-EM operation", "Laser safety"
KINDS = {
    CRYO: ("A day with the facility: loading, alignment, and what to do when it warms up.", 365),
    LASER: ("The institute's laser safety course, class 3B and 4.", 730),
}
REQUIRED = {"Titan Krios cryo-TEM": CRYO, "BD FACSAria Fusion": LASER}
REASON = "Tomograms of lamella 3 for my thesis. I took the course at EMBL in spring."


@dataclass(frozen=True, slots=True)
class Cast:
    """Who gives, who asks, and who has been taught what."""

    giver: UUID
    asker: UUID
    taught: Mapping[str, Collection[UUID]]


async def fill(session: AsyncSession, cast: Cast) -> None:
    """Make them, give them, ask for them in policies, and ask for access."""
    giver = _acting(cast.giver)
    made: dict[str, UUID] = {}
    for name, (description, days) in KINDS.items():
        view = await qualifications.create(
            session, giver, name=name, description=description, valid_days=days
        )
        made[name] = view.id
        for place, person_id in enumerate(sorted(cast.taught[name])):
            if person_id != cast.giver:
                # Some end soon, so that the list has something to tell.
                end = clock.now() + timedelta(days=9 + 37 * place)
                await grants.give(session, giver, view.id, person_id, expires_at=end)
    rows = await session.execute(
        select(Resource.id, Resource.name).where(Resource.name.in_(REQUIRED))
    )
    for resource_id, name in rows.all():
        level = resources.Level("resource", resource_id)
        asks = {"required_qualifications": [str(made[REQUIRED[name]])]}
        await resources.set_policy(session, SYSTEM, level, values=asks)
        if REQUIRED[name] == CRYO:
            await access.ask(session, _acting(cast.asker), resource_id, reason=REASON)


def _acting(user_id: UUID) -> Actor:
    return replace(SYSTEM, user_id=user_id, kind=ActorKind.USER)
