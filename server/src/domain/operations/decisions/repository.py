"""All SQL of decisions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import finding
from src.core.actor import Actor
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import Team, User
from src.domain.operations import discussion, numbering
from src.domain.operations import policy as common
from src.domain.operations.decisions import policy
from src.domain.operations.decisions.views import (
    ChainView,
    DecisionView,
    Filters,
    OptionView,
    ParticipantView,
)
from src.domain.operations.parties import Named, named
from src.domain.operations.tables import (
    Decision,
    DecisionOption,
    DecisionParticipant,
    DecisionState,
    Stance,
)

_PROPOSER, _DECIDER, _LATER = aliased(User), aliased(User), aliased(Decision)
MOST_LINKS = 100  # of a chain, each way
Joined = tuple[Decision, str | None, str | None, str | None, Decision | None]


def visible(actor: Actor) -> ColumnElement[bool]:
    """The decisions the actor may know of."""
    return common.visible(actor, Decision.team_id)


def whole(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Decisions with the names that stand beside them, and what took their place."""
    is_later = and_(_LATER.id == Decision.superseded_by, common.visible(actor, _LATER.team_id))
    return (
        select(Decision, Team.name, _PROPOSER.name, _DECIDER.name, _LATER)
        .outerjoin(Team, Team.id == Decision.team_id)
        .outerjoin(_PROPOSER, _PROPOSER.id == Decision.proposed_by)
        .outerjoin(_DECIDER, _DECIDER.id == Decision.decided_by)
        .outerjoin(_LATER, is_later)
        .where(visible(actor))
    )


async def page_of(
    session: AsyncSession, actor: Actor, filters: Filters, paging: Paging
) -> Page[DecisionView]:
    """A part of the list, with tags and stances. Three statements."""
    wanted = whole(actor).where(*_conditions(filters))
    keys = [
        Key(Decision.state_rank, name="state"),
        Key(Decision.id, descending=True, name="id"),
    ]
    page = await paginate(session, wanted, keys=keys, paging=paging)
    found = [row[0].id for row in page.items]
    tags = await discussion.tags.of(session, "decision", found)
    people = await participants(session, found)
    return page.map(
        lambda row: view(actor, row, tags.get(row[0].id, ()), people.get(row[0].id, ()))
    )


def view(
    actor: Actor,
    joined: Joined,
    tags: Collection[str],
    people: Sequence[ParticipantView],
    **more: Any,  # noqa: ANN401 - what only a single one holds
) -> DecisionView:
    """A row as its reader sees it."""
    row, team, proposer, decider, later = joined
    return DecisionView(
        id=row.id,
        number=row.number,
        name=numbering.said("decision", row.number),
        title=row.title,
        context=row.context,
        outcome=row.outcome,
        team=named(row.team_id, team),
        state=row.state,
        proposed_by=named(row.proposed_by, proposer),
        proposed_at=row.proposed_at,
        decided_by=named(row.decided_by, decider),
        decided_at=row.decided_at,
        reason=row.reason,
        review_on=row.review_on,
        tags=tuple(tags),
        ways=policy.ways(
            actor,
            team_id=row.team_id,
            proposed_by=row.proposed_by,
            state=row.state,
            is_asked=any(one.person.id == actor.user_id for one in people),
        ),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        superseded_by=_link(later) if later else None,
        participants=tuple(people),
        **more,
    )


async def participants(
    session: AsyncSession, decision_ids: Collection[UUID]
) -> dict[UUID, list[ParticipantView]]:
    """Who is asked, by name; one statement."""
    found: dict[UUID, list[ParticipantView]] = {}
    if not decision_ids:
        return found
    rows = await session.execute(
        select(DecisionParticipant, User.name)
        .join(User, User.id == DecisionParticipant.user_id)
        .where(DecisionParticipant.decision_id.in_(decision_ids))
        .order_by(User.name, User.id)
    )
    for row, name in rows:
        person = ParticipantView(Named(row.user_id, name), row.stance, row.comment, row.answered_at)
        found.setdefault(row.decision_id, []).append(person)
    return found


async def options(session: AsyncSession, decision_id: UUID) -> list[DecisionOption]:
    """What is considered, in its order."""
    rows = await session.scalars(
        select(DecisionOption)
        .where(DecisionOption.decision_id == decision_id)
        .order_by(DecisionOption.position, DecisionOption.id)
    )
    return list(rows)


def option_view(row: DecisionOption) -> OptionView:
    """An option as it is shown."""
    return OptionView(row.id, row.position, row.title, row.description, row.is_chosen)


