"""Deciding requests: every requested booking waits behind an open approval (`approvals`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM, Actor, Permission, forbidden, resource_scope
from src.core.errors import Forbidden
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import accounts, approvals, resources
from src.domain.approvals import Approval, ApprovalState, Asking, Verdict
from src.domain.bookings import (
    aftermath,
    describing,
    holds,
    locking,
    policy,
    repository,
    rivalry,
    rules,
    telling,
)
from src.domain.bookings.errors import BookingOverlaps
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import BookingView, Person

KIND = "booking"
# What a booking can have been when these are reached, only a request had an approval.
_NEVER_ASKED = frozenset({Status.IN_USE, Status.COMPLETED, Status.NO_SHOW})


async def approve(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    *,
    note: str | None = None,
    expected_version: int | None = None,
) -> BookingView:
    """Agree to somebody else's request; the last word needed confirms it without a deadline.

    Raises `BookingNotFound`, `Forbidden` (it does not wait for them; nobody approves their own),
    `BookingStateConflict` when it was decided or has expired, `ApprovalSettled` when they have
    had their say, `BookingOverlaps` where a rival was faster, `PreconditionFailed`.
    """
    return await _decide(session, actor, booking_id, Verdict.APPROVE, note, expected_version)


async def reject(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    *,
    note: str | None = None,
    expected_version: int | None = None,
) -> BookingView:
    """Refuse somebody else's request; its time is free at once. Raises as `approve` does."""
    return await _decide(session, actor, booking_id, Verdict.REJECT, note, expected_version)


async def _decide(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    verdict: Verdict,
    note: str | None,
    expected_version: int | None,
) -> BookingView:
    found = (await locking.open_(session, [booking_id])).get(booking_id)
    waiting = (await approvals.open_of(session, KIND, [booking_id])).get(booking_id)
    locking.require_known(actor, found, expected_version)
    if found is None:
        raise forbidden(Permission.BOOKINGS_APPROVE)
    if waiting is None:
        _require_decider(actor, found.booking)
    rules.require_decidable(found.booking, now=clock.now())
    if waiting is None:  # written by a version that knew no approvals
        (waiting,) = await _ask(session, [found])
    await approvals.decide(session, actor, waiting.id, verdict, note=note)
    waits = policy.waiting(actor, await approvals.electors_of(session, actor))
    (renewed,) = await repository.find(session, Booking.id == booking_id, waiting=waits)
    return repository.view(actor, renewed, now=clock.now())


def _require_decider(actor: Actor, booking: Booking) -> None:
    if policy.may_decide(actor, booking):
        return
    permission = Permission.BOOKINGS_APPROVE
    if actor.may(permission, resource_scope(booking.resource_id)):
        raise Forbidden(_("Nobody decides their own request: ask somebody else to."))
    raise forbidden(permission)


async def _approved(
    session: AsyncSession, actor: Actor, booking_id: UUID, note: str | None
) -> None:
    """It holds its time from now on without a deadline; rivals it leaves no room are rejected."""
    found = await _decided(session, actor, booking_id, Status.CONFIRMED, note)
    booking = found.booking
    unseated = await _seated(session, found)
    booking.is_rival = False
    await aftermath.follow(session, actor, [found])
    await telling.tell(session, actor, found, "booking.approved", reason=note)
    await session.flush()
    rivals = await rivalry.overlapping(session, booking, rivals=True)
    for lost in [*unseated, *await rivalry.settle(session, rivals)]:
        await _lose(session, actor, lost)


async def _seated(session: AsyncSession, found: Whole) -> list[Whole]:
    """Put what was approved on the calendar; the requests that had to give way to a rival."""
    booking, replace = found.booking, resources.calendar.replace
    unit = None if booking.is_rival else found.unit
    try:
        piece = rivalry.piece_of(found, unit=unit, is_request=False)
        placed = await replace(session, [piece], holders={booking.id})
        unseated: list[Whole] = []
    except resources.calendar.TimeTaken:
        unseated = await rivalry.overlapping(session, booking, rivals=False)
        gone = {each.booking.id for each in unseated}
        piece = rivalry.piece_of(found, unit=found.unit, is_request=False)
        try:
            placed = await replace(session, [piece], holders={booking.id, *gone})
        except resources.calendar.TimeTaken as taken:
            detail = _("Somebody else has this time by now: the request can only be rejected.")
            raise BookingOverlaps(detail, conflicts=[], suggestions=[]) from taken
    booking.unit_id = placed[booking.id][0].unit_id
    return unseated


