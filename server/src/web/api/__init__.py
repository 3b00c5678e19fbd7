"""JSON routes, one module per domain. Every domain adds its router here."""

from __future__ import annotations

from fastapi import APIRouter

from src.web.api import (
    auth,
    batches,
    bookings,
    calendars,
    catalogue,
    closures,
    events,
    files,
    health,
    jobs,
    me,
    notifications,
    operations,
    problems,
    resource_parts,
    resource_people,
    resource_sets,
    resources,
    search,
    settings,
    stream,
    teams,
    users,
)

ROUTERS: list[APIRouter] = [
    health.router,
    problems.router,
    auth.router,
    me.router,
    users.router,
    teams.router,
    catalogue.types,
    catalogue.locations,
    catalogue.policies,
    resources.router,
    resource_parts.router,
    resource_people.router,
    resource_sets.router,
    closures.checks,
    closures.router,
    bookings.checks,
    batches.router,
    bookings.router,
    calendars.router,
    notifications.router,
    stream.router,  # before the audit log's `/events/{event_id}`
    events.router,
    files.router,
    settings.router,
    search.router,
    jobs.router,
    jobs.schedules,
    operations.router,
]
