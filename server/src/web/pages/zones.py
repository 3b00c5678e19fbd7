"""Time zones to choose from, by the names of places."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from src.core import language

_REGIONS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
    "Indian", "Pacific",
)  # fmt: skip


def zones(now: datetime, *more: str) -> list[tuple[str, str]]:
    """Every time zone that is named after a place, with its clock now; and those in use."""
    names = {*_names(), *(name for name in more if language.is_timezone(name))}
    return [(name, f"{name.replace('_', ' ')} ({_offset(name, now)})") for name in sorted(names)]


@cache
def _names() -> frozenset[str]:
    return frozenset(
        name for name in available_timezones() if name.partition("/")[0] in _REGIONS
    ) | {"UTC"}


def _offset(name: str, now: datetime) -> str:
    return f"UTC{now.astimezone(ZoneInfo(name)).isoformat()[-6:]}"