async def _lose(session: AsyncSession, actor: Actor, found: Whole) -> None:
    """Reject a request because a rival was approved, and say so."""
    reason = _("Another request for this time was approved.")
    approval = (await approvals.open_of(session, KIND, [found.booking.id], lock=True)).get(
        found.booking.id
    )
    if approval is not None:
        state, now = ApprovalState.REJECTED, clock.now()
        approvals.settle(session, actor, approval, state, now=now, reason=reason)
        await session.flush()
    await _rejected(session, actor, found.booking.id, reason)


async def _rejected(
    session: AsyncSession, actor: Actor, booking_id: UUID, note: str | None
) -> None:
    """Its time is free at once."""
    found = await _decided(session, actor, booking_id, Status.REJECTED, note)
    await resources.calendar.release(session, {found.booking.id})
    await aftermath.follow(session, actor, [found], left=[holds.freed(found.booking)])
    await telling.tell(session, actor, found, "booking.rejected", reason=note)
    await session.flush()


async def _decided(
    session: AsyncSession, actor: Actor, booking_id: UUID, to: Status, note: str | None
) -> Whole:
    found = (await locking.open_(session, [booking_id]))[booking_id]
    booking = found.booking
    rules.require_decidable(booking, now=clock.now())
    rules.transition(session, actor, booking, to, now=clock.now(), reason=note)
    booking.decided_by, booking.decision_note = actor.user_id, note
    booking.request_expires_at = None
    return found


async def _expired(session: AsyncSession, booking_id: UUID) -> None:
    """Nobody decided in time."""
    found = (await locking.open_(session, [booking_id])).get(booking_id)
    if found is not None and found.booking.status is Status.REQUESTED:
        await expire(session, [found])


async def expire(session: AsyncSession, found: Sequence[Whole]) -> None:
    """End requests nobody decided in time, and tell their people."""
    now = clock.now()
    for each in found:
        rules.transition(session, SYSTEM, each.booking, Status.EXPIRED, now=now)
        await telling.tell(session, SYSTEM, each, "booking.expired")
    await resources.calendar.release(session, {each.booking.id for each in found})
    left = [holds.freed(each.booking) for each in found]
    await aftermath.follow(session, SYSTEM, found, left=left)


async def _paced(session: AsyncSession, booking_id: UUID, until: datetime | None) -> None:
    """The request holds its time as long as its step waits."""
    booking = await session.get_one(Booking, booking_id)
    booking.request_expires_at = until
    await session.flush()
    await resources.calendar.limit(session, booking_id, expires_at=until)


async def follow(session: AsyncSession, actor: Actor, changed: Sequence[Whole]) -> None:
    """Let every request have its open approval, and nothing else have one.

    A request for another time or place is asked anew, for a part of what was asked it is not.
    """
    new = [each for each in changed if _is_new(each.booking)]
    known = [each for each in changed if not _is_new(each.booking) and _was_asked(each.booking)]
    waiting = dict[UUID, Approval]()
    if known:
        ids = [each.booking.id for each in known]
        waiting = await approvals.open_of(session, KIND, ids, lock=True)
    latest = dict[UUID, datetime | None]()
    for each in known:
        approval = waiting.get(each.booking.id)
        if approval is None or approval.asked != _asked(each.booking):
            each.booking.is_rival = False  # what was moved or taken back has a hold
        if each.booking.status is Status.REQUESTED and (
            approval is None or not _is_part(each.booking, approval)
        ):
            new.append(each)
        elif approval is None or each.booking.status is Status.REQUESTED:
            continue
        if approval is not None:
            latest[each.booking.id] = approval.latest_at
            is_over = each.booking.status is Status.EXPIRED
            state = ApprovalState.EXPIRED if is_over else ApprovalState.WITHDRAWN
            approvals.settle(session, actor, approval, state, now=clock.now())
    if new:
        await _ask(session, new, latest=latest)


def _is_new(booking: Booking) -> bool:
    return booking.status is Status.REQUESTED and booking.version in {None, 1}


