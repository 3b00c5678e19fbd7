"""The timeline of a thing, from its events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events
from src.core.language import mark
from src.domain import accounts

VERBS = {
    "booking.confirmed": mark("Confirmed"),
    "booking.requested": mark("Requested"),
    "booking.changed": mark("Changed"),
    "booking.cancelled": mark("Cancelled"),
    "booking.restored": mark("The cancellation was taken back"),
    "booking.rejected": mark("Rejected"),
    "booking.expired": mark("The request lapsed"),
    "booking.started": mark("Checked in"),
    "booking.completed": mark("Ended"),
    "booking.no-show": mark("Nobody checked in"),
    "booking.overridden": mark("Rules were passed over"),
    "booking.displaced": mark("Displaced"),
    "booking.kept": mark("Kept through a closure"),
    "policy.set": mark("Rules changed"),
    "resource.created": mark("Added"),
    "resource.updated": mark("Changed"),
    "resource.available": mark("Available"),
    "resource.degraded": mark("Degraded"),
    "resource.down": mark("Down"),
    "resource.retired": mark("Retired"),
    "resource.units-added": mark("Units added"),
    "resource.unit-activated": mark("A unit is back in service"),
    "resource.unit-deactivated": mark("A unit was taken out of service"),
    "resource.opening-hours-set": mark("Opening hours changed"),
    "resource.people-set": mark("Responsible people changed"),
    "resource.photo-set": mark("Photo changed"),
    "resource.photo-removed": mark("Photo removed"),
    "resource-set.created": mark("Set added"),
    "resource-set.updated": mark("Set changed"),
    "resource-set.deleted": mark("Set removed"),
    "resource-type.created": mark("Type added"),
    "resource-type.updated": mark("Type changed"),
    "resource-type.deleted": mark("Type removed"),
    "location.created": mark("Location added"),
    "location.updated": mark("Location changed"),
    "location.deleted": mark("Location removed"),
    "closure.created": mark("Closed"),
    "closure.cancelled": mark("Closure taken back"),
    "file.uploaded": mark("File uploaded"),
    "file.read": mark("File read"),
    "file.deleted": mark("File deleted"),
    "institute.set_up": mark("Set up"),
    "user.created": mark("Person added"),
    "user.changed": mark("Person changed"),
    "user.logged_in": mark("Logged in"),
    "user.logged_out": mark("Logged out"),
    "user.log_in_refused": mark("Log-in refused"),
    "user.log_ins_ended": mark("Log-ins ended"),
    "user.password_changed": mark("Password changed"),
    "user.token_issued": mark("Access token issued"),
    "role.granted": mark("Role given"),
    "role.revoked": mark("Role taken away"),
    "team.created": mark("Team added"),
    "team.changed": mark("Team changed"),
    "team.member_added": mark("Joined the team"),
    "team.member_removed": mark("Left the team"),
    "job.requeued": mark("Job queued again"),
    "job.dismissed": mark("Job dismissed"),
    "operation.cancelled": mark("Operation stopped"),
    "schedule.overridden": mark("Times changed"),
    "schedule.paused": mark("Paused"),
    "schedule.resumed": mark("Resumed"),
    "schedule.run": mark("Run by hand"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, who did it, and why."""

    at: datetime
    text: str
    who: str | None
    reason: str | None


async def history(session: AsyncSession, subject: tuple[str, UUID]) -> list[Entry]:
    """The latest events of a subject, newest first, with names. Two statements."""
    found = await events.of_subject(session, subject)
    names = await accounts.names(session, {one.actor_id for one in found if one.actor_id})
    return [
        Entry(
            one.at,
            VERBS.get(one.verb) or one.verb.partition(".")[2].replace("_", " ").capitalize(),
            names.get(one.actor_id) if one.actor_id else "Aliquot",
            one.reason,
        )
        for one in found
    ]
