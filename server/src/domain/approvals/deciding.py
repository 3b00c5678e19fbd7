"""A word for or against, and what follows: the next step, or the end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission, forbidden, resource_scope
from src.core.db import savepoint
from src.core.errors import DomainError, Forbidden, Kind, PreconditionFailed
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.approvals import asking, electors, repository, rules, stepping, subjects
from src.domain.approvals.errors import ApprovalNotFound, ApprovalSettled
from src.domain.approvals.seating import Seating
from src.domain.approvals.tables import Approval, ApprovalState, ApprovalVote, Verdict
from src.domain.approvals.views import Elector

_ENDS = {
    Verdict.APPROVE: ApprovalState.APPROVED,
    Verdict.REJECT: ApprovalState.REJECTED,
}
_WORDS = {Verdict.APPROVE: "approval.agreed", Verdict.REJECT: "approval.declined"}
WORDS = {
    ApprovalState.OPEN: mark("open"),
    ApprovalState.APPROVED: mark("approved"),
    ApprovalState.REJECTED: mark("rejected"),
    ApprovalState.EXPIRED: mark("lapsed"),
    ApprovalState.WITHDRAWN: mark("withdrawn"),
}


async def decide(
    session: AsyncSession,
    actor: Actor,
    approval_id: UUID,
    verdict: Verdict,
    *,
    note: str | None = None,
    expected_version: int | None = None,
    is_by_link: bool = False,
) -> Approval:
    """Say a word for or against; where it is the last one needed, what was asked for follows.

    Raises `ApprovalNotFound`, `Forbidden` (it does not wait for them; nobody decides their own,
    standing in or not), `ApprovalSettled` when it was decided or has lapsed, `PreconditionFailed`,
    and whatever the subject raises where it cannot be had any more.
    """
    approval = await opened(session, approval_id)
    if expected_version not in {None, approval.version}:
        raise PreconditionFailed(
            _("Read the request again, then decide."), version=approval.version
        )
    now = clock.now()
    require_open(approval, now)
    seats, votes = await _standing(session, approval)
    elector = await _elector(session, actor, approval, seats, votes)
    _vote(session, actor, approval, elector, verdict, note, now, is_by_link=is_by_link)
    votes.append(rules.Vote(elector.person_id, _person(actor), verdict))
    reached = rules.verdict_of(stepping.step_of(approval), seats, votes)
    if reached is not None:
        await go_on(session, actor, approval, reached, note=note, is_by_link=is_by_link)
    else:
        # The row counts as changed: whoever decides next on what they read is told.
        approval.updated_at = now
    await session.flush()
    return approval


async def decide_many(
    session: AsyncSession,
    actor: Actor,
    approval_ids: Sequence[UUID],
    verdict: Verdict,
    *,
    note: str | None = None,
) -> dict[UUID, DomainError]:
    """Say the same to several, each for itself; what was refused, and why."""
    missed: dict[UUID, DomainError] = {}
    await lock(session, approval_ids)
    for approval_id in dict.fromkeys(approval_ids):
        try:
            async with savepoint(session):
                await decide(session, actor, approval_id, verdict, note=note)
        except DomainError as refusal:
            if refusal.kind is Kind.UNAVAILABLE:
                raise
            missed[approval_id] = refusal
    return missed


async def lock(session: AsyncSession, approval_ids: Collection[UUID]) -> None:
    """Lock the subjects of several approvals at once, for whoever decides them one by one."""
    rows = await session.execute(
        select(Approval.subject_type, Approval.subject_id).where(Approval.id.in_(approval_ids))
    )
    found = rows.all()
    for kind in sorted({row.subject_type for row in found}):
        locks = subjects.of(kind).lock
        if locks is not None:
            await locks(session, [row.subject_id for row in found if row.subject_type == kind])


async def opened(session: AsyncSession, approval_id: UUID) -> Approval:
    """An approval, locked behind its subject. Raises `ApprovalNotFound`."""
    row = (
        await session.execute(
            select(Approval.subject_type, Approval.subject_id).where(Approval.id == approval_id)
        )
    ).one_or_none()
    if row is not None:
        subject = subjects.of(row.subject_type)
        if subject.lock is not None:
            await subject.lock(session, [row.subject_id])
    found = await repository.locked(session, approval_id) if row is not None else None
    if found is None:
        raise ApprovalNotFound(_("Choose one from the list of requests."))
    return found


def require_open(approval: Approval, now: datetime) -> None:
    """Raise `ApprovalSettled` unless it waits, job or no job."""
    state = state_at(approval, now)
    if state is not ApprovalState.OPEN:
        said = _(WORDS[state])
        raise ApprovalSettled(
            _("The request is %(state)s: there is nothing to decide.", state=said),
            state=state.value,
        )


def state_at(approval: Approval, now: datetime) -> ApprovalState:
    """What counts now: what is past its end has lapsed."""
    if approval.state is not ApprovalState.OPEN:
        return approval.state
    is_over = approval.expires_at is not None and approval.expires_at <= now
    return ApprovalState.EXPIRED if is_over else ApprovalState.OPEN


async def go_on(
    session: AsyncSession,
    actor: Actor,
    approval: Approval,
    reached: Verdict,
    *,
    note: str | None = None,
    is_by_link: bool = False,
) -> None:
    """What follows a step that is decided: the next one, or what was asked for."""
    now, subject = clock.now(), subjects.of(approval.subject_type)
    if reached is Verdict.APPROVE and approval.step + 1 < len(approval.steps):
        await _next_step(session, actor, approval, now)
        return
    state = _ENDS[reached]
    asking.settle(session, actor, approval, state, now=now, reason=note, is_by_link=is_by_link)
    await session.flush()
    follow = subject.approved if reached is Verdict.APPROVE else subject.rejected
    await follow(session, actor, approval.subject_id, note)


async def _next_step(
    session: AsyncSession, actor: Actor, approval: Approval, now: datetime
) -> None:
    subject, before = subjects.of(approval.subject_type), approval.expires_at
    number = approval.step + 1
    seats = await stepping.begin(Seating(session), approval, number, now=now)
    events.record(
        session,
        actor,
        "approval.step",
        ("approval", approval.id),
        changes={"step": [number - 1, number]},
    )
    await session.flush()
    await stepping.seat(session, seats)
    if subject.paced is not None and approval.expires_at != before:
        await subject.paced(session, approval.subject_id, approval.expires_at)
    await stepping.tell(session, [approval])


async def _standing(
    session: AsyncSession, approval: Approval
) -> tuple[dict[UUID, bool], list[rules.Vote]]:
    seats = await repository.seats_of(session, approval)
    return seats, await repository.votes_of(session, approval)


async def _elector(
    session: AsyncSession,
    actor: Actor,
    approval: Approval,
    seats: dict[UUID, bool],
    votes: list[rules.Vote],
) -> Elector:
    """In whose name the actor decides. Raises `Forbidden`."""
    known = await electors.of(session, actor)
    entitled = [each for each in known if _is_entitled(actor, each, approval, seats)]
    own = stepping.own(approval)
    if actor.user_id in own:
        if entitled:
            raise Forbidden(_("Nobody decides their own request: ask somebody else to."))
        raise _not_asked(approval)
    entitled = [each for each in entitled if each.person_id not in own]
    if not entitled:
        raise _not_asked(approval)
    said = {vote.person_id for vote in votes}
    has_voted = any(actor.user_id in {vote.by, vote.person_id} for vote in votes)
    free = [each for each in entitled if each.person_id not in said]
    if has_voted or not free:
        raise ApprovalSettled(
            _("You have decided already, or somebody has in your place: others are asked now."),
            state=ApprovalState.OPEN.value,
        )
    return free[0]


def _is_entitled(
    actor: Actor, elector: Elector, approval: Approval, seats: dict[UUID, bool]
) -> bool:
    if not elector.covers(approval.resource_id):
        return False
    scopes = () if approval.resource_id is None else (resource_scope(approval.resource_id),)
    wanted = subjects.of(approval.subject_type).permission
    by_permission = approval.permission is not None and elector.actor.may(
        Permission(approval.permission), *scopes
    )
    is_seated = elector.person_id in seats
    if actor.is_program:  # a key decides no more than its permissions would let it
        is_seated = is_seated and actor.may(wanted, *scopes)
    return is_seated or by_permission


def _not_asked(approval: Approval) -> Forbidden:
    if approval.permission is not None:
        return forbidden(Permission(approval.permission))
    return Forbidden(_("This request does not wait for you. Its page says who is asked."))


def _person(actor: Actor) -> UUID:
    """The id of whoever acts, who is a person."""
    if actor.user_id is None:
        raise Forbidden(_("People decide: log in first."))
    return actor.user_id


def _vote(  # noqa: PLR0913 - what a vote is made of
    session: AsyncSession,
    actor: Actor,
    approval: Approval,
    elector: Elector,
    verdict: Verdict,
    note: str | None,
    now: datetime,
    *,
    is_by_link: bool,
) -> None:
    session.add(
        ApprovalVote(
            id=ids.new(),
            approval_id=approval.id,
            step=approval.step,
            person_id=elector.person_id,
            decided_by=_person(actor),
            verdict=verdict,
            note=note or None,
            is_by_link=is_by_link,
            at=now,
        )
    )
    changes: dict[str, object] = {"step": approval.step}
    if not elector.is_own:
        changes["for"] = str(elector.person_id)
    if is_by_link:
        changes["by_link"] = True
    events.record(
        session,
        actor,
        _WORDS[verdict],
        ("approval", approval.id),
        changes=changes,
        reason=note or None,
    )
