"""The demonstration's rooms: an incident that is run, and one that was learned from.

Called by the demonstration of incidents, with incidents it has made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM, Actor, ActorKind
from src.domain.operations.incidents.room import entries, review, roles, tasks, updates
from src.domain.operations.incidents.room.views import TaskWish
from src.domain.operations.tables import IncidentRole, TaskPhase, TaskState

_HOUR = timedelta(hours=1)


async def run(
    session: AsyncSession, incident_id: UUID, *, lead: UUID, people: Sequence[UUID]
) -> None:
    """Let an open incident be run: roles with a hand-over, notes, an update, tasks.

    `people`: at least two more, the first hands the lead over to `lead`.
    """
    first, helper = _acting(people[0]), people[1]
    await _give(session, first, incident_id, IncidentRole.LEAD, people[0], "First on the spot")
    await _give(session, first, incident_id, IncidentRole.RESPONDER, helper, "Knows the laser")
    ago = clock.now() - _HOUR
    found = await entries.note(
        session, first, incident_id, at=ago,
        text="The **interlock lamp** flickered before it went out. Nobody was at the instrument.",
    )  # fmt: skip
    await entries.pin(session, first, incident_id, found.id, is_pinned=True)
    await _give(session, first, incident_id, IncidentRole.LEAD, lead, "My shift ends at two")
    now_leads = _acting(lead)
    for wish in (
        TaskWish("Ask the vendor for a visit", "Service contract 4711, reaction within a day.",
                 TaskPhase.RESPONSE, is_mandatory=True, owner_id=lead, due_at=_in(6)),
        TaskWish("Put a sign on the door", phase=TaskPhase.RESPONSE, owner_id=helper,
                 due_at=_in(-2)),
        TaskWish("Check the interlocks of the other two", phase=TaskPhase.PREVENTIVE,
                 owner_id=people[0], due_at=_in(24 * 9)),
    ):  # fmt: skip
        await tasks.add(session, now_leads, incident_id, wish=wish)
    await updates.give(
        session, now_leads, incident_id,
        conditions="The laser is off and the room is safe. Imaging is not possible.",
        actions="The vendor is informed; a technician looks at the interlock today.",
        needs="Whoever has booked this week: take a slot on the other confocal.",
    )  # fmt: skip


async def learn(session: AsyncSession, incident_id: UUID, *, author: UUID, signer: UUID) -> None:
    """Let an incident be reviewed by one and signed off by another; its tasks are done."""
    writes, signs = _acting(author), _acting(signer)
    await _give(session, signs, incident_id, IncidentRole.LEAD, author, "")
    await entries.note(
        session, writes, incident_id,
        text="The spill kit beside the door was empty; the one in the corridor was used.",
    )  # fmt: skip
    wishes = (
        TaskWish("Refill the spill kits on this floor", phase=TaskPhase.CORRECTIVE,
                 is_mandatory=True, owner_id=author, due_at=_in(24 * 2)),
        TaskWish("Put the kits on the monthly round", phase=TaskPhase.PREVENTIVE, owner_id=signer,
                 due_at=_in(24 * 20)),
    )  # fmt: skip
    made = [await tasks.add(session, writes, incident_id, wish=wish) for wish in wishes]
    await tasks.move(
        session, writes, incident_id, made[0].id, to=TaskState.DONE, outcome="Six kits, all full."
    )
    await review.write(
        session, writes, incident_id,
        what_happened="A bottle of **acetone** slipped while it was decanted; about 200 ml ran"
        " over the bench and to the floor. Nobody was hurt.",
        impact="The room was closed for two hours. Four bookings were moved.",
        root_cause="The bottle stood wet; gloves and glass gave no grip. Decanting is done"
        " without a tray.",
        lessons="Decant over a tray. Kits are looked at every month, not when they are needed.",
    )  # fmt: skip
    await review.sign(session, signs, incident_id)


async def _give(
    session: AsyncSession, actor: Actor, incident_id: UUID, role: IncidentRole, who: UUID, note: str
) -> None:
    held = await roles.of(session, incident_id, is_current=True)
    if not any(one.role is role and one.person.id == who for one in held):
        await roles.give(session, actor, incident_id, role=role, user_id=who, note=note)


def _in(hours: float) -> datetime:
    return clock.now() + hours * _HOUR


def _acting(user_id: UUID) -> Actor:
    return replace(SYSTEM, user_id=user_id, kind=ActorKind.USER)
