"""All SQL of blockers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import finding
from src.core.actor import Actor
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import Team, User
from src.domain.operations import discussion, numbering
from src.domain.operations import policy as common
from src.domain.operations.blockers import policy
from src.domain.operations.blockers.views import BlockerView, Filters
from src.domain.operations.parties import named
from src.domain.operations.tables import Blocker, BlockerState, Comment

_OWNER, _WAITED, _RAISER, _RESOLVER = (aliased(User) for _number in range(4))
Joined = tuple[Blocker, str | None, str | None, str | None, str | None, str | None]


def visible(actor: Actor) -> ColumnElement[bool]:
    """The blockers the actor may know of."""
    return common.visible(actor, Blocker.team_id)


def whole() -> Select[*tuple[Any, ...]]:
    """Blockers with the names that stand beside them."""
    return (
        select(Blocker, Team.name, _OWNER.name, _WAITED.name, _RAISER.name, _RESOLVER.name)
        .outerjoin(Team, Team.id == Blocker.team_id)
        .outerjoin(_OWNER, _OWNER.id == Blocker.owner_id)
        .outerjoin(_WAITED, _WAITED.id == Blocker.waiting_on_id)
        .outerjoin(_RAISER, _RAISER.id == Blocker.raised_by)
        .outerjoin(_RESOLVER, _RESOLVER.id == Blocker.resolved_by)
    )


async def page_of(
    session: AsyncSession, actor: Actor, filters: Filters, paging: Paging
) -> Page[BlockerView]:
    """A part of the list, with tags. Two statements."""
    wanted = whole().where(visible(actor), *_conditions(filters))
    keys = [
        Key(Blocker.state_rank, name="state"),
        Key(Blocker.impact_rank, descending=True, name="impact"),
        Key(Blocker.id, name="id"),
    ]
    page = await paginate(session, wanted, keys=keys, paging=paging)
    tags = await discussion.tags.of(session, "blocker", [row[0].id for row in page.items])
    return page.map(lambda row: view(actor, row, tags.get(row[0].id, ())))


def view(
    actor: Actor,
    joined: Joined,
    tags: Collection[str],
    links: discussion.links.Links | None = None,
) -> BlockerView:
    """A row as its reader sees it."""
    row, team, owner, waited, raiser, resolver = joined
    return BlockerView(
        id=row.id,
        number=row.number,
        name=numbering.said("blocker", row.number),
        title=row.title,
        description=row.description,
        team=named(row.team_id, team),
        owner=named(row.owner_id, owner),
        waiting_on=row.waiting_on,
        waiting_on_person=named(row.waiting_on_id, waited),
        waiting_on_name=row.waiting_on_name,
        impact=row.impact,
        impact_rank=row.impact_rank,
        impact_text=row.impact_text,
        needed_by=row.needed_by,
        state=row.state,
        raised_by=named(row.raised_by, raiser),
        raised_at=row.raised_at,
        resolution=row.resolution,
        resolved_at=row.resolved_at,
        resolved_by=named(row.resolved_by, resolver),
        archived_at=row.archived_at,
        tags=tuple(tags),
        ways=policy.ways(
            actor,
            team_id=row.team_id,
            state=row.state,
            is_archived=row.archived_at is not None,
        ),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        links=links.to if links else (),
        linked_from=links.from_ if links else (),
    )


async def quiet(
    session: AsyncSession, *, before: datetime, late_before: datetime, today: date, limit: int
) -> list[Blocker]:
    """Active blockers nothing has happened to for long: no change, no comment, no reminder.

    Those that were needed by a day that is over are due if nobody was reminded since `late_before`,
    changes or not.
    """
    said = (
        select(func.max(Comment.created_at))
        .where(Comment.subject_type == "blocker", Comment.subject_id == Blocker.id)
        .scalar_subquery()
    )
    is_late = and_(Blocker.needed_by < today, _before(Blocker.nudged_at, late_before))
    is_old = and_(
        Blocker.updated_at < before, _before(Blocker.nudged_at, before), _before(said, before)
    )
    rows = await session.scalars(
        select(Blocker)
        .where(Blocker.state == BlockerState.ACTIVE, or_(is_late, is_old))
        .order_by(Blocker.impact_rank.desc(), Blocker.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(rows)


async def note_nudge(session: AsyncSession, blocker_ids: Collection[UUID], at: datetime) -> None:
    """Remember it. Not a change anybody has to know of: version and time of change stay."""
    await session.execute(
        update(Blocker)
        .where(Blocker.id.in_(blocker_ids))
        .values(nudged_at=at, updated_at=Blocker.updated_at)
        .execution_options(synchronize_session=False)
    )


def _before(moment: Any, limit: datetime) -> ColumnElement[bool]:  # noqa: ANN401 - a column or a query
    return or_(moment.is_(None), moment < limit)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        column.in_(wanted)
        for column, wanted in (
            (Blocker.state, filters.states),
            (Blocker.impact, filters.impacts),
            (Blocker.waiting_on, filters.waiting_on),
            (Blocker.team_id, filters.team_ids),
        )
        if wanted
    ]
    if filters.owner_id:
        found.append(Blocker.owner_id == filters.owner_id)
    if filters.concerns_id:
        mine = (Blocker.owner_id, Blocker.waiting_on_id, Blocker.raised_by)
        found.append(or_(*(column == filters.concerns_id for column in mine)))
    if filters.owned is not None:
        found.append(Blocker.owner_id.is_not(None) if filters.owned else Blocker.owner_id.is_(None))
    if filters.overdue_on:
        found.append(Blocker.state == BlockerState.ACTIVE)
        found.append(Blocker.needed_by < filters.overdue_on)
    if filters.archived is not None:
        is_in = Blocker.archived_at.is_not(None)
        found.append(is_in if filters.archived else ~is_in)
    if filters.tag:
        found.append(Blocker.id.in_(discussion.tags.having("blocker", filters.tag)))
    if filters.q:
        columns = (Blocker.title, Blocker.description, Blocker.impact_text, Blocker.waiting_on_name)
        found.append(finding.holding(filters.q, *columns))
    return found
