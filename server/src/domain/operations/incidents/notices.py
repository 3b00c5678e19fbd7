"""What people are told about incidents.

Arguments: `incident` (its number, with its title where everybody may know of it), `person` (the id
of who did it), `severity`. For those who have booked what is down: `resource`, `starts_at` and
`ends_at` of their next booking, `incident` (its number alone, nothing of a restricted one), and
`instead` with `instead_at`, where and when they would find room.
"""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import Mode, kind

_OPEN = mark("Open the incident")
_INCIDENT = (mark("Incident"), mark("%(incident)s"))
_SEVERITY = (mark("Severity"), mark("%(severity)s"))
_BY = (mark("By"), mark("%(person)s"))
_INSTEAD = (mark("Free instead"), mark("%(instead)s %(instead_at)s"))

kind(
    "incident.reported",
    group="incidents",
    title=mark("Incident: %(incident)s"),
    body=mark("It was reported just now, and somebody has to answer."),
    action=_OPEN,
    facts=(_INCIDENT, _SEVERITY),
)
kind(
    "incident.critical",
    group="incidents",
    title=mark("Critical: %(incident)s"),
    body=mark("A critical incident goes on. Look at it at once."),
    action=_OPEN,
    facts=(_INCIDENT, _SEVERITY),
    is_safety=True,
)
kind(
    "incident.changed",
    group="incidents",
    title=mark("Changed: %(incident)s"),
    body=mark("%(person)s changed how severe it is or what it concerns."),
    action=_OPEN,
    facts=(_INCIDENT, _SEVERITY, _BY),
    people=("person",),
    default={"mail": Mode.DIGEST},
)
kind(
    "incident.started",
    group="incidents",
    title=mark("In progress: %(incident)s"),
    body=mark("%(person)s has begun to work on it."),
    action=_OPEN,
    facts=(_INCIDENT, _BY),
    people=("person",),
    default={"mail": Mode.DIGEST},
)
kind(
    "incident.resolved",
    group="incidents",
    title=mark("Resolved: %(incident)s"),
    body=mark("%(person)s has resolved it; how, stands on its page."),
    action=_OPEN,
    facts=(_INCIDENT, _BY),
    people=("person",),
)
kind(
    "incident.closed",
    group="incidents",
    title=mark("Closed: %(incident)s"),
    body=mark("%(person)s has closed it."),
    action=_OPEN,
    facts=(_INCIDENT, _BY),
    people=("person",),
    default={"mail": Mode.DIGEST},
)
kind(
    "incident.reopened",
    group="incidents",
    title=mark("Reopened: %(incident)s"),
    body=mark("%(person)s has reopened it; why, stands on its page."),
    action=_OPEN,
    facts=(_INCIDENT, _BY),
    people=("person",),
)
kind(
    "incident.booked",
    group="incidents",
    title=mark("Down: %(resource)s, which you have booked"),
    body=mark(
        "%(resource)s cannot be used at present. Your next booking is %(when)s; it stands, and you"
        " are told what becomes of it. You can move it yourself."
    ),
    action=mark("Open the booking"),
    facts=(_INCIDENT, _INSTEAD),
    is_owed=True,
)
kind(
    "incident.over",
    group="incidents",
    title=mark("Back again: %(resource)s"),
    body=mark("%(resource)s can be used again. Your next booking is %(when)s."),
    action=mark("Open the booking"),
    facts=(_INCIDENT,),
    is_owed=True,
)
