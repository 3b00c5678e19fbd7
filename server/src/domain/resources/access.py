"""Who may see and change the catalogue."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement

from src.core import reach
from src.core.actor import Actor, Permission, forbidden, resource_scope
from src.core.language import gettext as _
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.tables import Resource


def visible(actor: Actor) -> ColumnElement[bool]:
    """The resources this actor may know of, as a SQL condition."""
    return reach.within(actor, Permission.RESOURCES_READ, {"resource": Resource.id})


def may_see(actor: Actor, resource_id: UUID) -> bool:
    """What `visible` says, of a single resource and without asking the database."""
    return actor.may(Permission.RESOURCES_READ, resource_scope(resource_id))


def may_manage(actor: Actor, resource_id: UUID) -> bool:
    """Whether this actor may change the resource."""
    return actor.may(Permission.RESOURCES_MANAGE, resource_scope(resource_id))


def require_manage(actor: Actor, resource_id: UUID) -> None:
    """Raise `ResourceNotFound` where it may not be known of, `Forbidden` where only not changed."""
    if may_manage(actor, resource_id):
        return
    if not may_see(actor, resource_id):
        raise ResourceNotFound(_("Choose one from the list of resources."))
    raise forbidden(Permission.RESOURCES_MANAGE)


def require_manage_all(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor manages resources everywhere."""
    actor.require(Permission.RESOURCES_MANAGE)


def require_read(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor may see any resource at all."""
    if not actor.may_anywhere(Permission.RESOURCES_READ):
        raise forbidden(Permission.RESOURCES_READ)
