"""The demonstration's blockers: some that hurt, one that is over, one that is put away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import SYSTEM, Actor, ActorKind
from src.domain.operations.blockers import service
from src.domain.operations.blockers.views import Past, Wish
from src.domain.operations.discussion import comments
from src.domain.operations.tables import Severity, WaitingOn
from src.domain.resources.tables import Resource

LENS = "Zeiss LSM 980 Airyscan"
SORTER = "BD FACSAria Fusion"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in it: who runs the place, a member, at least two more, and their team."""

    manager: UUID
    member: UUID
    people: Sequence[UUID]
    team_id: UUID | None = None


async def fill(session: AsyncSession, cast_: Cast, *, now: datetime) -> list[UUID]:
    """Raise them; the ids of the active ones, the worst first."""
    rows = await session.execute(select(Resource.name, Resource.id))
    named = {name: [("resource", id_)] for name, id_ in rows}
    made = [
        await _raised(session, cast_.manager, now - timedelta(days=9), Wish(
            "Risk assessment for cryogens is not signed", WaitingOn.EHS, Severity.CRITICAL,
            "Sent on Monday last week; the new oxygen sensor has to be named in it.",
            "Nobody new may fill dewars, and two **freezers** run on their reserve.",
            cast_.team_id, cast_.manager, needed_by=(now - timedelta(days=1)).date(),
            tags=("safety", "cryo"),
        )),
        await _raised(session, cast_.people[0], now - timedelta(days=12), Wish(
            "The 63× objective is back-ordered", WaitingOn.VENDOR, Severity.HIGH,
            "Order `PO-4471`.\n\n- quoted: two weeks\n- now: *six*",
            "Live cells cannot be imaged at full resolution.",
            cast_.team_id, cast_.people[0], waiting_on_name="Carl Zeiss",
            needed_by=(now + timedelta(days=6)).date(), tags=("optics", "orders"),
            links=tuple(named.get(LENS, ())),
        )),
        await _raised(session, cast_.people[1], now - timedelta(days=3), Wish(
            "Which panel for the screen?", WaitingOn.PERSON, Severity.MEDIUM,
            "The sorter is booked on Thursday; the panel has to be titrated before.",
            "The screen waits.", None, cast_.people[1], cast_.member, tags=("cytometry",),
            links=tuple(named.get(SORTER, ())),
        )),
        await _raised(session, cast_.member, now - timedelta(days=2), Wish(
            "Money for a second camera", WaitingOn.FUNDING, Severity.LOW,
            "The proposal is with the faculty.", "", None, tags=("orders",),
        )),
    ]  # fmt: skip
    said = "They promise the end of the month. I call again on Friday."
    await comments.add(session, _acting(cast_.people[0]), ("blocker", made[1]), text=said)
    nitrogen = Wish("No liquid nitrogen", WaitingOn.VENDOR, Severity.HIGH, waiting_on_name="Linde",
                    team_id=cast_.team_id, owner_id=cast_.people[0], tags=("cryo",))  # fmt: skip
    reader = Wish("The badge reader of the culture room is dead", WaitingOn.OTHER, Severity.LOW,
                  waiting_on_name="House engineers")  # fmt: skip
    for wish, days, is_archived in ((nitrogen, 1, False), (reader, 8, True)):
        over = Past(now - timedelta(days=days + 4), now - timedelta(days=days),
                    "It came, and it works.", is_archived)  # fmt: skip
        await service.raise_(session, _acting(cast_.manager), wish=wish, past=over)
    return made


async def _raised(session: AsyncSession, by: UUID, at: datetime, wish: Wish) -> UUID:
    return (await service.raise_(session, _acting(by), wish=wish, past=Past(at))).id


def _acting(user_id: UUID) -> Actor:
    return replace(SYSTEM, user_id=user_id, kind=ActorKind.USER)
