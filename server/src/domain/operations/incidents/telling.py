"""Who is told of an incident: who looks after it, who is responsible for what it hits, who asked.

Nobody hears of what they may not know of (`room.telling.tell`); those who have booked what is down
learn that it is, and of a restricted incident no more than that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain import accounts, bookings, notifications, resources
from src.domain.bookings.tables import Booking, Status
from src.domain.operations import numbering
from src.domain.operations.incidents.room import roles, subscriptions
from src.domain.operations.incidents.room import telling as of_room
from src.domain.operations.tables import (
    Incident,
    IncidentResource,
    IncidentRole,
    IncidentState,
    Severity,
    Visibility,
)
from src.domain.resources.tables import Duty, Effect, Resource, ResourceState

_AHEAD = (Status.REQUESTED, Status.CONFIRMED, Status.IN_USE)
_USABLE = (ResourceState.AVAILABLE, ResourceState.DEGRADED)
_ASKED = frozenset({"primary", Duty.DEPUTY, Duty.SAFETY})
_GOING_ON = (IncidentState.OPEN, IncidentState.IN_PROGRESS)
# Beyond this many people are told without a suggestion: each is a search of its own.
_SUGGESTED = 40


async def tell_reported(session: AsyncSession, payload: Mapping[str, Any]) -> int:
    """Tell whom a new incident concerns, and those who have booked what it takes down; how many."""
    incident, by = await _of(session, payload)
    if incident is None or incident.state not in _GOING_ON:
        return 0
    people = await of_room.responsible(session, incident)
    people |= await _of_resources(session, incident.id)
    people |= await subscriptions.matching(session, incident)
    heard = await notifications.follows.audience(session, ("incident", incident.id), people)
    # Whoever was given the lead hears of that.
    heard -= set(await roles.holders(session, incident.id, IncidentRole.LEAD)) | {by}
    told = await of_room.tell(session, incident, _kind(incident), heard, _args(incident, by))
    return told + await tell_booked(session, incident, "incident.booked", by)


async def tell_moved(session: AsyncSession, payload: Mapping[str, Any]) -> int:
    """Tell those concerned that it went on, was resolved, closed or reopened; how many."""
    incident, by = await _of(session, payload)
    if incident is None:
        return 0
    verb = str(payload["verb"])
    people = await of_room.concerned_by(session, incident)
    if verb in {"incident.resolved", "incident.reopened"}:
        people |= await _of_resources(session, incident.id)
        people |= await subscriptions.matching(session, incident)
    heard = await notifications.follows.audience(session, ("incident", incident.id), people)
    told = await of_room.tell(session, incident, verb, heard - {by}, _args(incident, by))
    if verb == "incident.resolved" and incident.state not in _GOING_ON:
        told += await tell_booked(session, incident, "incident.over", by)
    if verb == "incident.reopened" and incident.state in _GOING_ON:
        told += await tell_booked(session, incident, "incident.booked", by)
    return told


async def tell_changed(session: AsyncSession, payload: Mapping[str, Any]) -> int:
    """Tell those concerned how bad it is by now, and those who have booked what went down."""
    incident, by = await _of(session, payload)
    if incident is None or incident.state not in _GOING_ON:
        return 0
    people = await of_room.concerned_by(session, incident)
    people |= await subscriptions.matching(session, incident)
    became_critical = (payload.get("severity") or [""])[-1] == Severity.CRITICAL
    if became_critical:
        people |= await of_room.responsible(session, incident)
        people |= await _of_resources(session, incident.id)
    heard = await notifications.follows.audience(session, ("incident", incident.id), people)
    kind = "incident.critical" if became_critical else "incident.changed"
    told = await of_room.tell(session, incident, kind, heard - {by}, _args(incident, by))
    down = [UUID(one) for one in payload.get("down", ())]
    return told + await tell_booked(session, incident, "incident.booked", by, only=down)


async def tell_booked(
    session: AsyncSession,
    incident: Incident,
    kind: str,
    by: UUID | None,
    *,
    only: Collection[UUID] | None = None,
) -> int:
    """Everybody with a booking ahead of what is down or back, once for each; not who did it."""
    rows = await session.execute(
        select(Resource.id, Resource.name, Resource.state)
        .join(IncidentResource, IncidentResource.resource_id == Resource.id)
        .where(IncidentResource.incident_id == incident.id, IncidentResource.effect == Effect.DOWN)
        .order_by(Resource.id)
    )
    told = 0
    for resource_id, name, state in rows.all():
        is_right = (state in _USABLE) == (kind == "incident.over")
        if is_right and (only is None or resource_id in only):
            told += await _tell_of(session, incident, kind, by, (resource_id, name))
    return told


async def _tell_of(
    session: AsyncSession, incident: Incident, kind: str, by: UUID | None, on: tuple[UUID, str]
) -> int:
    ahead = await session.scalars(
        select(Booking)
        .where(
            Booking.resource_id == on[0],
            Booking.status.in_(_AHEAD),
            Booking.ends_at > clock.now(),
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    first: dict[UUID, Booking] = {}
    for booking in ahead.all():
        if booking.booked_for != by:
            first.setdefault(booking.booked_for, booking)
    is_open = incident.visibility is Visibility.OPEN
    number = numbering.said("incident", incident.number) if is_open else ""
    for place, (person_id, booking) in enumerate(first.items()):
        args: dict[str, Any] = {
            "resource": on[1], "incident": number,
            "starts_at": booking.starts_at, "ends_at": booking.ends_at,
        }  # fmt: skip
        if kind == "incident.booked" and place < _SUGGESTED:
            args |= await _instead(session, person_id, booking)
        await notifications.notify(
            session, user_id=person_id, kind=kind, args=args, link=f"/bookings/{booking.id}",
            subject=("booking", booking.id),
        )  # fmt: skip
    return len(first)


async def _instead(session: AsyncSession, person_id: UUID, booking: Booking) -> dict[str, Any]:
    """Where and when the person would find room, as they may see it."""
    person = await accounts.actor_of_user(session, person_id)
    now = clock.now()
    if person is None or booking.starts_at <= now:
        return {}
    asked = bookings.suggestions.Asked(
        booking.resource_id,
        resources.hours.Window(booking.starts_at, booking.ends_at),
        person_id,
        excluding=frozenset({booking.id}),
    )
    found = await bookings.suggestions.search(session, person, asked, now=now)
    if not found:
        return {}
    return {"instead": found[0].resource.name, "instead_at": found[0].starts_at}


async def _of(
    session: AsyncSession, payload: Mapping[str, Any]
) -> tuple[Incident | None, UUID | None]:
    incident = await session.get(Incident, UUID(payload["incident_id"]))
    return incident, UUID(payload["by"]) if payload.get("by") else None


async def _of_resources(session: AsyncSession, incident_id: UUID) -> set[UUID]:
    """Those responsible for what it concerns."""
    rows = await session.scalars(
        select(IncidentResource.resource_id).where(IncidentResource.incident_id == incident_id)
    )
    on = list(rows)
    known = await resources.responsible_for(session, on) if on else {}
    return {one.id for people in known.values() for one in people if one.role in _ASKED}


def _kind(incident: Incident) -> str:
    is_critical = incident.severity is Severity.CRITICAL
    return "incident.critical" if is_critical else "incident.reported"


def _args(incident: Incident, by: UUID | None) -> dict[str, Any]:
    return {"severity": incident.severity.value, **({"person": by} if by else {})}
