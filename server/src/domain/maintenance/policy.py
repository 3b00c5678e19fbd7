"""Who may see, report and resolve problems."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement

from src.core.actor import Actor, Permission, forbidden, resource_scope
from src.core.language import gettext as _
from src.domain import resources


def visible(actor: Actor) -> ColumnElement[bool]:
    """Whoever may see the resource sees what is wrong with it; a condition on `Resource`."""
    return resources.access.visible(actor)


def may_report(actor: Actor, resource_id: UUID) -> bool:
    """Whether the actor may say what is wrong with the resource."""
    is_somebody = actor.user_id is not None
    return is_somebody and actor.may(Permission.PROBLEMS_REPORT, resource_scope(resource_id))


def may_manage(actor: Actor, resource_id: UUID) -> bool:
    """Whether the actor judges and resolves the problems of the resource."""
    return actor.may(Permission.PROBLEMS_MANAGE, resource_scope(resource_id))


def require_report(actor: Actor, resource_id: UUID) -> UUID:
    """Who reports. Raises `ResourceNotFound` where it may not be known of, `Forbidden`."""
    if not resources.access.may_see(actor, resource_id):
        raise resources.ResourceNotFound(_("Choose one from the list of resources."))
    if actor.user_id is None or not may_report(actor, resource_id):
        raise forbidden(Permission.PROBLEMS_REPORT)
    return actor.user_id


def require_manage(actor: Actor, resource_id: UUID) -> None:
    """Raise `Forbidden` unless `may_manage`."""
    if not may_manage(actor, resource_id):
        raise forbidden(Permission.PROBLEMS_MANAGE)
