"""Who is asked about a proposal, and what each of them thinks. Nobody speaks for another."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.errors import FieldError, Unauthenticated
from src.core.language import gettext as _
from src.domain.operations import discussion, parties, policy
from src.domain.operations.decisions import service, states, telling
from src.domain.operations.decisions.views import DecisionView
from src.domain.operations.tables import DecisionParticipant, Stance

LONGEST_COMMENT = 4000


async def put(
    session: AsyncSession,
    actor: Actor,
    decision_id: UUID,
    *,
    people: Sequence[UUID],
    expected_version: int | None = None,
) -> DecisionView:
    """Let these be asked and no others. Whoever is new is told; who has answered stays.

    Raises `DecisionNotFound`, `Forbidden`, `PreconditionFailed`, `DecisionStateConflict`,
    `BadDecision`.
    """
    row = await service.writable(session, actor, decision_id, expected_version)
    states.require_proposed(row.state)
    known = {one.user_id: one for one in await _rows(session, decision_id)}
    wanted = list(dict.fromkeys(people))
    new = [one for one in wanted if one not in known]
    gone = [one for one in known if one not in wanted]
    named: dict[parties.Field, UUID | None] = {
        ("user_ids", place): one for place, one in enumerate(wanted) if one in new
    }
    faults = await parties.faults_of_people(session, row.team_id, named)
    if any(known[one].stance is not Stance.UNDECIDED for one in gone):
        detail = _("Who has answered stays: what they said belongs to the decision.")
        faults.append(FieldError(("user_ids",), "answered", detail))
    if len(wanted) > service.MOST_PARTICIPANTS:
        detail = _("At most %(most)s.", most=service.MOST_PARTICIPANTS)
        faults.append(FieldError(("user_ids",), "too-many", detail))
    service.refuse(faults)
    for one in gone:
        await session.delete(known[one])
    session.add_all(
        DecisionParticipant(decision_id=decision_id, user_id=one, stance=Stance.UNDECIDED)
        for one in new
    )
    if new or gone:
        row.updated_at = clock.now()
        changes = {"added": new, "removed": gone}
        service.record(session, actor, "decision.participants_changed", row, changes=changes)
        await session.flush()
        await telling.announce(session, actor, row, "asked", people=new)
    return await service.get(session, actor, decision_id)


async def answer(
    session: AsyncSession, actor: Actor, decision_id: UUID, *, stance: Stance, comment: str = ""
) -> DecisionView:
    """Say what one thinks, for oneself alone; whoever writes to the team may, asked or not.

    Raises `DecisionNotFound`, `Forbidden`, `DecisionStateConflict`, `BadDecision`.
    """
    if actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    row = await service.found(session, actor, decision_id)
    mine = await session.get(DecisionParticipant, (decision_id, actor.user_id))
    if mine is None or actor.is_narrowed:  # by a key that only reads nobody answers
        policy.require_post(actor, row.team_id)
    if mine is None:
        mine = DecisionParticipant(decision_id=decision_id, user_id=actor.user_id, comment="")
        session.add(mine)
    states.require_proposed(row.state)
    if len(comment) > LONGEST_COMMENT:
        detail = _("At most %(most)s characters.", most=LONGEST_COMMENT)
        service.refuse([FieldError(("comment",), "too-long", detail)])
    before = mine.comment
    mine.stance, mine.comment = stance, comment.strip()
    mine.answered_at = None if stance is Stance.UNDECIDED else clock.now()
    service.record(session, actor, "decision.stance", row, changes={"stance": stance})
    await session.flush()
    await discussion.saying.publish(
        session, actor, ("decision", decision_id), texts=[mine.comment], before=[before]
    )
    return await service.get(session, actor, decision_id)


async def _rows(session: AsyncSession, decision_id: UUID) -> list[DecisionParticipant]:
    wanted = select(DecisionParticipant).where(DecisionParticipant.decision_id == decision_id)
    return list(await session.scalars(wanted))
