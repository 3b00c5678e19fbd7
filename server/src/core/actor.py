"""Who acts, and the one list of permissions.

A permission is held within a scope: everywhere, or for one team or one resource.
How a person comes by them is the business of `domain.accounts`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from src.core.errors import Forbidden
from src.core.language import gettext as _


class Permission(StrEnum):
    """What one may be allowed to do. Alphabetical; `noun:verb`."""

    ACCESS_READ = "access:read"
    APPROVALS_MANAGE = "approvals:manage"
    BOOKINGS_APPROVE = "bookings:approve"
    BOOKINGS_CREATE = "bookings:create"
    BOOKINGS_DISPLACE = "bookings:displace"
    BOOKINGS_FOR_OTHERS = "bookings:for-others"
    BOOKINGS_MANAGE = "bookings:manage"
    BOOKINGS_OVERRIDE = "bookings:override"
    BOOKINGS_READ = "bookings:read"
    BOOKINGS_READ_DETAILS = "bookings:read-details"
    CLIENTS_MANAGE = "clients:manage"
    CLOSURES_MANAGE = "closures:manage"
    EVENTS_READ = "events:read"
    FILES_READ = "files:read"
    FILES_UPLOAD = "files:upload"
    INCIDENTS_CONFIGURE = "incidents:configure"
    INCIDENTS_MANAGE = "incidents:manage"
    INCIDENTS_READ_RESTRICTED = "incidents:read-restricted"
    JOBS_MANAGE = "jobs:manage"
    JOBS_READ = "jobs:read"
    NOTIFICATIONS_READ = "notifications:read"
    OPERATIONS_MANAGE = "operations:manage"
    OPERATIONS_POST = "operations:post"
    OPERATIONS_READ = "operations:read"
    PROBLEMS_MANAGE = "problems:manage"
    PROBLEMS_REPORT = "problems:report"
    QUALIFICATIONS_MANAGE = "qualifications:manage"
    QUOTAS_MANAGE = "quotas:manage"
    RESOURCES_MANAGE = "resources:manage"
    RESOURCES_READ = "resources:read"
    ROLES_MANAGE = "roles:manage"
    SETTINGS_MANAGE = "settings:manage"
    TEAMS_MANAGE = "teams:manage"
    USERS_MANAGE = "users:manage"
    USERS_READ = "users:read"


class ActorKind(StrEnum):
    """By what means the actor acts."""

    USER = "user"
    API_KEY = "api_key"
    SYSTEM = "system"


Grants = dict[Permission, frozenset[str | None]]
NOWHERE: frozenset[str | None] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: resolved once per request or job, then passed to every service.

    `granted` maps a permission to the scopes it is held in, `denied` to those it is refused in
    whatever else grants it; `None` in a set of scopes means everywhere. Scopes are written
    `team:<id>` and `resource:<id>`.
    """

    user_id: UUID | None
    kind: ActorKind = ActorKind.USER
    name: str = ""
    locale: str | None = None  # None: they chose none
    timezone: str = "UTC"
    # How days, times and colours are shown to them; None: as the language, or the system, has it.
    date_format: str | None = None
    time_format: str | None = None
    theme: str | None = None
    team_ids: frozenset[UUID] = frozenset()
    granted: Grants = field(default_factory=dict)
    denied: Grants = field(default_factory=dict)
    session_id: UUID | None = None
    # The key, or the family of tokens, by which a program acts.
    credential_id: UUID | None = None
    # By this key or token less goes than the person may; what is theirs alone does not at all.
    is_narrowed: bool = False
    # Their role wants a second factor, by then at the latest; None: it does not, or they have one.
    factor_due_at: datetime | None = None
    # Their role wants a second factor and its time is over: nothing but setting one up goes on.
    is_held_back: bool = False
    ip: str | None = None
    request_id: str | None = None

    def may(self, permission: Permission, *scopes: str) -> bool:
        """Whether the permission is held everywhere or in one of the scopes, and denied in none.

        Without scopes: whether it is held for everything there is, without exception.
        """
        held = self.granted.get(permission)
        if not held:
            return False
        denied = self.denied.get(permission, NOWHERE)
        if not scopes:
            return None in held and not denied
        if None in denied or not denied.isdisjoint(scopes):
            return False
        return None in held or not held.isdisjoint(scopes)

    def may_anywhere(self, permission: Permission) -> bool:
        """Whether the permission is held in any scope at all (for menus and route guards)."""
        return bool(self.granted.get(permission)) and None not in self.denied.get(
            permission, NOWHERE
        )

    def require(self, permission: Permission, *scopes: str) -> None:
        """Raise `Forbidden`, naming the permission, where `may` says no."""
        if not self.may(permission, *scopes):
            raise forbidden(permission)

    @property
    def is_program(self) -> bool:
        """Whether a program acts that was not given all of the person: a key, a third party."""
        return self.kind is ActorKind.API_KEY or self.is_narrowed

    @property
    def is_authenticated(self) -> bool:
        """Whether a person or a key stands behind this actor."""
        return self.user_id is not None or self.kind is ActorKind.SYSTEM


EVERYWHERE: frozenset[str | None] = frozenset({None})

ANONYMOUS = Actor(user_id=None)
SYSTEM = Actor(
    user_id=None,
    kind=ActorKind.SYSTEM,
    name="Aliquot",
    granted=dict.fromkeys(Permission, EVERYWHERE),
)


def forbidden(permission: Permission) -> Forbidden:
    """A refusal that names the permission it needs."""
    return Forbidden(
        _("This needs the permission %(permission)s.", permission=permission),
        permission=permission.value,
    )


def resource_scope(resource_id: UUID) -> str:
    """The scope of one resource, as it stands in `Actor.granted`."""
    return f"resource:{resource_id}"


def team_scope(team_id: UUID) -> str:
    """The scope of one team, as it stands in `Actor.granted`."""
    return f"team:{team_id}"
