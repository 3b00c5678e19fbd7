"""The built-in roles: what each may do."""

from __future__ import annotations

from src.core.actor import Permission
from src.domain.accounts.tables import RoleName

_MEMBER = frozenset(
    {
        Permission.BOOKINGS_CREATE,
        Permission.BOOKINGS_READ,
        Permission.FILES_READ,
        Permission.FILES_UPLOAD,
        Permission.NOTIFICATIONS_READ,
        Permission.RESOURCES_READ,
        Permission.USERS_READ,
    }
)

_MANAGER = _MEMBER | {
    Permission.BOOKINGS_APPROVE,
    Permission.BOOKINGS_DISPLACE,
    Permission.BOOKINGS_FOR_OTHERS,
    Permission.BOOKINGS_MANAGE,
    Permission.BOOKINGS_OVERRIDE,
    Permission.BOOKINGS_READ_DETAILS,
    Permission.CLOSURES_MANAGE,
    Permission.EVENTS_READ,
    Permission.RESOURCES_MANAGE,
}

GRANTS: dict[RoleName, frozenset[Permission]] = {
    RoleName.MEMBER: _MEMBER,
    RoleName.MANAGER: _MANAGER,
    RoleName.ADMIN: frozenset(Permission),
}


def roles_with(permission: Permission) -> list[RoleName]:
    """The roles that give a permission."""
    return [role for role, granted in GRANTS.items() if permission in granted]
