"""Roles of the institute's own: named sets of permissions to give, and of some to refuse."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission
from src.core.db import savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.domain.accounts import repository
from src.domain.accounts.access import limits
from src.domain.accounts.errors import BadRole, BuiltInRole, RoleExists, RoleInUse, RoleNotFound
from src.domain.accounts.roles import GRANTS
from src.domain.accounts.rules import checked_name
from src.domain.accounts.tables import Role, RoleAssignment

FIELDS = frozenset({"title", "description", "grants", "denies"})
_NAME = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role, what it grants and denies, and how many assignments there are of it."""

    id: UUID
    name: str
    title: str
    description: str
    is_built_in: bool
    grants: tuple[Permission, ...]
    denies: tuple[Permission, ...]
    held: int
    version: int
    created_at: datetime
    updated_at: datetime


async def list_(session: AsyncSession, actor: Actor) -> list[RoleView]:
    """All roles, the built-in ones first, in two statements. Needs `access:read`."""
    actor.require(Permission.ACCESS_READ)
    rows = await session.scalars(select(Role).order_by(Role.is_built_in.desc(), Role.name))
    counts = await _counts(session)
    order = {name: place for place, name in enumerate(GRANTS)}
    found = sorted(rows, key=lambda row: (order.get(row.name, len(order)), row.name))
    return [_view(row, counts.get(row.name, 0)) for row in found]


async def get(session: AsyncSession, actor: Actor, name: str) -> RoleView:
    """One role by its name. Needs `access:read`; raises `RoleNotFound`."""
    actor.require(Permission.ACCESS_READ)
    row = await _found(session, name)
    return _view(row, (await _counts(session)).get(row.name, 0))


async def create(
    session: AsyncSession,
    actor: Actor,
    *,
    name: str,
    title: str,
    description: str = "",
    grants: Collection[str] = (),
    denies: Collection[str] = (),
) -> RoleView:
    """Make a role. Needs `roles:manage`, and everything the role grants.

    Raises `BadRole`, `RoleExists`, `MayNotGrant`.
    """
    actor.require(Permission.ROLES_MANAGE)
    if not _NAME.fullmatch(name):
        detail = _("Use 3 to 40 small letters, digits and hyphens, such as night-shift.")
        raise BadRole(detail, errors=(FieldError(("name",), "bad-name", detail),))
    granted, denied = _permissions("grants", grants), _permissions("denies", denies)
    _require_sense(granted, denied)
    limits.require_held(actor, granted)
    row = Role(
        id=ids.new(),
        name=name,
        title=checked_name(title, field="title"),
        description=_described(description),
        is_built_in=False,
        grants=granted,
        denies=denied,
    )
    try:
        async with savepoint(session):
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        detail = _("Another role has this name.")
        raise RoleExists(
            detail, errors=(FieldError(("name",), RoleExists.code, detail),)
        ) from error
    changes = {"name": name, "grants": granted, "denies": denied}
    events.record(session, actor, "role.created", ("role", row.id), changes=changes)
    return _view(row, 0)


