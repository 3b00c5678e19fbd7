"""What every change of bookings brings with it, in the same transaction.

Closures close over the time that is left; then whoever registered here has their turn: the ledger
of quotas, those who wait for freed time, calendars elsewhere. They may raise to refuse.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import resources
from src.domain.bookings import holds
from src.domain.bookings.repository import Whole

Freed = tuple[UUID, resources.hours.Window]
OnChanged = Callable[[AsyncSession, Actor, Sequence[Whole]], Awaitable[None]]
OnFreed = Callable[[AsyncSession, Actor, Sequence[Freed]], Awaitable[None]]

_on_changed: list[OnChanged] = []
_on_freed: list[OnFreed] = []


def on_changed(hook: OnChanged) -> None:
    """Have `hook` called with the bookings whose time, place, person or state became different."""
    _on_changed.append(hook)


def on_freed(hook: OnFreed) -> None:
    """Have `hook` called with what became free: the resource, and the time with its buffers."""
    _on_freed.append(hook)


async def follow(
    session: AsyncSession,
    actor: Actor,
    changed: Sequence[Whole],
    *,
    left: Sequence[Freed] = (),
) -> None:
    """Let everything follow that a change brings with it; its rows are written, its holds too."""
    await holds.heal(session, left)
    for tell_changed in _on_changed:
        await tell_changed(session, actor, changed)
    await free(session, actor, left)


async def free(session: AsyncSession, actor: Actor, left: Sequence[Freed]) -> None:
    """Let those have their turn who wait for time; for what no booking has left (a closure)."""
    if left:
        for tell_freed in _on_freed:
            await tell_freed(session, actor, left)
