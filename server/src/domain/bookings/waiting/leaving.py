"""When a person leaves: they wait for nothing any more; and what they take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM
from src.domain import accounts
from src.domain.bookings.tables import FreeAlert, Offer, WaitingEntry
from src.domain.bookings.waiting import entries, repository


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    on = select(WaitingEntry.id).where(
        WaitingEntry.person_id == user_id, WaitingEntry.state.in_(repository.ON)
    )
    found = (await session.scalars(on.order_by(WaitingEntry.id))).all()
    await repository.lock_calendars(session, found)
    for entry_id in found:
        wanted = select(WaitingEntry).where(WaitingEntry.id == entry_id).with_for_update()
        entry = (await session.scalars(wanted.execution_options(populate_existing=True))).one()
        await entries.call_off(session, SYSTEM, entry)
    await session.execute(
        update(WaitingEntry)
        .where(WaitingEntry.person_id == user_id)
        .values(title="", notes="", answers={}, version=WaitingEntry.version + 1)
    )
    await session.execute(
        update(FreeAlert)
        .where(FreeAlert.person_id == user_id, FreeAlert.cancelled_at.is_(None))
        .values(cancelled_at=clock.now(), version=FreeAlert.version + 1)
    )


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    mine = WaitingEntry.person_id == user_id
    waiting = select(
        WaitingEntry.id, WaitingEntry.resource_id, WaitingEntry.type_id, WaitingEntry.earliest_at,
        WaitingEntry.latest_at, WaitingEntry.min_minutes, WaitingEntry.max_minutes,
        WaitingEntry.title, WaitingEntry.notes, WaitingEntry.answers, WaitingEntry.state,
        WaitingEntry.lapses, WaitingEntry.created_at,
    ).where(mine)  # fmt: skip
    offered = (
        select(
            Offer.id, Offer.entry_id, Offer.resource_id, Offer.starts_at, Offer.ends_at,
            Offer.expires_at, Offer.state, Offer.created_at,
        )
        .join(WaitingEntry, WaitingEntry.id == Offer.entry_id)
        .where(mine)
    )  # fmt: skip
    alerts = select(
        FreeAlert.id, FreeAlert.resource_id, FreeAlert.min_minutes, FreeAlert.earliest_at,
        FreeAlert.latest_at, FreeAlert.told_at, FreeAlert.created_at,
    ).where(FreeAlert.person_id == user_id)  # fmt: skip
    return {
        name: [dict(row) for row in (await session.execute(wanted)).mappings()]
        for name, wanted in (("entries", waiting), ("offers", offered), ("alerts", alerts))
    }


accounts.leaving.erasure.on_erasure("waiting", _erase)
accounts.leaving.exporting.source("waiting", _read)
