"""Near misses: told in a minute on a phone, and without a name where one does not want to be known.

Of an anonymous one nobody can learn who reported it, not even from the database: the event has no
actor, no address and no request, nothing that repeats the answer is kept, and files belong to
nobody. Therefore it takes no resource down, and its reporter is told nothing either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import ANONYMOUS, Actor, Permission, forbidden
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.operations import numbering
from src.domain.operations.incidents import policy, reporting
from src.domain.operations.incidents.errors import BadIncident
from src.domain.operations.incidents.views import On, Report
from src.domain.operations.tables import Incident, IncidentType, Severity

CODE = "near-miss"
_TITLE = 120  # letters of what happened that make its title


@dataclass(frozen=True, slots=True)
class NearMiss:
    """What nearly went wrong. Without a type it is of the first that may be anonymous."""

    what: str
    type_id: UUID | None = None
    severity: Severity | None = None
    resource_id: UUID | None = None
    location_id: UUID | None = None
    team_id: UUID | None = None
    occurred_at: datetime | None = None
    is_anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """That it was taken. What it is called only where whoever reported it may read it."""

    incident_id: UUID | None
    reference: str | None
    is_anonymous: bool


async def report(session: AsyncSession, actor: Actor, *, miss: NearMiss) -> tuple[Receipt, UUID]:
    """Take a near miss, and the id to hang a photo on. Needs `operations:post` anywhere.

    Raises `Forbidden`, `BadIncident`.
    """
    if actor.user_id is None:
        raise forbidden(Permission.OPERATIONS_POST)
    reporting.require_report(actor, miss.team_id)
    type_ = await _type(session, miss)
    if miss.is_anonymous:
        # What is told later must not say by which request either.
        with structlog.contextvars.bound_contextvars(request_id=None):
            row = await reporting.make(session, actor, _said(miss, type_), by=nobody())
    else:
        row = await reporting.make(session, actor, _said(miss, type_))
    is_seen = await session.scalar(
        select(Incident.id).where(Incident.id == row.id, policy.visible(actor))
    )
    if is_seen is None:
        return Receipt(None, None, miss.is_anonymous), row.id
    said = numbering.said(reporting.KIND, row.number)
    return Receipt(row.id, said, miss.is_anonymous), row.id


def nobody() -> Actor:
    """Who reports what is anonymous: nobody, from nowhere, by no request."""
    return replace(ANONYMOUS, ip=None, request_id=None)


async def types(session: AsyncSession) -> list[IncidentType]:
    """The types that may be reported without a name, the first of them first."""
    rows = await session.scalars(
        select(IncidentType)
        .where(IncidentType.is_active, IncidentType.may_be_anonymous)
        .order_by(IncidentType.code != CODE, IncidentType.rank, IncidentType.name)
    )
    return list(rows)


async def _type(session: AsyncSession, miss: NearMiss) -> IncidentType:
    found = await types(session)
    if miss.type_id is not None:
        found = [one for one in found if one.id == miss.type_id]
    if not found:
        detail = _("Incidents of this type cannot be reported here; report an incident instead.")
        raise BadIncident(detail, errors=(FieldError(("type_id",), "unknown-type", detail),))
    return found[0]


def _said(miss: NearMiss, type_: IncidentType) -> Report:
    what = miss.what.strip()
    first = what.splitlines()[0].strip() if what else ""
    title = first
    if len(first) > _TITLE:
        title = f"{first[: _TITLE - 1].rsplit(' ', 1)[0].rstrip(',.;:')}…"
    return Report(
        type_id=type_.id,
        title=title,
        description=what if what != title else "",
        severity=miss.severity,
        team_id=miss.team_id,
        location_id=miss.location_id,
        occurred_at=miss.occurred_at,
        resources=(On(miss.resource_id),) if miss.resource_id else (),
        is_near_miss=True,
    )
