"""The built-in roles: what each may do. Custom ones stand in the table `roles`."""

from __future__ import annotations

from collections.abc import Mapping

from src.core.actor import Permission
from src.domain.accounts.tables import RoleName

_READER = frozenset(
    {
        Permission.BOOKINGS_READ,
        Permission.FILES_READ,
        Permission.NOTIFICATIONS_READ,
        Permission.OPERATIONS_READ,
        Permission.RESOURCES_READ,
        Permission.USERS_READ,
    }
)

_MEMBER = _READER | {
    Permission.BOOKINGS_CREATE,
    Permission.FILES_UPLOAD,
    Permission.OPERATIONS_POST,
    Permission.PROBLEMS_REPORT,
}

# Given for a team: what its members book is theirs to look after.
_LEAD = _MEMBER | {
    Permission.BOOKINGS_FOR_OTHERS,
    Permission.BOOKINGS_MANAGE,
    Permission.BOOKINGS_READ_DETAILS,
    Permission.INCIDENTS_MANAGE,
    Permission.OPERATIONS_MANAGE,
}

_TECHNICIAN = _MEMBER | {
    Permission.BOOKINGS_DISPLACE,
    Permission.BOOKINGS_READ_DETAILS,
    Permission.CLOSURES_MANAGE,
    Permission.INCIDENTS_MANAGE,
    Permission.PROBLEMS_MANAGE,
    Permission.RESOURCES_MANAGE,
}

_MANAGER = (
    _LEAD
    | _TECHNICIAN
    | {
        Permission.ACCESS_READ,
        Permission.APPROVALS_MANAGE,
        Permission.BOOKINGS_APPROVE,
        Permission.BOOKINGS_OVERRIDE,
        Permission.EVENTS_READ,
        Permission.QUALIFICATIONS_MANAGE,
        Permission.QUOTAS_MANAGE,
    }
)

_TRAINER = _MEMBER | {
    Permission.BOOKINGS_FOR_OTHERS,
    Permission.BOOKINGS_READ_DETAILS,
    Permission.QUALIFICATIONS_MANAGE,
}

_EHS = _MEMBER | {
    Permission.BOOKINGS_DISPLACE,
    Permission.BOOKINGS_READ_DETAILS,
    Permission.CLOSURES_MANAGE,
    Permission.EVENTS_READ,
    Permission.INCIDENTS_CONFIGURE,
    Permission.INCIDENTS_MANAGE,
    Permission.INCIDENTS_READ_RESTRICTED,
    Permission.OPERATIONS_MANAGE,
}

_AUDITOR = _READER | {
    Permission.ACCESS_READ,
    Permission.BOOKINGS_READ_DETAILS,
    Permission.EVENTS_READ,
}

GRANTS: Mapping[str, frozenset[Permission]] = {
    RoleName.MEMBER: _MEMBER,
    RoleName.LEAD: _LEAD,
    RoleName.TECHNICIAN: _TECHNICIAN,
    RoleName.MANAGER: _MANAGER,
    RoleName.TRAINER: _TRAINER,
    RoleName.EHS: _EHS,
    RoleName.AUDITOR: _AUDITOR,
    RoleName.ADMIN: frozenset(Permission),
}