def _was_asked(booking: Booking) -> bool:
    """Whether it may have an approval: what was never a request costs no statement."""
    if booking.status in _NEVER_ASKED or booking.version is None:
        return False
    if booking.status is Status.CONFIRMED:
        return booking.version > 1
    return booking.request_expires_at is not None


async def _ask(
    session: AsyncSession,
    found: Sequence[Whole],
    *,
    latest: dict[UUID, datetime | None] | None = None,
) -> list[Approval]:
    """Ask for approval by the rules of the resources.

    `latest`: until when those could have waited that are asked anew; changing a request does not
    make that longer.
    """
    await session.flush()
    named = await approvals.rules_of(session, {each.booking.resource_id for each in found})
    askings = []
    for each in found:
        booking = each.booking
        ends = (latest or {}).get(booking.id) or booking.request_expires_at
        askings.append(
            Asking(
                subject_id=booking.id,
                resource_id=booking.resource_id,
                requested_by=booking.booked_by,
                requested_for=booking.booked_for,
                latest_at=min(ends, booking.starts_at) if ends is not None else booking.starts_at,
                rule=named.get(booking.resource_id),
                asked=_asked(booking),
            )
        )
    made = await approvals.ask(session, KIND, askings)
    for approval, each in zip(made, found, strict=True):
        if each.booking.request_expires_at != approval.expires_at:
            await _paced(session, each.booking.id, approval.expires_at)
    return made


def _asked(booking: Booking) -> dict[str, Any]:
    return {
        "resource_id": str(booking.resource_id),
        "starts_at": booking.starts_at.isoformat(),
        "ends_at": booking.ends_at.isoformat(),
    }


def _is_part(booking: Booking, approval: Approval) -> bool:
    """Whether the request is still for what was asked, or for less of it, and the same people's."""
    asked, people = approval.asked, {approval.requested_by, approval.requested_for}
    return (
        people == {booking.booked_by, booking.booked_for}
        and asked.get("resource_id") == str(booking.resource_id)
        and datetime.fromisoformat(asked["starts_at"]) <= booking.starts_at
        and booking.ends_at <= datetime.fromisoformat(asked["ends_at"])
    )


async def ask_missing(session: AsyncSession, *, limit: int = 100) -> int:
    """Ask for the requests that have no approval; how many.

    A version before this one made them, while both were running or before.
    """
    asked = select(Approval.subject_id).where(
        Approval.subject_type == KIND, Approval.state == ApprovalState.OPEN
    )
    missing = and_(
        Booking.status == Status.REQUESTED,
        Booking.request_expires_at > clock.now(),
        Booking.id.not_in(asked),
    )
    ids = list(await session.scalars(select(Booking.id).where(missing).limit(limit)))
    if not ids:
        return 0
    opened = await locking.open_(session, ids)
    still = [each for each in opened.values() if each.booking.status is Status.REQUESTED]
    if still:
        await _ask(session, still)
    return len(still)


async def tell_deciders(session: AsyncSession, booking_id: UUID) -> int:
    """Tell everybody who may decide a request that it waits; how many that are."""
    waiting = await approvals.open_of(session, KIND, [booking_id])
    return await approvals.tell_asked(session, [each.id for each in waiting.values()])


async def deciders(
    session: AsyncSession, actor: Actor, resource_id: UUID, *, excluding: Collection[UUID] = ()
) -> list[Person]:
    """Who may decide requests of the resource besides the actor, by name. Two statements."""
    holders = await accounts.holders(
        session, Permission.BOOKINGS_APPROVE, resource_scope(resource_id)
    )
    names = await accounts.names(session, set(holders) - {actor.user_id, *excluding})
    return sorted((Person(id_, name) for id_, name in names.items()), key=lambda one: one.name)


async def _lock(session: AsyncSession, ids: Sequence[UUID]) -> None:
    await locking.lock(session, ids)


approvals.subjects.register(
    KIND,
    name=mark("Booking"),
    permission=Permission.BOOKINGS_APPROVE,
    notice="booking.requested",
    describe=describing.describe,
    approved=_approved,
    rejected=_rejected,
    expired=_expired,
    lock=_lock,
    paced=_paced,
)
aftermath.on_changed(follow)
