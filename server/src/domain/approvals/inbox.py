"""Reading approvals: what waits for somebody, what they asked for, and one with all of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, reach
from src.core.actor import Actor, Permission
from src.core.language import gettext as _
from src.core.paging import Page, Paging, paginate, sorted_by
from src.domain import accounts
from src.domain.approvals import deciding, electors, repository, stepping, subjects, telling
from src.domain.approvals.errors import ApprovalNotFound
from src.domain.approvals.subjects import Description
from src.domain.approvals.tables import (
    Approval,
    ApprovalRule,
    ApprovalSeat,
    ApprovalState,
    ApprovalVote,
)
from src.domain.approvals.views import ApprovalView, Elector, Person, VoteView, Waiting

_SORTS = {"created_at": Approval.created_at}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which approvals. Without any of it all the reader may know of.

    `waiting`: those that wait for a word of the reader; `mine`: asked by them or for them.
    """

    waiting: bool = False
    mine: bool = False
    kinds: Collection[str] = ()
    resource_ids: Collection[UUID] = ()
    states: Collection[ApprovalState] = ()


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    which: Filter | None = None,
    sort: str | None = None,
    paging: Paging | None = None,
) -> Page[ApprovalView]:
    """Approvals the actor may know of, the oldest first. A constant number of statements.

    Raises `BadSort`, `BadCursor`.
    """
    which, now = which or Filter(), clock.now()
    known = await electors.of(session, actor)
    waits = repository.waits_for(actor, known)
    wanted = select(Approval, waits.label("waits")).where(_visible(actor, known))
    if which.waiting:
        wanted = wanted.where(waits)
    if which.mine:
        wanted = wanted.where(_own(actor))
    if which.kinds:
        wanted = wanted.where(Approval.subject_type.in_(which.kinds))
    if which.resource_ids:
        wanted = wanted.where(Approval.resource_id.in_(which.resource_ids))
    if which.states:
        wanted = wanted.where(_in_state(which.states, now=repository.is_live(now)))
    keys = sorted_by(sort, _SORTS, default="created_at", unique=Approval.id)
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.holding(await _views(session, page.items))


async def get(session: AsyncSession, actor: Actor, approval_id: UUID) -> ApprovalView:
    """One with its votes, and whom it waits for. Raises `ApprovalNotFound`."""
    known = await electors.of(session, actor)
    waits = repository.waits_for(actor, known)
    rows = await session.execute(
        select(Approval, waits.label("waits")).where(
            Approval.id == approval_id, _visible(actor, known)
        )
    )
    row = rows.one_or_none()
    if row is None:
        raise ApprovalNotFound(_("Choose one from the list of requests."))
    return (await _views(session, [row], is_whole=True))[0]


async def waiting_for(session: AsyncSession, kind: str, subject_id: UUID) -> Waiting | None:
    """Whom the subject's open approval waits for, and until when; None when it does not wait."""
    approval = (await repository.open_of(session, kind, [subject_id])).get(subject_id)
    if approval is None or deciding.state_at(approval, clock.now()) is not ApprovalState.OPEN:
        return None
    return (await _waiting(session, [approval]))[approval.id]


async def by_person(session: AsyncSession, person: Actor, approval_id: UUID) -> ApprovalView:
    """One as whoever opens the link of a mail sees it. Raises `ApprovalNotFound`."""
    waits = repository.waits_for(person, await electors.of(session, person))
    found = await session.execute(
        select(Approval, waits.label("waits")).where(Approval.id == approval_id)
    )
    row = found.one_or_none()
    if row is None:
        raise ApprovalNotFound(_("Choose one from the list of requests."))
    return (await _views(session, [row], is_whole=True))[0]


def _own(actor: Actor) -> ColumnElement[bool]:
    return or_(Approval.requested_by == actor.user_id, Approval.requested_for == actor.user_id)


def _visible(actor: Actor, known: Sequence[Elector]) -> ColumnElement[bool]:
    """Those that wait for them, that they asked for, had a say in, or look after."""
    of_resource: reach.Columns = {"resource": Approval.resource_id}
    looked_after = [
        and_(
            Approval.subject_type == subject.kind,
            reach.within(actor, subject.permission, of_resource),
        )
        for subject in subjects.registered().values()
    ]
    looked_after.append(reach.within(actor, Permission.APPROVALS_MANAGE, of_resource))
    if actor.is_program:
        return or_(*looked_after)
    seated = exists().where(
        ApprovalSeat.approval_id == Approval.id, ApprovalSeat.person_id == actor.user_id
    )
    said = exists().where(
        ApprovalVote.approval_id == Approval.id, ApprovalVote.decided_by == actor.user_id
    )
    return or_(repository.waits_for(actor, known), _own(actor), seated, said, *looked_after)