async def update(
    session: AsyncSession,
    actor: Actor,
    name: str,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> RoleView:
    """Change title, description or permissions; it counts for all holders at once.

    Needs `roles:manage`, and every permission that is added to or taken from what it grants.
    Raises `RoleNotFound`, `BuiltInRole`, `BadRole`, `MayNotGrant`, `PreconditionFailed`,
    `LastAdministrator`.
    """
    actor.require(Permission.ROLES_MANAGE)
    if set(changes) - FIELDS:
        raise TypeError(f"a role has no {sorted(set(changes) - FIELDS)}")
    row = await _own(session, name)
    if expected_version is not None and row.version != expected_version:
        raise PreconditionFailed(_("Read the role again, then repeat the change."))
    checks: dict[str, Callable[[Any], Any]] = {
        "title": lambda value: checked_name(value, field="title"),
        "description": _described,
        "grants": lambda value: _permissions("grants", value),
        "denies": lambda value: _permissions("denies", value),
    }
    done: dict[str, list[Any]] = {}
    for field, value in changes.items():
        new, old = checks[field](value), getattr(row, field)
        if new != old:
            done[field] = [old, new]
            setattr(row, field, new)
    if not done:
        return _view(row, (await _counts(session)).get(name, 0))
    _require_sense(row.grants, row.denies)
    touched = {
        one for field in ("grants", "denies") for side in done.get(field, ()) for one in side
    }
    limits.require_held(actor, touched)
    row.updated_at = clock.now()
    await session.flush()
    if touched:
        await repository.renew_access(session, role=name)
    if touched & repository.VITAL:
        await limits.refuse_without_administrator(session)
    events.record(session, actor, "role.changed", ("role", row.id), changes=done)
    return _view(row, (await _counts(session)).get(name, 0))


async def delete(
    session: AsyncSession, actor: Actor, name: str, *, expected_version: int | None = None
) -> None:
    """Remove a role nobody holds. Raises `RoleNotFound`, `BuiltInRole`, `RoleInUse`."""
    actor.require(Permission.ROLES_MANAGE)
    row = await _own(session, name)
    if expected_version is not None and row.version != expected_version:
        raise PreconditionFailed(_("Read the role again, then repeat."))
    limits.require_held(actor, row.grants)
    try:
        async with savepoint(session):
            await session.delete(row)
            await session.flush()
    except IntegrityError as error:
        raise RoleInUse(_("Take it away from its holders first.")) from error
    events.record(session, actor, "role.deleted", ("role", row.id), changes={"name": name})


@dataclass(frozen=True, slots=True)
class Described:
    """What a role says, without who holds it."""

    name: str
    title: str
    grants: frozenset[Permission]
    denies: frozenset[Permission]

    def speaks_of(self, permission: Permission) -> bool:
        """Whether it grants or denies the permission."""
        return permission in self.grants or permission in self.denies


async def described(session: AsyncSession, name: str) -> Described:
    """What a role says, built-in or custom. Raises `RoleNotFound`."""
    return _described_as(await _found(session, name))


async def all_of(session: AsyncSession) -> list[Described]:
    """What every role says, in one statement. For services; people ask `list_`."""
    return [_described_as(row) for row in await session.scalars(select(Role))]


def _described_as(row: Role) -> Described:
    view = _view(row, 0)
    return Described(row.name, row.title, frozenset(view.grants), frozenset(view.denies))


def _view(row: Role, held: int) -> RoleView:
    known = set(Permission)
    grants = GRANTS[row.name] if row.is_built_in else {one for one in row.grants if one in known}
    return RoleView(
        id=row.id,
        name=row.name,
        title=row.title,
        description=row.description,
        is_built_in=row.is_built_in,
        grants=tuple(sorted(Permission(one) for one in grants)),
        denies=tuple(sorted(Permission(one) for one in row.denies if one in known)),
        held=held,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def _found(session: AsyncSession, name: str) -> Role:
    row = await session.scalar(select(Role).where(Role.name == name))
    if row is None:
        detail = _("Choose one from the list of roles.")
        raise RoleNotFound(detail, errors=(FieldError(("role",), RoleNotFound.code, detail),))
    return row


async def _own(session: AsyncSession, name: str) -> Role:
    row = await _found(session, name)
    if row.is_built_in:
        raise BuiltInRole(_("Make a role of your own that grants what you need."))
    return row


async def _counts(session: AsyncSession) -> dict[str, int]:
    rows = await session.execute(
        select(RoleAssignment.role, func.count())
        .where(repository.unexpired())
        .group_by(RoleAssignment.role)
    )
    return {role: count for role, count in rows}  # noqa: C416 - rows are not pairs to mypy


def _permissions(field: str, values: Collection[str]) -> list[str]:
    unknown = sorted(set(values) - set(Permission))
    if unknown:
        detail = _("There is no permission %(permission)s.", permission=unknown[0])
        raise BadRole(detail, errors=(FieldError((field,), "unknown-permission", detail),))
    return sorted({str(Permission(value)) for value in values})


def _require_sense(grants: Collection[str], denies: Collection[str]) -> None:
    if not grants and not denies:
        detail = _("Choose at least one permission.")
        raise BadRole(detail, errors=(FieldError(("grants",), "nothing-chosen", detail),))
    both = sorted(set(grants) & set(denies))
    if both:
        detail = _("%(permission)s cannot be both granted and denied.", permission=both[0])
        raise BadRole(detail, errors=(FieldError(("denies",), "granted-and-denied", detail),))


def _described(text: str) -> str:
    plain = " ".join(text.split())
    if len(plain) > 500:
        detail = _("Use at most 500 characters.")
        raise BadRole(detail, errors=(FieldError(("description",), "too-long", detail),))
    return plain
