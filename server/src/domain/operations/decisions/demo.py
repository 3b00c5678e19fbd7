"""The demonstration's decisions: a chain of three, one that is weighed, one that was not wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import SYSTEM, Actor, ActorKind
from src.domain.operations.decisions import amending, deciding, participants, service
from src.domain.operations.decisions.views import OptionWish, Past, Verdict, Wish
from src.domain.operations.tables import DecisionState, Stance

_CONTEXT = """Three recipes are in use, so that nobody can compare their sections with others'.

| recipe | price | foams |
| --- | --- | --- |
| PBS | low | yes |
| HEPES | three times as much | no |
"""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in it: who runs the place, a member, at least two more, and their team."""

    manager: UUID
    member: UUID
    people: Sequence[UUID]
    team_id: UUID | None = None


async def fill(session: AsyncSession, cast_: Cast, *, now: datetime) -> list[UUID]:
    """Propose and decide them; the ids of the chain, the oldest first."""
    manager = _acting(cast_.manager)
    chain = [
        await _accepted(session, manager, now - timedelta(days=days), wish)
        for days, wish in (
            (400, Wish("Everybody mixes their own buffer", "", "Each group keeps its recipe.",
                       cast_.team_id, tags=("buffer",))),
            (120, Wish("One buffer for all cryostats: PBS", _CONTEXT,
                       "We take **PBS**, made on Mondays.", cast_.team_id, tags=("buffer",))),
            (6, Wish("One buffer for all cryostats: HEPES", _CONTEXT,
                     "We take **HEPES** at pH 7.4, made on Mondays.", cast_.team_id,
                     (now + timedelta(days=180)).date(),
                     (OptionWish("PBS", "Cheap, but it foams."),
                      OptionWish("HEPES", "Dear, and nobody complains.", is_chosen=True),
                      OptionWish("As it was")), tags=("buffer", "cryo"))),
        )
    ]  # fmt: skip
    for old, new, reason in (
        (chain[0], chain[1], "Sections could not be compared."),
        (chain[1], chain[2], "PBS foams in the new cryostat."),
    ):
        verdict = Verdict(DecisionState.SUPERSEDED, reason, superseded_by=new)
        await deciding.transition(session, manager, old, verdict=verdict)
    now_said = "We take **HEPES** at pH 7.4, made on Mondays and Thursdays."
    await amending.amend(
        session, manager, chain[2], changes={"outcome": now_said},
        reason="It does not keep for a week in summer.",
    )  # fmt: skip
    await _open(session, cast_)
    wish = Wish("A coffee machine beside the sorter", "It would save the way to the kitchen.")
    made = await service.propose(
        session, _acting(cast_.member), wish=wish, past=Past(now - timedelta(days=10))
    )
    no = Verdict(DecisionState.REJECTED, "Nobody eats or drinks in a laboratory.")
    await deciding.transition(session, manager, made.id, verdict=no)
    return chain


async def _open(session: AsyncSession, cast_: Cast) -> None:
    """What is weighed just now: two have answered, two have not."""
    asked = (cast_.manager, cast_.member, *cast_.people[:2])
    wish = Wish(
        "Book the LSM 980 in whole hours only", "Half-hours leave gaps that nobody can use.",
        "Bookings of the LSM 980 begin and end on the hour.", None, None,
        (OptionWish("Whole hours"), OptionWish("Half-hours, as now"),
         OptionWish("Half-hours, but two at least")), asked, ("booking",),
    )  # fmt: skip
    made = await service.propose(session, _acting(cast_.people[0]), wish=wish)
    for person, stance, comment in (
        (cast_.people[0], Stance.AGREES, ""),
        (cast_.people[1], Stance.DISAGREES, "A quick look takes **ten minutes**."),
    ):
        await participants.answer(session, _acting(person), made.id, stance=stance, comment=comment)


async def _accepted(session: AsyncSession, by: Actor, at: datetime, wish: Wish) -> UUID:
    past = Past(at, DecisionState.ACCEPTED, at + timedelta(days=2), decided_by=by.user_id)
    return (await service.propose(session, by, wish=wish, past=past)).id


def _acting(user_id: UUID) -> Actor:
    return replace(SYSTEM, user_id=user_id, kind=ActorKind.USER)
