"""Roles and permissions in words, for whoever wonders what they may do and why."""

from __future__ import annotations

from collections.abc import Iterable

from src.core.actor import Actor, Permission
from src.core.language import mark
from src.domain.accounts import GRANTS, RoleName

ROLES = {
    RoleName.MEMBER: mark("Member"),
    RoleName.LEAD: mark("Team lead"),
    RoleName.TECHNICIAN: mark("Technician"),
    RoleName.MANAGER: mark("Manager"),
    RoleName.TRAINER: mark("Trainer"),
    RoleName.EHS: mark("Health and safety"),
    RoleName.AUDITOR: mark("Auditor"),
    RoleName.ADMIN: mark("Administrator"),
}

MEANINGS = {
    RoleName.MEMBER: mark("books instruments and rooms"),
    RoleName.LEAD: mark("looks after what a team books"),
    RoleName.TECHNICIAN: mark("keeps resources running, closes them and moves what is in the way"),
    RoleName.TRAINER: mark("books for those who learn"),
    RoleName.EHS: mark("closes what is not safe, and reads the record"),
    RoleName.AUDITOR: mark("reads everything, changes nothing"),
    RoleName.MANAGER: mark("decides on requests, closes, and keeps the resources"),
    RoleName.ADMIN: mark("runs this installation, with its people and jobs"),
}

# In the order in which people meet them.
WORDS = {
    Permission.RESOURCES_READ: mark("See resources and their rules"),
    Permission.BOOKINGS_READ: mark("See when something is booked"),
    Permission.BOOKINGS_CREATE: mark("Book and request for yourself"),
    Permission.NOTIFICATIONS_READ: mark("Be told what concerns you"),
    Permission.USERS_READ: mark("Find people by name"),
    Permission.FILES_READ: mark("Open the files of what you see"),
    Permission.FILES_UPLOAD: mark("Add files"),
    Permission.PROBLEMS_REPORT: mark("Report problems of resources"),
    Permission.OPERATIONS_READ: mark("Read updates, incidents, blockers, decisions and summaries"),
    Permission.OPERATIONS_POST: mark(
        "Post updates, report incidents, raise blockers, propose decisions"
    ),
    Permission.OPERATIONS_MANAGE: mark("Look after blockers, decisions and summaries of the team"),
    Permission.INCIDENTS_MANAGE: mark("Run incidents"),
    Permission.INCIDENTS_READ_RESTRICTED: mark("Read restricted incidents"),
    Permission.INCIDENTS_CONFIGURE: mark("Say which types and priorities of incidents there are"),
    Permission.BOOKINGS_READ_DETAILS: mark("See who booked, and what for"),
    Permission.BOOKINGS_APPROVE: mark("Approve and reject requests of others"),
    Permission.BOOKINGS_FOR_OTHERS: mark("Book for somebody else"),
    Permission.BOOKINGS_MANAGE: mark("Change and cancel bookings of others"),
    Permission.BOOKINGS_OVERRIDE: mark("Pass over rules of booking, with a reason"),
    Permission.BOOKINGS_DISPLACE: mark("Move or cancel bookings that are in the way"),
    Permission.CLOSURES_MANAGE: mark("Close resources for a time"),
    Permission.RESOURCES_MANAGE: mark("Add and change resources, their rules and states"),
    Permission.PROBLEMS_MANAGE: mark("Look after reported problems"),
    Permission.QUALIFICATIONS_MANAGE: mark("Say who is qualified for what"),
    Permission.APPROVALS_MANAGE: mark("Make the rules of approval and stand in for deciders"),
    Permission.QUOTAS_MANAGE: mark("Say how much people and teams may book"),
    Permission.EVENTS_READ: mark("Read the record of what happened"),
    Permission.USERS_MANAGE: mark("Add people and give them roles"),
    Permission.TEAMS_MANAGE: mark("Change teams and who belongs to them"),
    Permission.ROLES_MANAGE: mark("Make roles and say what they allow"),
    Permission.ACCESS_READ: mark("See who may do what, and why"),
    Permission.CLIENTS_MANAGE: mark("Look after the programs of third parties"),
    Permission.SETTINGS_MANAGE: mark("Change the settings of the institute"),
    Permission.JOBS_READ: mark("See what runs in the background"),
    Permission.JOBS_MANAGE: mark("Repeat and stop what runs in the background"),
}


def described(role: str) -> tuple[str, str]:
    """A role's name and what its holder does; a custom role is called what it is called."""
    if role in set(RoleName):
        return ROLES[RoleName(role)], MEANINGS[RoleName(role)]
    return role, ""


def allowed(actor: Actor) -> list[tuple[str, bool]]:
    """What the actor may do, in words, and whether everywhere or only for some."""
    return [
        (words, None in scopes)
        for permission, words in WORDS.items()
        if (scopes := actor.granted.get(permission))
    ]


def named(names: Iterable[str] | None) -> list[str] | None:
    """Permissions in words that are marked, in the order in which people meet them.

    None, which stands for all that somebody may, stays so.
    """
    if names is None:
        return None
    wanted = set(names)
    return [words for permission, words in WORDS.items() if permission in wanted]


def roles_that_may(permission: str | None) -> list[str]:
    """The names of the roles that give a permission; none for what is no permission."""
    if permission not in set(Permission):
        return []
    return [ROLES[RoleName(role)] for role, granted in GRANTS.items() if permission in granted]
