"""Giving freed time to those who wait, in the transaction that frees it.

By rank, then those who have let fewer offers lapse, then those who came first. An offer holds its
time on the calendar until it is answered or lapses, and is made only where a booking would be
allowed at this moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import SYSTEM
from src.domain import notifications, resources
from src.domain.bookings import holds
from src.domain.bookings.tables import Offer, OfferState, WaitingEntry, WaitingState
from src.domain.bookings.waiting import board, repository
from src.domain.bookings.waiting.board import Board, Found, Freed
from src.domain.resources.tables import HoldKind

# In one transaction at most so many who wait are looked at; the rest have their turn by `sweep`.
MOST = 200
PAGE = "/waiting"


async def serve(
    session: AsyncSession, freed: Sequence[Freed], *, is_passed_on: bool = False
) -> int:
    """Offer freed time to those who wait for it; how many offers that made.

    `is_passed_on`: nobody has it anew, somebody declined it or did not answer; who let it lapse
    is not asked about it again. The calendars concerned are locked by whoever freed the time.
    """
    now = clock.now()
    ahead = [(id_, window) for id_, window in freed if window.ends_at > now]
    if not ahead:
        return 0
    on = {resource_id for resource_id, _ in ahead}
    # Calendars first, then those who wait: everybody who locks both does it so.
    await resources.calendar.lock(session, on)
    rows = await repository.waiting_for(session, ahead, now=now, limit=MOST)
    lapsed = {
        entry.id: await lapse(session, made, entry)
        for entry, made in rows
        if made is not None and made.expires_at <= now and made.resource_id in on
    }
    entries = [entry for entry, _ in rows if entry.state is WaitingState.WAITING]
    if not entries:
        return 0
    # Whoever lapsed just now stands further back, and is not asked about the same time again.
    entries.sort(key=place)
    ahead += lapsed.values()
    asked = await board.load(session, ahead, entries, now=now, with_lapsed=not is_passed_on)
    for entry_id, (resource_id, window) in lapsed.items():
        asked.apart.setdefault((entry_id, resource_id), []).append(window)
    count = 0
    for entry in entries:
        found = await asked.fit(session, entry)
        if found is not None:
            count += await _offer(session, asked, found)
    await session.flush()
    return count


def place(entry: WaitingEntry) -> tuple[object, ...]:
    """What entries are ordered by; as `repository.IN_ORDER`."""
    return entry.rank, entry.lapses, entry.created_at, entry.id


async def sweep(session: AsyncSession, *, limit: int = MOST) -> int:
    """Serve those for whom time has opened up without being freed; how many offers that made.

    A booking window opens as days pass, a limit is no longer reached, opening hours change. It is
    looked first, without a lock, so that nothing is disturbed where there is nothing to give.
    """
    now = clock.now()
    found = await opportunities(
        session, await repository.all_waiting(session, now=now, limit=limit)
    )
    return await serve(session, found, is_passed_on=True) if found else 0


async def opportunities(session: AsyncSession, entries: Sequence[WaitingEntry]) -> list[Freed]:
    """Time that would fit these entries now, at most one for each; nothing is written."""
    if not entries:
        return []
    now = clock.now()
    whole = resources.hours.Window(now, max(entry.latest_at for entry in entries))
    places = await repository.places_of(session, entries)
    freed = [(resource_id, whole) for resource_id in places]
    if not freed:
        return []
    seen = await board.load(session, freed, entries, now=now, with_lapsed=False)
    found = [await seen.fit(session, entry) for entry in sorted(entries, key=place)]
    return [(each.resource_id, each.window) for each in found if each is not None]


async def lapse(session: AsyncSession, made: Offer, entry: WaitingEntry) -> Freed:
    """End an offer nobody answered, and what it frees; its person stands further back now."""
    made.state, made.decided_at = OfferState.LAPSED, made.expires_at
    entry.lapses += 1
    rest(entry)
    events.record(session, SYSTEM, "offer.lapsed", ("waiting-entry", entry.id))
    await tell(session, entry, made, "waiting.lapsed")
    return await give_back(session, made)


async def give_back(session: AsyncSession, made: Offer) -> Freed:
    """Free what an offer held, buffers included; closures close over it."""
    held = await repository.held(session, made)
    await resources.calendar.release(session, {made.id})
    await holds.heal(session, [(made.resource_id, held)])
    await session.flush()
    return made.resource_id, held


def rest(entry: WaitingEntry) -> None:
    """It waits again for what comes."""
    if entry.state is WaitingState.OFFERED:
        entry.state = WaitingState.WAITING


async def tell(
    session: AsyncSession,
    entry: WaitingEntry,
    made: Offer,
    kind: str,
    *,
    name: str | None = None,
    reason: str | None = None,
) -> None:
    """Tell whoever waits what becomes of an offer."""
    if name is None:
        name = (await repository.reference(session, made.resource_id)).name
    args = {
        "resource": name,
        "starts_at": made.starts_at,
        "ends_at": made.ends_at,
        "expires_at": made.expires_at if kind == "waiting.offered" else None,
        "reason": reason,
    }
    await notifications.notify(
        session,
        user_id=entry.person_id,
        kind=kind,
        args=args,
        link=PAGE,
        subject=("waiting-entry", entry.id),
    )


async def _offer(session: AsyncSession, asked: Board, found: Found) -> int:
    """Hold the time and tell whose it could be; 0 where somebody was faster."""
    entry, judgement = found.entry, found.judgement
    minutes = judgement.terms.policy.offer_minutes
    expires = min(asked.now + timedelta(minutes=minutes), found.window.starts_at)
    held, offer_id = judgement.held, ids.new()
    piece = resources.calendar.Piece(
        offer_id, HoldKind.OFFER, found.resource_id, held.starts_at, held.ends_at,
        expires_at=expires,
    )  # fmt: skip
    try:
        placed = await resources.calendar.replace(session, [piece], holders=())
    except resources.calendar.TimeTaken:
        return 0
    (hold,) = placed[offer_id]
    made = Offer(
        id=offer_id,
        entry_id=entry.id,
        resource_id=found.resource_id,
        unit_id=hold.unit_id,
        starts_at=found.window.starts_at,
        ends_at=found.window.ends_at,
        expires_at=expires,
        state=OfferState.OPEN,
    )
    session.add(made)
    entry.state = WaitingState.OFFERED
    asked.take(found, hold.unit_number, offer_id)
    changes = {
        "offer_id": offer_id,
        "resource_id": found.resource_id,
        "starts_at": made.starts_at,
        "ends_at": made.ends_at,
    }
    events.record(session, SYSTEM, "offer.made", ("waiting-entry", entry.id), changes=changes)
    await tell(session, entry, made, "waiting.offered", name=judgement.terms.name)
    return 1
