"""Alive, ready, and the numbers Prometheus collects."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from prometheus_client import Counter, Histogram
from sqlalchemy import text

from src.core import migrations
from src.core.db import reading

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
ESSENTIAL = ("database", "schema")
PATIENCE = 2.0  # seconds a part may take to answer

_requests = Counter(
    "aliquot_http_requests_total", "Requests served.", ["method", "route", "status"]
)
_seconds = Histogram(
    "aliquot_http_request_seconds",
    "Time until the answer was sent.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Check = Callable[[], Awaitable[str | None]]


def observe(method: str, route: str, status: int, seconds: float | None) -> None:
    """Count a request under its route's template, never under its address.

    `seconds` is None where the reader decides how long it takes.
    """
    method = method if method in _METHODS else "(other)"
    _requests.labels(method, route, str(status or 499)).inc()
    if seconds is not None:
        _seconds.labels(method, route).observe(seconds)


async def check_database(request: Request) -> str | None:
    """Ask the database for anything at all."""
    async with reading(request.app.state.database) as reads:
        await reads.execute(text("SELECT 1"))
    return None


async def check_schema(request: Request) -> str | None:
    """Compare the schema's revision with the one this code was written for."""
    found = await migrations.revision(request.app.state.database)
    # A newer schema serves older code while a deployment rolls on, or goes back.
    if migrations.standing(found) in (migrations.Standing.EMPTY, migrations.Standing.BEHIND):
        raise OldSchema(f"the schema is at {found}, this code wants {migrations.head()}")
    return found


class OldSchema(Exception):
    """The database has an older schema than this code."""


async def _timed(check: Awaitable[str | None]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            said = await check
        result: dict[str, Any] = {"ok": True}
        if said is not None:
            result["detail"] = said
    except Exception as error:  # noqa: BLE001 - whatever fails is the answer
        # The class alone: a driver's message may hold addresses.
        said = str(error) if isinstance(error, OldSchema) else type(error).__name__
        result = {"ok": False, "detail": said}
    result["milliseconds"] = round((time.perf_counter() - started) * 1000, 1)
    return result


async def readiness(request: Request) -> tuple[bool, dict[str, Any]]:
    """Every part with whether it answers and how long it took, asked at the same time.

    Without a broker or storage bookings go on (jobs wait in the outbox), so those two are told
    and do not count: otherwise an orchestrator would take every server away for nothing.
    """
    checks: dict[str, Check] = request.app.state.checks
    parts = {
        "database": check_database(request),
        "schema": check_schema(request),
        **{name: check() for name, check in checks.items()},
    }
    results = await asyncio.gather(*(_timed(part) for part in parts.values()))
    named = dict(zip(parts, results, strict=True))
    for name, part in named.items():
        part["is_essential"] = name in ESSENTIAL
    return all(named[name]["ok"] for name in ESSENTIAL), named
