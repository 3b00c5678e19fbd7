"""Two weeks of what the demonstration's people did, would do and needed; and what others said.

What is said is made of a few days that come again: each team works on things of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import SYSTEM, Actor, ActorKind
from src.domain.accounts.tables import User
from src.domain.operations.discussion import acknowledgements, comments, mentions
from src.domain.operations.updates import service
from src.domain.operations.updates.repository import KIND
from src.domain.operations.updates.views import Draft
from src.domain.resources.tables import Resource

DAYS = 14
_WEEKEND = 5
# (done, next, needs, tags, what it is about)
_Day = tuple[str, str, str, tuple[str, ...], str]
_FACILITY: tuple[_Day, ...] = (
    ("Aligned the lasers of the LSM 980 and measured the point spread function: **0.24 µm** lateral.",
     "Repeat it at 37 °C.", "", ("alignment", "confocal"), "Zeiss LSM 980 Airyscan"),
    ("- Changed the filters of the incubation chamber\n- Topped up CO₂\n- Cleaned all stages",
     "Check the spinning disk's camera, which shows a *hot column*.", "A spare 63× objective.",
     ("maintenance",), ""),
    ("Trained two newcomers on the sorter; both passed.",
     "Write down what they asked most.", "", ("training", "cytometry"), "BD FACSAria Fusion"),
    ("Ordered liquid nitrogen and two lamps.", "Fill the dewars on Thursday.",
     "Somebody with the cryogens qualification to help for an hour.", ("orders", "cryo"), ""),
    ("Updated the acquisition software on three workstations.",
     "The fourth, when nobody has it booked.", "", ("software",), ""),
    ("Calibrated the balances and signed the log.", "", "", ("calibration",), ""),
)  # fmt: skip
_BIOLOGY: tuple[_Day, ...] = (
    ("Stained slides 4 to 9 with the new antibody; `1:400` works best.",
     "Image them on the confocal.", "", ("staining",), "Zeiss LSM 980 Airyscan"),
    ("Split the HeLa line and froze twelve vials.", "Thaw two for next week's screen.",
     "Space in rack 3 of the nitrogen tank.", ("culture",), ""),
    ("Ran the first plate of the screen. The controls look right, two wells are dry.",
     "Repeat row C.", "", ("screen",), ""),
    ("Wrote the methods section.\n\n> Keep the exposure the same for all conditions.",
     "Figures 2 and 3.", "Somebody to read it before Friday.", ("paper",), ""),
    ("Sorted the transfected cells: 34 % positive.", "Let them recover, then sequence.", "",
     ("cytometry", "screen"), "BD FACSAria Fusion"),
)  # fmt: skip
_OTHERS: tuple[_Day, ...] = (
    ("Measured the first series overnight; no drift.", "The second series with half the power.",
     "", ("series",), ""),
    ("Prepared 24 samples.", "Measure them tomorrow.", "Two hours on the Orbitrap this week.",
     ("samples",), "Orbitrap Exploris 480"),
    ("Analysed last week's data: the effect holds in all three batches.",
     "Present it at the group meeting.", "", ("analysis",), ""),
    ("Cleaned the glove box and changed its gloves.", "", "Argon is at 20 bar: please order.",
     ("maintenance", "orders"), ""),
)  # fmt: skip
_REMARKS = (
    "Thank you, that saves me a day.",
    "Well done! Could you put the protocol where all can find it?",
    "I have one in my drawer, come by.",
)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who speaks: teams by name with their ids and members; the one who brings it all."""

    teams: Mapping[str, tuple[UUID, Sequence[UUID]]]
    member: UUID
    manager: UUID
    timezone: str


async def fill(session: AsyncSession, cast: Cast, *, now: datetime, seed: int) -> int:
    """Two weeks of updates, the latest of today, some answered and read; how many."""
    random = Random(seed)
    about = await _resources(session)
    names = await _names(session, cast)
    zone = ZoneInfo(cast.timezone)
    made = 0
    for place, (team, (team_id, members)) in enumerate(cast.teams.items()):
        days = {"Core Facility": _FACILITY, "Cell Biology": _BIOLOGY}.get(team, _OTHERS)
        is_busy = days is not _OTHERS
        for back in range(DAYS, -1, -1):
            day = (now - timedelta(days=back)).astimezone(zone)
            if day.weekday() >= _WEEKEND or not (is_busy or (back + place) % 3 == 0):
                continue
            for author in random.sample(list(members), 2 if is_busy else 1):
                at = day.replace(hour=random.randint(8, 17), minute=random.randint(0, 59))
                if at >= now:
                    at = now - timedelta(minutes=random.randint(5, 90))
                said = days[(made + place) % len(days)]
                drafted = _draft(said, team_id, author, at, about)
                if back <= 1 and team == "Cell Biology" and author != cast.member:
                    thanks = f"Thanks to {mentions.written(names[cast.member], cast.member)}."
                    drafted = replace(drafted, done=f"{drafted.done}\n\n{thanks}")
                posted = await service.post(session, _acting(cast.manager), draft=drafted)
                made += 1
                if back <= 2:
                    await _discuss(session, posted.id, members, author, random)
    return made


def _draft(
    said: _Day, team_id: UUID, author: UUID, at: datetime, about: Mapping[str, UUID]
) -> Draft:
    done, next_, needs, tags, resource = said
    links = [("resource", about[resource])] if resource in about else []
    return Draft(team_id, done, next_, needs, tags, links, author_id=author, posted_at=at)


async def _discuss(
    session: AsyncSession, update_id: UUID, members: Sequence[UUID], author: UUID, random: Random
) -> None:
    others = [one for one in members if one != author]
    readers = random.sample(others, random.randint(1, 4))
    for reader in readers:
        await acknowledgements.put(session, _acting(reader), (KIND, update_id))
    if random.random() < 0.6:
        text = random.choice(_REMARKS)
        await comments.add(session, _acting(readers[0]), (KIND, update_id), text=text)


async def _resources(session: AsyncSession) -> dict[str, UUID]:
    named = {about for days in (_FACILITY, _BIOLOGY, _OTHERS) for *_rest, about in days if about}
    rows = await session.execute(select(Resource.name, Resource.id).where(Resource.name.in_(named)))
    return {name: id_ for name, id_ in rows}  # noqa: C416 - no pairs to mypy


async def _names(session: AsyncSession, cast: Cast) -> dict[UUID, str]:
    rows = await session.execute(select(User.id, User.name).where(User.id == cast.member))
    return {id_: name for id_, name in rows}  # noqa: C416 - no pairs to mypy


def _acting(user_id: UUID) -> Actor:
    return replace(SYSTEM, user_id=user_id, kind=ActorKind.USER)
