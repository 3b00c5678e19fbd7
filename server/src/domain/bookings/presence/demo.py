"""A checklist and a kiosk of the demonstration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import resources
from src.domain.bookings.presence import kiosks

BEFORE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "vacuum": {
            "type": "number", "title": "Vacuum of the column", "x-unit": "µPa", "x-order": 1,
            "minimum": 0, "x-limits": {"low": 1, "high": 50},
        },
        "cold_trap": {"type": "boolean", "title": "The cold trap is filled", "x-order": 2},
        "remarks": {"type": "string", "title": "What was not as it should be", "x-order": 3},
    },
    "required": ["vacuum", "cold_trap"],
}  # fmt: skip
AFTER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "gun_off": {"type": "boolean", "title": "The gun is off", "x-order": 1},
        "left_over": {"type": "string", "title": "What the next one should know", "x-order": 2},
    },
    "required": ["gun_off"],
}


async def fill(
    session: AsyncSession, actor: Actor, *, asking: UUID, beside: Sequence[UUID]
) -> None:
    """One instrument asks before and after use; a tablet stands beside others."""
    level = resources.Level("resource", asking)
    values = {"checklist_before": BEFORE, "checklist_after": AFTER}
    await resources.set_policy(session, actor, level, values=values)
    await kiosks.create(session, actor, name="Culture rooms", resource_ids=beside)
