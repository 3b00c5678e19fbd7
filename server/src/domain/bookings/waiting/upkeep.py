"""What time and closures do to waiting lists.

Reads do not wait for the jobs: a lapsed offer counts as lapsed and its time as free at once.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import SYSTEM, Actor
from src.domain import notifications, resources
from src.domain.bookings.tables import Offer, OfferState, WaitingEntry, WaitingState
from src.domain.bookings.waiting import alerts, repository, serving

BATCH = 100
Window = resources.hours.Window


async def lapse_offers(session: AsyncSession, *, limit: int = BATCH) -> int:
    """End the offers nobody answered in time and let the next ones have theirs; how many."""
    now = clock.now()
    due = and_(Offer.state == OfferState.OPEN, Offer.expires_at <= now)
    ids = list(await session.scalars(select(Offer.id).where(due).order_by(Offer.id).limit(limit)))
    if not ids:
        return 0
    on = await session.scalars(select(Offer.resource_id).where(Offer.id.in_(ids)).distinct())
    await resources.calendar.lock(session, set(on))
    # Somebody may have settled them meanwhile.
    rows = await repository.offers_on(session, and_(due, Offer.id.in_(ids)), limit=limit)
    freed = [await serving.lapse(session, made, entry) for made, entry in rows]
    if freed:
        await serving.serve(session, freed, is_passed_on=True)
        await alerts.tell(session, freed)
    return len(rows)


async def close_entries(session: AsyncSession, *, limit: int = BATCH) -> int:
    """End the entries whose time has passed, and tell their people; how many those were."""
    now = clock.now()
    found = await session.scalars(
        select(WaitingEntry)
        .where(WaitingEntry.state == WaitingState.WAITING, WaitingEntry.latest_at <= now)
        .order_by(WaitingEntry.id)
        .limit(limit)
        .with_for_update()
    )
    entries = list(found)
    names = await repository.names_of(session, entries)
    for entry in entries:
        entry.state, entry.ended_at = WaitingState.EXPIRED, now
        events.record(session, SYSTEM, "waiting.expired", ("waiting-entry", entry.id))
        await notifications.notify(
            session,
            user_id=entry.person_id,
            kind="waiting.over",
            args={
                "resource": names.get(entry.id, ""),
                "starts_at": entry.earliest_at,
                "ends_at": entry.latest_at,
            },
            link="/find",
            subject=("waiting-entry", entry.id),
        )
    await session.flush()
    return len(entries)


async def withdraw(
    session: AsyncSession,
    actor: Actor,
    resource_ids: Collection[UUID],
    within: Window | None,
    reason: str,
) -> None:
    """Take back what was offered of time that closes (None: from now on, for good)."""
    now = clock.now()
    which = [
        Offer.state == OfferState.OPEN,
        Offer.expires_at > now,
        Offer.resource_id.in_(resource_ids),
    ]
    if within is not None:
        which += [Offer.starts_at < within.ends_at, Offer.ends_at > within.starts_at]
    for made, entry in await repository.offers_on(session, and_(*which), limit=1000):
        made.state, made.decided_at = OfferState.WITHDRAWN, now
        serving.rest(entry)
        events.record(session, actor, "offer.withdrawn", ("waiting-entry", entry.id), reason=reason)
        await serving.tell(session, entry, made, "waiting.withdrawn", reason=reason)
        await resources.calendar.release(session, {made.id})
    await session.flush()
