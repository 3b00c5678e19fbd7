"""Refusals that look like an attack, written into the record of events: not all of them.

Who knocks a thousand times is recorded once in ten minutes, and all together are at most a hundred
an hour and process, so that nobody fills the record from outside. Recorded after the answer has
left; a database that is away only costs the record.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import structlog
from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask

from src.core import events, logs, networks
from src.core.actor import ANONYMOUS, Actor
from src.core.db import transaction
from src.core.errors import DomainError, Limited
from src.web import faults, limiting
from src.web.callers import client_ip, request_id_of

QUIET = 600.0  # seconds
HOUR = 3600.0
MOST = 100  # in an hour
PLACES = 2000
_LONGEST = 200

VERBS: Mapping[type[DomainError], str] = {
    faults.CrossSiteRequest: "security.cross_site_refused",
    faults.UnknownHost: "security.unknown_host",
    faults.HttpsNeeded: "security.sent_in_clear",
    Limited: "security.limit_reached",
}

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Alarms:
    """What this process recorded lately."""

    _heard: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)
    _recorded: deque[float] = field(default_factory=deque)

    def is_due(self, verb: str, group: str) -> bool:
        """Whether this is to be recorded; if so, it counts as recorded."""
        now = time.monotonic()
        while self._recorded and now - self._recorded[0] > HOUR:
            self._recorded.popleft()
        last = self._heard.get((verb, group))
        if (last is not None and now - last < QUIET) or len(self._recorded) >= MOST:
            return False
        self._heard[verb, group] = now
        self._heard.move_to_end((verb, group))
        if len(self._heard) > PLACES:
            self._heard.popitem(last=False)
        self._recorded.append(now)
        return True


def task_for(request: Request, refusal: DomainError) -> BackgroundTask | None:
    """What is to be done after the answer to a refused request, if anything."""
    verb = VERBS.get(type(refusal))
    if verb is None or (
        type(refusal) is Limited and limiting.rate_of(request) not in limiting.BY_ACCOUNT
    ):
        return None
    alarms: Alarms | None = getattr(request.app.state, "alarms", None)
    address = client_ip(request)
    if alarms is None or not alarms.is_due(verb, networks.group(address)):
        return None
    return BackgroundTask(_record, request, verb, address)


async def _record(request: Request, verb: str, address: str | None) -> None:
    actor: Actor = getattr(request.state, "actor", ANONYMOUS)
    changes = {"method": request.method, "path": _plain(path_of(request))}
    if verb == VERBS[faults.UnknownHost]:
        changes["host"] = _plain(request.headers.get("host", ""))
    try:
        async with transaction(request.app.state.database) as session:
            events.record(
                session,
                replace(actor, ip=address, request_id=request_id_of(request)),
                verb,
                ("user", actor.user_id),
                changes=changes,
            )
    except (DomainError, SQLAlchemyError, OSError) as error:
        log.warning("a security event was not recorded", verb=verb, error=str(error))


def path_of(request: Request) -> str:
    """The request's path as it may be written down: secrets that stand in it are masked."""
    path: str = request.scope["path"]
    for name, value in (request.scope.get("path_params") or {}).items():
        if logs.is_secret(name):
            path = path.replace(str(value), logs.MASK)
    return path


def _plain(text: str) -> str:
    """What a stranger wrote, as every database keeps it."""
    return "".join(letter for letter in text[:_LONGEST] if letter.isprintable())
