"""Two hand-overs for the demonstration: one that was taken over, one that waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain.operations.handovers import service
from src.domain.operations.tables import Handover

_YESTERDAY = """The **chiller of the 800 MHz** hums since noon; the level is fine.

- look at it at 22:00
- if the pressure falls below 1.8 bar, call the hotline
"""
_TODAY = """Two samples stand in the cryostat until tomorrow, please leave it closed.

The delivery of argon comes at 8; the key is at the gate.
"""


async def fill(
    session: AsyncSession, giver: Actor, taker: Actor, *, team_id: UUID, now: datetime
) -> None:
    """The taker had the day before, and has not taken today's yet."""
    first = await service.give(
        session, giver, team_id=team_id, to_id=taker.user_id, watch=_YESTERDAY
    )
    row = await session.get_one(Handover, first.id)
    row.given_at = now - timedelta(hours=26)
    await session.flush()
    await service.acknowledge(
        session, taker, first.id, remark="Quiet night. The pressure stayed at 2.1 bar."
    )
    row.acknowledged_at = now - timedelta(hours=25)
    await service.give(session, giver, team_id=team_id, to_id=taker.user_id, watch=_TODAY)
