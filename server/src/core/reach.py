"""How far a permission reaches, as a condition on rows: what `Actor.may` says of one object.

A kind of scope is the word before the colon ("resource", "team"); the caller names the column that
holds the id of each kind its rows belong to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true

from src.core.actor import NOWHERE, Actor, Permission

Columns = Mapping[str, Any]  # attributes of a mapped class, or columns


def within(actor: Actor, permission: Permission, columns: Columns) -> ColumnElement[bool]:
    """The rows the actor holds the permission for: granted, and denied by none of their scopes."""
    granted = actor.granted.get(permission, NOWHERE)
    denied = actor.denied.get(permission, NOWHERE)
    if not granted or None in denied:
        return false()
    held: ColumnElement[bool] = true()
    if None not in granted:
        held = or_(
            *(
                column.in_(found)
                for kind, column in columns.items()
                if (found := ids_of(granted, kind))
            ),
            false(),
        )
    spared = [
        or_(column.is_(None), column.not_in(found))
        for kind, column in columns.items()
        if (found := ids_of(denied, kind))
    ]
    return and_(held, *spared)


def ids_of(scopes: Collection[str | None], kind: str) -> frozenset[UUID]:
    """The ids behind the scopes of one kind."""
    prefix = f"{kind}:"
    return frozenset(
        UUID(scope.removeprefix(prefix)) for scope in scopes if scope and scope.startswith(prefix)
    )