def _in_state(
    states: Collection[ApprovalState], *, now: ColumnElement[bool]
) -> ColumnElement[bool]:
    """What counts now: what is past its end has lapsed, before the job has been by."""
    is_open = Approval.state == ApprovalState.OPEN
    ways = [and_(Approval.state.in_(states), or_(~is_open, now))]
    if ApprovalState.EXPIRED in states:
        ways.append(and_(is_open, ~now))
    return or_(*ways)


async def _views(
    session: AsyncSession, rows: Sequence[Any], *, is_whole: bool = False
) -> list[ApprovalView]:
    found = [row[0] for row in rows]
    described = await _described(session, found)
    votes = await _votes(session, found) if is_whole else {}
    waiting = await _waiting(session, found) if is_whole else {}
    named = [each.rule_id for each in found if each.rule_id is not None]
    rules = {}
    if named:
        titles = select(ApprovalRule.id, ApprovalRule.name).where(ApprovalRule.id.in_(named))
        rules = {row.id: row.name for row in await session.execute(titles)}
    people = await accounts.names(
        session, {one for each in found for one in (each.requested_by, each.requested_for)}
    )
    now = clock.now()
    return [
        ApprovalView(
            id=each.id,
            subject_type=each.subject_type,
            subject_id=each.subject_id,
            resource_id=each.resource_id,
            state=deciding.state_at(each, now),
            step=each.step,
            steps=len(each.steps),
            requested_by=Person(each.requested_by, people.get(each.requested_by, "")),
            requested_for=Person(each.requested_for, people.get(each.requested_for, "")),
            description=described.get((each.subject_type, each.subject_id)),
            due_at=each.step_due_at,
            expires_at=each.expires_at,
            decided_at=each.decided_at,
            is_escalated=each.is_escalated,
            may_decide=bool(row[1]),
            version=each.version,
            created_at=each.created_at,
            updated_at=each.updated_at,
            rule=rules.get(each.rule_id),
            votes=tuple(votes.get(each.id, ())),
            waiting=waiting.get(each.id),
        )
        for each, row in zip(found, rows, strict=True)
    ]


async def _described(
    session: AsyncSession, found: Sequence[Approval]
) -> dict[tuple[str, UUID], Description]:
    by_kind = defaultdict[str, list[UUID]](list)
    for each in found:
        by_kind[each.subject_type].append(each.subject_id)
    told = {}
    for kind, ids in by_kind.items():
        if kind in subjects.registered():
            for id_, description in (await subjects.of(kind).describe(session, ids)).items():
                told[kind, id_] = description
    return told


async def _votes(session: AsyncSession, found: Sequence[Approval]) -> dict[UUID, list[VoteView]]:
    rows = list(
        await session.scalars(
            select(ApprovalVote)
            .where(ApprovalVote.approval_id.in_([each.id for each in found]))
            .order_by(ApprovalVote.id)
        )
    )
    people = await accounts.names(
        session, {one for row in rows for one in (row.person_id, row.decided_by)}
    )
    told = defaultdict[UUID, list[VoteView]](list)
    for row in rows:
        stands_in = row.person_id != row.decided_by
        told[row.approval_id].append(
            VoteView(
                step=row.step,
                by=Person(row.decided_by, people.get(row.decided_by, "")),
                for_=Person(row.person_id, people.get(row.person_id, "")) if stands_in else None,
                verdict=row.verdict,
                note=row.note,
                is_by_link=row.is_by_link,
                at=row.at,
            )
        )
    return told


async def _waiting(session: AsyncSession, found: Sequence[Approval]) -> dict[UUID, Waiting]:
    now = clock.now()
    waits = [each for each in found if deciding.state_at(each, now) is ApprovalState.OPEN]
    asked = await telling.who_decides(session, waits)
    people = await accounts.names(session, {one for each in asked for one in each})
    return {
        each.id: Waiting(
            people=tuple(
                sorted(
                    (Person(one, people[one]) for one in whom if one in people),
                    key=lambda one: one.name,
                )
            ),
            until=each.step_due_at or each.expires_at,
            step=each.step,
            steps=len(stepping.steps_of(each)),
            is_escalated=each.is_escalated,
        )
        for each, whom in zip(waits, asked, strict=True)
    }