async def chain(
    session: AsyncSession, actor: Actor, decision_id: UUID
) -> tuple[tuple[ChainView, ...], tuple[ChainView, ...]]:
    """What it took the place of, the oldest first, and what took its own; one statement."""
    before = (
        select(Decision.id.label("id"), literal(-1).label("step"))
        .where(Decision.superseded_by == decision_id)
        .cte("before", recursive=True)
    )
    before = before.union_all(
        select(Decision.id, before.c.step - 1)
        .join(before, Decision.superseded_by == before.c.id)
        .where(before.c.step > -MOST_LINKS)
    )
    after = (
        select(Decision.superseded_by.label("id"), literal(1).label("step"))
        .where(Decision.id == decision_id, Decision.superseded_by.is_not(None))
        .cte("after", recursive=True)
    )
    after = after.union_all(
        select(Decision.superseded_by, after.c.step + 1)
        .join(after, Decision.id == after.c.id)
        .where(Decision.superseded_by.is_not(None), after.c.step < MOST_LINKS)
    )
    steps = (
        select(before.c.id, before.c.step).union_all(select(after.c.id, after.c.step)).subquery()
    )
    rows = await session.execute(
        select(Decision, steps.c.step)
        .join(steps, steps.c.id == Decision.id)
        .where(visible(actor))
        .order_by(steps.c.step, Decision.id)
    )
    found = [(_link(row), step) for row, step in rows]
    return (
        tuple(one for one, step in found if step < 0),
        tuple(one for one, step in found if step > 0),
    )


async def to_review(
    session: AsyncSession, *, today: date, before: datetime, limit: int
) -> list[Decision]:
    """Accepted decisions whose day has come, and that nobody was reminded of since `before`."""
    return await _due(
        session, before, limit, Decision.state == DecisionState.ACCEPTED,
        Decision.review_on <= today,
    )  # fmt: skip


async def unanswered(
    session: AsyncSession, *, proposed_before: datetime, before: datetime, limit: int
) -> list[Decision]:
    """Proposals on which somebody who is asked has said nothing yet."""
    waits = exists().where(
        DecisionParticipant.decision_id == Decision.id,
        DecisionParticipant.stance == Stance.UNDECIDED,
    )
    return await _due(
        session, before, limit, Decision.state == DecisionState.PROPOSED,
        Decision.proposed_at < proposed_before, waits,
    )  # fmt: skip


async def note_reminder(
    session: AsyncSession, decision_ids: Collection[UUID], at: datetime
) -> None:
    """Remember it. Not a change anybody has to know of: version and time of change stay."""
    await session.execute(
        update(Decision)
        .where(Decision.id.in_(decision_ids))
        .values(reminded_at=at, updated_at=Decision.updated_at)
        .execution_options(synchronize_session=False)
    )


async def _due(
    session: AsyncSession, before: datetime, limit: int, *conditions: ColumnElement[bool]
) -> list[Decision]:
    rows = await session.scalars(
        select(Decision)
        .where(*conditions, or_(Decision.reminded_at.is_(None), Decision.reminded_at < before))
        .order_by(Decision.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(rows)


def _link(row: Decision) -> ChainView:
    said = numbering.said("decision", row.number)
    return ChainView(row.id, row.number, said, row.title, row.state)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.states:
        found.append(Decision.state.in_(filters.states))
    if filters.team_ids:
        found.append(Decision.team_id.in_(filters.team_ids))
    if filters.proposed_by:
        found.append(Decision.proposed_by == filters.proposed_by)
    asked = select(DecisionParticipant.decision_id)
    if filters.participant_id:
        theirs = DecisionParticipant.user_id == filters.participant_id
        found.append(Decision.id.in_(asked.where(theirs)))
    if filters.asks_id:
        theirs = DecisionParticipant.user_id == filters.asks_id
        waits = DecisionParticipant.stance == Stance.UNDECIDED
        found.append(Decision.state == DecisionState.PROPOSED)
        found.append(Decision.id.in_(asked.where(theirs, waits)))
    if filters.review_by:
        found.append(Decision.state == DecisionState.ACCEPTED)
        found.append(Decision.review_on <= filters.review_by)
    if filters.tag:
        found.append(Decision.id.in_(discussion.tags.having("decision", filters.tag)))
    if filters.q:
        columns = (Decision.title, Decision.context, Decision.outcome)
        found.append(finding.holding(filters.q, *columns))
    return found
