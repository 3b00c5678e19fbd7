"""The scheduler: publishes a job for every slot that has come, in every worker at once.

The database decides which of several schedulers publishes a slot, and by its clock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

import structlog

from src.core import schedule
from src.core.db import Database, reading, transaction
from src.core.errors import Unavailable
from src.domain import accounts

log = structlog.get_logger(__name__)

Zone = Callable[[Database], Awaitable[ZoneInfo]]


class Scheduler:
    """One worker's scheduler; `zone` tells the institute's time zone."""

    def __init__(self, database: Database, zone: Zone, pace: float) -> None:
        self._database = database
        self._zone = zone
        self._pace = pace
        self._is_registered = False
        self.beat = time.monotonic()

    async def run(self) -> None:
        """Look every second, for ever."""
        was_away = False
        while True:
            self.beat = time.monotonic()
            try:
                await self.tick()
                was_away = False
            except Unavailable as error:
                if not was_away:
                    log.warning("the scheduler must wait", error=str(error))
                was_away = True
            except Exception:
                log.exception("the scheduler failed")
            await asyncio.sleep(self._pace)

    async def tick(self) -> int:
        """Publish what is due; how many jobs it were."""
        if not self._is_registered:
            async with transaction(self._database) as session:
                await schedule.register(session, schedule.declared.values())
            self._is_registered = True
        zone = await self._zone(self._database)
        async with reading(self._database) as reads:
            found = await schedule.find_due(reads, schedule.declared, zone)
        published = 0
        for due in found:
            async with transaction(self._database) as session:
                published += await schedule.publish_due(session, due)
        return published


_zones: dict[int, tuple[float, ZoneInfo]] = {}
ZONE_KEPT = 60.0


async def institute_zone(database: Database) -> ZoneInfo:
    """The institute's time zone, looked up once a minute; UTC before the set-up."""
    kept = _zones.get(id(database))
    if kept is not None and time.monotonic() - kept[0] < ZONE_KEPT:
        return kept[1]
    async with reading(database) as reads:
        institute = await accounts.institute(reads)
    zone = ZoneInfo(institute.timezone if institute is not None else "UTC")
    _zones[id(database)] = (time.monotonic(), zone)
    return zone
