"""What others learn when time of resources opens or shuts other than by a booking.

Closures that are lifted, units put into service, resources brought back; closures laid and
resources taken down. Whoever registers is told in the same transaction, behind the calendars'
locks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.domain.resources.hours import Window

Opened = tuple[UUID, Window]
OnOpened = Callable[[AsyncSession, Actor, Sequence[Opened]], Awaitable[None]]
OnShut = Callable[[AsyncSession, Actor, Collection[UUID], Window | None, str], Awaitable[None]]

_AHEAD = timedelta(days=366)
_on_opened: list[OnOpened] = []
_on_shut: list[OnShut] = []


def on_opened(hook: OnOpened) -> None:
    """Have `hook` called with the resources and the time that can be booked again."""
    _on_opened.append(hook)


def on_shut(hook: OnShut) -> None:
    """Have `hook` called with the resources, the time (None: from now on) and the reason."""
    _on_shut.append(hook)


async def opened(session: AsyncSession, actor: Actor, what: Sequence[Opened]) -> None:
    """Tell that time can be booked again."""
    if what:
        for hook in _on_opened:
            await hook(session, actor, what)


async def brought_back(session: AsyncSession, actor: Actor, resource_ids: Collection[UUID]) -> None:
    """Tell that resources, or units of them, can be booked again from now on."""
    now = clock.now()
    await opened(session, actor, [(id_, Window(now, now + _AHEAD)) for id_ in resource_ids])


async def shut(
    session: AsyncSession,
    actor: Actor,
    resource_ids: Collection[UUID],
    within: Window | None,
    *,
    reason: str,
) -> None:
    """Tell that time cannot be booked any more."""
    if resource_ids:
        for hook in _on_shut:
            await hook(session, actor, resource_ids, within, reason)
