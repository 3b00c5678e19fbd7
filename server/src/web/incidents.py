"""Requests that failed by a fault of ours, written into the record: one a minute for each route.

Recorded after the answer has left; a database that is away only costs the record.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Scope

from src.core import events
from src.core.actor import ANONYMOUS, Actor
from src.core.db import transaction
from src.core.errors import DomainError
from src.core.language import mark

QUIET = 60.0  # seconds
FAILED = events.verb(
    "request.failed", mark("A request failed by a fault of ours"), kind=events.Kind.SYSTEM_ERROR
)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Incidents:
    """When this process last recorded a failure of each route."""

    _told: dict[str, float] = field(default_factory=dict)

    def is_due(self, route: str) -> bool:
        """Whether this is to be recorded; if so, it counts as recorded."""
        now = time.monotonic()
        if now - self._told.get(route, -QUIET) < QUIET:
            return False
        self._told[route] = now
        return True


async def note(scope: Scope, error: Exception) -> None:
    """Record that a request failed; what was asked for and what went wrong stand in the log."""
    state = scope["app"].state if "app" in scope else None
    incidents: Incidents | None = getattr(state, "incidents", None)
    route = getattr(scope.get("route"), "path", None) or "(none)"
    if state is None or incidents is None or not incidents.is_due(route):
        return
    actor: Actor = scope.get("state", {}).get("actor", ANONYMOUS)
    try:
        async with transaction(state.database) as session:
            events.record(
                session,
                replace(actor, request_id=scope.get("request_id")),
                "request.failed",
                ("request", None),
                changes={
                    "method": scope["method"],
                    "route": route,
                    "error": type(error).__name__,
                },
            )
    except (DomainError, SQLAlchemyError, OSError) as failure:
        log.warning("a failed request was not recorded", error=str(failure))
